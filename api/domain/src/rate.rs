//! Rates: how much someone may do in a while.
//!
//! Each *key* (an account, an address, a verb of one of them) has a bucket. What is done fills it, time empties it, and what would make it run over
//! is refused with the time to wait. The bucket is kept as the moment at which it will be empty (the generic cell rate algorithm), so it needs no
//! ticking.
//!
//! Two ways to share buckets between processes through Redis. [`Rates::spend`] decides by what this process knows and tells the others a moment
//! later: no request waits for Redis, and a sender may overdraw by what it spends in [`TELL`] at other processes. [`Rates::take`] asks Redis at once,
//! for verbs where every try counts. Without Redis, or while it is away, each process counts for itself.
//!
//! Invariant: a bucket never forgets what was spent before it would have been empty, unless there are more than [`KEPT`] of them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use entity::id::AccountId;
use redis::Script;

use crate::error::{Code, Error};
use crate::link::Link;

/// How often the other processes are told.
pub const TELL: Duration = Duration::from_millis(250);
/// Buckets of one process.
pub const KEPT: usize = 200_000;
/// Buckets told with one message.
const BATCH: usize = 500;

/// A part of the address space that one sender can change its address within: an IPv4 address, or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            IpAddr::V4(address) => IpAddr::V4(address),
        })
    }
}

/// A verb that is dear beyond its cost in points, or worth guessing at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Signing in, and whatever else tries a password.
    LogIn,
    /// Registering an account.
    Register,
    /// Asking for a new access token.
    Refresh,
    /// Asking for a one-time code, which costs a message.
    PhoneCode,
    /// Asking WeChat something.
    Wechat,
    /// Sending a picture.
    Upload,
    /// Handing in an identity number, which may be refused because somebody has it.
    Identity,
    /// Having everything that is held of one packed.
    Export,
}

impl Verb {
    /// How often from one address, which may be that of a whole community centre.
    #[must_use]
    pub const fn from_one_address(self) -> Limit {
        match self {
            Self::LogIn | Self::Refresh | Self::Wechat => Limit::new(300, Duration::from_mins(5)),
            Self::Register | Self::PhoneCode | Self::Identity => Limit::new(120, Duration::from_mins(10)),
            Self::Upload => Limit::new(600, Duration::from_mins(10)),
            Self::Export => Limit::new(60, Duration::from_mins(60)),
        }
    }

    /// How often about one person. A wrong password locks the account besides.
    #[must_use]
    pub const fn about_one_person(self) -> Limit {
        match self {
            Self::LogIn => Limit::new(20, Duration::from_mins(10)),
            Self::Register => Limit::new(5, Duration::from_mins(10)),
            Self::Refresh | Self::Wechat => Limit::new(30, Duration::from_mins(5)),
            Self::PhoneCode => Limit::new(8, Duration::from_mins(60)),
            Self::Upload => Limit::new(60, Duration::from_mins(10)),
            Self::Identity => Limit::new(5, Duration::from_mins(24 * 60)),
            Self::Export => Limit::new(5, Duration::from_mins(60)),
        }
    }
}

/// Whom a verb is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    /// An account.
    Account(AccountId),
    /// Whoever has a phone, by its keyed hash.
    Phone([u8; 32]),
}

/// Whose bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// What an account asks.
    Account(AccountId),
    /// What comes without an account.
    Address(Network),
    /// A verb from an address.
    VerbFrom(Verb, Network),
    /// A verb about a person.
    VerbAbout(Verb, Person),
}

impl Key {
    /// The key in Redis; all in one slot of a cluster, so that one script may touch many.
    fn name(&self, prefix: &str) -> String {
        match self {
            Self::Account(id) => format!("{prefix}{{rate}}:account:{}", id.0.simple()),
            Self::Address(network) => format!("{prefix}{{rate}}:address:{}", network.0),
            Self::VerbFrom(verb, network) => format!("{prefix}{{rate}}:{verb:?}:from:{}", network.0),
            Self::VerbAbout(verb, Person::Account(id)) => format!("{prefix}{{rate}}:{verb:?}:account:{}", id.0.simple()),
            Self::VerbAbout(verb, Person::Phone(hash)) => format!("{prefix}{{rate}}:{verb:?}:phone:{}", hex::encode(hash)),
        }
    }
}

/// A bucket's size and how fast it empties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// What a full bucket holds.
    pub capacity: u64,
    /// The time in which a full bucket empties.
    pub empties_in: Duration,
}

impl Limit {
    /// So many within such a time, all at once if need be.
    #[must_use]
    pub const fn new(capacity: u64, empties_in: Duration) -> Self {
        Self { capacity, empties_in }
    }

    fn window(self) -> i64 {
        micros(self.empties_in)
    }

    /// How long `amount` takes to run out, in microseconds.
    fn time_of(self, amount: u64) -> i64 {
        let time = u128::from(amount) * self.empties_in.as_micros() / u128::from(self.capacity.max(1));
        i64::try_from(time).unwrap_or(i64::MAX)
    }

    /// What runs out in `time` microseconds.
    fn amount_of(self, time: i64) -> u64 {
        let amount = u128::try_from(time).unwrap_or(0) * u128::from(self.capacity) / self.empties_in.as_micros().max(1);
        u64::try_from(amount).unwrap_or(u64::MAX)
    }
}

/// How a bucket stands after something was spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What was spent.
    pub cost: u64,
    /// What a full bucket holds.
    pub limit: u64,
    /// What may still be spent at once.
    pub remaining: u64,
    /// Until everything may be spent again.
    pub reset: Duration,
}

/// Too much; the same may be tried again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl From<Wait> for Error {
    fn from(wait: Wait) -> Self {
        Self::from(Code::RateLimited).with("retryAfter", wait.seconds())
    }
}

impl Wait {
    /// Whole seconds to wait, at least one.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.as_millis().div_ceil(1_000).clamp(1, u128::from(u64::MAX)).try_into().unwrap_or(u64::MAX)
    }
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    /// When it is empty, in microseconds of [`Rates::now`].
    empty_at: i64,
    /// What the other processes have not been told, in microseconds.
    untold: i64,
}

/// The buckets of a process.
pub struct Rates {
    began: Instant,
    buckets: Mutex<HashMap<Key, Bucket>>,
    link: Option<Arc<Link>>,
    take: Script,
    tell: Script,
}

impl Rates {
    /// No bucket holds anything yet. With a link they are shared.
    #[must_use]
    pub fn new(link: Option<Arc<Link>>) -> Self {
        Self { began: Instant::now(), buckets: Mutex::default(), link, take: Script::new(TAKE), tell: Script::new(TELL_ALL) }
    }

    /// Spends `cost` by what this process knows.
    ///
    /// # Errors
    /// [`Wait`], with nothing spent.
    pub fn spend(&self, key: Key, limit: Limit, cost: u64) -> Result<Standing, Wait> {
        let now = self.now();
        let time = limit.time_of(cost);
        let mut buckets = self.lock();
        let bucket = buckets.get(&key).copied().unwrap_or_default();
        let filled = (bucket.empty_at - now).max(0).saturating_add(time);
        if filled > limit.window() {
            return Err(Wait(duration(filled - limit.window())));
        }
        let untold = if self.link.is_some() { bucket.untold.saturating_add(time) } else { 0 };
        if buckets.len() >= KEPT {
            buckets.retain(|_, bucket| bucket.empty_at > now);
            if buckets.len() >= KEPT {
                buckets.clear();
            }
        }
        buckets.insert(key, Bucket { empty_at: now + filled, untold });
        Ok(Standing { cost, limit: limit.capacity, remaining: limit.amount_of(limit.window() - filled), reset: duration(filled) })
    }

    /// Takes one of a verb, counted over all processes at once.
    ///
    /// # Errors
    /// [`Wait`], with nothing taken.
    pub async fn take(&self, key: Key, limit: Limit) -> Result<(), Wait> {
        if let Some(link) = &self.link {
            let mut invocation = self.take.prepare_invoke();
            invocation.key(key.name(link.prefix())).arg(limit.time_of(1)).arg(limit.window());
            if let Ok(over) = link.invoke::<i64>(&invocation).await {
                return if over > 0 { Err(Wait(duration(over))) } else { Ok(()) };
            }
        }
        self.spend(key, limit, 1).map(drop)
    }

    /// Tells the other processes what was spent here, and hears what was spent there, until `shutdown` is ready.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = tokio::time::sleep(TELL) => self.tell().await,
            }
        }
    }

    /// One round of telling and hearing; drops the buckets that are empty.
    pub async fn tell(&self) {
        let now = self.now();
        let mut untold = Vec::new();
        self.lock().retain(|key, bucket| {
            if bucket.untold > 0 {
                untold.push((*key, std::mem::take(&mut bucket.untold)));
            }
            bucket.empty_at > now
        });
        let Some(link) = &self.link else { return };
        for batch in untold.chunks(BATCH) {
            let mut invocation = self.tell.prepare_invoke();
            for (key, time) in batch {
                invocation.key(key.name(link.prefix())).arg(*time);
            }
            // Away: what was spent is still counted here.
            let Ok(filled) = link.invoke::<Vec<i64>>(&invocation).await else { return };
            let now = self.now();
            let mut buckets = self.lock();
            for ((key, _), filled) in batch.iter().zip(filled) {
                if let Some(bucket) = buckets.get_mut(key) {
                    bucket.empty_at = now.saturating_add(filled).saturating_add(bucket.untold);
                }
            }
        }
    }

    /// Microseconds since the process began to count.
    fn now(&self) -> i64 {
        micros(self.began.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Key: a bucket. Arguments: what to fill in, what it holds. Gives how much it would run over; nothing is filled in then.
const TAKE: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local filled = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') - now, 0) + tonumber(ARGV[1])
local over = filled - tonumber(ARGV[2])
if over > 0 then return over end
redis.call('SET', KEYS[1], string.format('%.0f', now + filled), 'PX', math.ceil(filled / 1000) + 1)
return 0";

/// Keys: buckets. Arguments: what to fill into each. Gives how full each is then.
const TELL_ALL: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = {}
for at = 1, #KEYS do
  local filled = math.max(tonumber(redis.call('GET', KEYS[at]) or '0') - now, 0) + tonumber(ARGV[at])
  redis.call('SET', KEYS[at], string.format('%.0f', now + filled), 'PX', math.ceil(filled / 1000) + 1)
  full[at] = filled
end
return full";

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use super::{Key, Limit, Network, Rates};

    fn key(address: &str) -> Key {
        Key::Address(Network::from(address.parse::<IpAddr>().expect("an address")))
    }

    #[test]
    fn a_bucket_runs_over_says_how_long_and_empties_again() {
        let rates = Rates::new(None);
        let limit = Limit::new(10, Duration::from_millis(200));
        let standing = rates.spend(key("192.0.2.1"), limit, 4).expect("room");
        assert_eq!((standing.limit, standing.remaining), (10, 6));
        let wait = rates.spend(key("192.0.2.1"), limit, 7).expect_err("full");
        assert!(wait.0 <= Duration::from_millis(20) && wait.seconds() == 1, "{wait:?}");
        rates.spend(key("192.0.2.2"), limit, 10).expect("another's bucket");
        std::thread::sleep(Duration::from_millis(30));
        rates.spend(key("192.0.2.1"), limit, 7).expect("room again");
        rates.spend(key("192.0.2.3"), limit, u64::MAX).expect_err("never");
    }

    #[test]
    fn an_address_cannot_be_changed_within_its_network() {
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.2"), key("192.0.2.1"));
    }
}
