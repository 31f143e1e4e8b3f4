//! What a running program holds: the database, the keys, and the link to Redis.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bus::Bus;
use crate::db::Db;
use crate::error::Result;
use crate::exchange::matching::at_hand::Markets;
use crate::insight::audit::chain::Chainer;
use crate::keys::Keys;
use crate::link::Link;
use crate::people::account::sms::{self, Sms};
use crate::people::media::{self, Bench};
use crate::people::session::Sessions;
use crate::people::wechat::{self, Wechat};
use crate::points::leaderboard::{AtHand, Order};
use crate::points::policy::InForce;
use crate::points::proof::seal::{self, Sealer};
use crate::rate::Rates;
use crate::store::Store;

/// How often work outside of the database is looked for.
const OUTSIDE: Duration = Duration::from_secs(1);
/// How often the keys of access tokens are read anew: more often than a key is known before it signs.
const KEYS: Duration = Duration::from_secs(10);

/// Shared by every request; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Pools and clock.
    pub db: Db,
    /// Derived secrets.
    pub keys: Arc<Keys>,
    /// Tokens, and the actors behind them.
    pub sessions: Arc<Sessions>,
    /// What processes share through Redis, where there is one.
    pub link: Option<Arc<Link>>,
    /// The leaderboard's order in Redis, where there is one.
    pub order: Option<Arc<Order>>,
    /// Today's policies at hand.
    pub policies: Arc<InForce>,
    /// Names and places that leaderboards keep at hand.
    pub at_hand: Arc<AtHand>,
    /// Helpers and needs of large communities that matching keeps at hand.
    pub markets: Arc<Markets>,
    /// Seals the operations of the ledger.
    pub sealer: Arc<Sealer>,
    /// Chains the audit log.
    pub chainer: Arc<Chainer>,
    /// Tells people who follow something what has changed.
    pub bus: Arc<Bus>,
    /// How much who may do in a while.
    pub rates: Arc<Rates>,
    /// Wakes the relay after a commit.
    pub wake: Arc<tokio::sync::Notify>,
    /// Carries one-time codes to phones.
    pub sms: Arc<dyn Sms>,
    /// WeChat, where the deployment has a mini-program.
    pub wechat: Option<Arc<Wechat>>,
    /// Keeps the files of pictures, where the deployment has a place for them.
    pub store: Option<Arc<dyn Store>>,
    /// Where pictures are written anew.
    pub bench: Arc<Bench>,
    /// What the addresses of this host begin with, where that was said.
    pub public_url: Option<Arc<str>>,
}

impl App {
    /// Puts a program together on an open database. `redis` is the URL of a Redis and the prefix of every key this program keeps there.
    ///
    /// # Errors
    /// When the Redis URL cannot be read.
    pub fn assemble(db: Db, keys: Arc<Keys>, redis: Option<(&str, &str)>) -> Result<Self> {
        let link = redis.map(|(url, prefix)| Link::open(url, prefix)).transpose()?.map(Arc::new);
        let order = link.clone().map(Order::new).map(Arc::new);
        let bus = Arc::new(Bus::new(link.clone()));
        let sessions = Arc::new(Sessions::try_new(&keys)?);
        let rates = Arc::new(Rates::new(link.clone()));
        let sealer = Arc::new(Sealer::new(&keys, seal::WAIT));
        Ok(Self {
            db,
            keys,
            sessions,
            link,
            order,
            policies: Arc::default(),
            at_hand: Arc::default(),
            markets: Arc::default(),
            sealer,
            chainer: Arc::default(),
            bus,
            rates,
            wake: Arc::default(),
            sms: Arc::new(sms::Off),
            wechat: None,
            store: None,
            bench: Arc::default(),
            public_url: None,
        })
    }

    /// What is done outside of the database after commits: messages through WeChat, its look at pictures, files that are to go. Gives how much was tried.
    ///
    /// # Errors
    /// When the database refuses; what was not done stays due.
    pub async fn outside_work(&self) -> Result<u64> {
        let mut tried = 0;
        if let Some(wechat) = &self.wechat {
            tried += wechat::message::send_due(&self.db, &self.keys, wechat).await?;
        }
        if let Some((wechat, host)) = self.judge_of_pictures() {
            tried += media::check::ask_due(&self.db, &self.keys, wechat, host).await?;
        }
        if let Some(store) = &self.store {
            tried += media::sweep::purge_due(&self.db, store.as_ref()).await?;
        }
        Ok(tried)
    }

    /// Who looks at pictures by itself, and where it fetches them: WeChat, when it knows where this host is.
    #[must_use]
    pub fn judge_of_pictures(&self) -> Option<(&Wechat, &str)> {
        self.wechat.as_deref().zip(self.public_url.as_deref())
    }

    /// Does the outside work and keeps the keys of tokens up to date until `shutdown` is ready.
    pub async fn run_outside(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut looked_at = Instant::now();
        loop {
            let outcome = async {
                if looked_at.elapsed() >= KEYS {
                    looked_at = Instant::now();
                    self.sessions.tokens().reload(&self.db).await?;
                }
                self.outside_work().await
            };
            if let Err(error) = outcome.await {
                tracing::warn!(code = error.code.text(), source = ?error.source, "work outside of the database waits");
            }
            tokio::select! {
                () = &mut shutdown => break,
                () = tokio::time::sleep(OUTSIDE) => {}
            }
        }
    }
}
