//! The order in Redis.
//!
//! One sorted set per board and metric; its members are the 16 bytes of their ids. All sets of one scope and colour are a *family*: they share
//! a hash tag, so that one script may touch them in a Redis Cluster, and a *meta* hash with the mark of the database and the epoch of the last
//! writer. A family whose meta is missing or carries another mark is not believed. A *sentinel* says the same of the whole.
//!
//! Invariant: a write carries the epoch of the writer's lease and is refused when a later epoch has written to the family.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use entity::leaderboard_board::{BoardPeriod, BoardSubject};
use redis::{FromRedisValue, Script, ScriptInvocation};
use sea_orm::ActiveEnum;
use uuid::Uuid;

use super::{BoardKey, Metric};
pub use crate::link::Away;
use crate::link::Link;

/// How long the database's mark is taken on trust.
const MARK_LASTS: Duration = Duration::from_secs(5);

/// The order in Redis.
pub struct Order {
    link: Arc<Link>,
    mark: Mutex<Option<(Uuid, Instant)>>,
    scripts: Scripts,
}

/// What runs inside Redis, in one step each.
pub(super) struct Scripts {
    pub(super) read: Script,
    pub(super) push: Script,
    pub(super) swap: Script,
    pub(super) claim: Script,
}

impl Order {
    /// The order behind a link; nothing is sent yet.
    #[must_use]
    pub fn new(link: Arc<Link>) -> Self {
        let scripts = Scripts { read: Script::new(READ), push: Script::new(PUSH), swap: Script::new(SWAP), claim: Script::new(CLAIM) };
        Self { link, mark: Mutex::default(), scripts }
    }

    pub(super) fn scripts(&self) -> &Scripts {
        &self.scripts
    }

    /// What all keys of a family begin with.
    fn family(&self, scope_id: Uuid, colour: &str) -> String {
        format!("{}{{lb:{}:{colour}}}:", self.link.prefix(), scope_id.simple())
    }

    /// The meta hash of a family.
    pub(super) fn meta_key(&self, board: &BoardKey) -> String {
        format!("{}meta", self.family(board.scope_id, &board.colour_text()))
    }

    /// The sorted set of a board and metric.
    pub(super) fn set_key(&self, board: &BoardKey, metric: Metric) -> String {
        let family = self.family(board.scope_id, &board.colour_text());
        format!("{family}{}:{}:{}:{}", subject_text(board.subject), period_text(board.period), board.period_key, metric.text())
    }

    pub(super) fn sentinel_key(&self) -> String {
        format!("{}lb:sentinel", self.link.prefix())
    }

    /// A pattern that every key of every family fits.
    pub(super) fn families_pattern(&self) -> String {
        let mut pattern = String::new();
        for letter in self.link.prefix().chars() {
            if "*?[]\\".contains(letter) {
                pattern.push('\\');
            }
            pattern.push(letter);
        }
        pattern + "{lb:*"
    }

    /// Whether a failure is so fresh that Redis is not asked.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.link.is_resting()
    }

    /// The mark of the database, while it is fresh.
    pub(super) fn fresh_mark(&self) -> Option<Uuid> {
        self.lock().filter(|(_, read_at)| read_at.elapsed() < MARK_LASTS).map(|(mark, _)| mark)
    }

    pub(super) fn remember_mark(&self, mark: Option<Uuid>) {
        *self.lock() = mark.map(|mark| (mark, Instant::now()));
    }

    /// Runs a script.
    pub(super) async fn invoke<T: FromRedisValue>(&self, invocation: &ScriptInvocation<'_>) -> Result<T, Away> {
        self.link.invoke(invocation).await
    }

    /// Sends a pipeline.
    pub(super) async fn send<T: FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, Away> {
        self.link.send(pipeline).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Uuid, Instant)>> {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn subject_text(subject: BoardSubject) -> String {
    subject.to_value()
}

fn period_text(period: BoardPeriod) -> String {
    period.to_value()
}

/// Keys: set, meta. Arguments: mark, places to skip, places to give, a member or nothing, neighbours on each side.
/// Gives one text, since a reply of many parts takes longer to read than Redis takes to find them: nothing when the family does not carry the mark;
/// else members, place of the first neighbour (or nothing), places given, then each place and each neighbour as the 16 bytes of the member and its score.
const READ: &str = r"
if redis.call('HGET', KEYS[2], 'mark') ~= ARGV[1] then return '' end
local members = redis.call('ZCARD', KEYS[1])
local top = redis.call('ZREVRANGE', KEYS[1], ARGV[2], ARGV[2] + ARGV[3] - 1, 'WITHSCORES')
local head, first, near = members .. '\n', '', ''
if ARGV[4] ~= '' then
  local rank = redis.call('ZREVRANK', KEYS[1], ARGV[4])
  if rank then
    first = math.max(rank - ARGV[5], 0)
    near = table.concat(redis.call('ZREVRANGE', KEYS[1], first, rank + ARGV[5], 'WITHSCORES'), '\n') .. '\n'
  end
end
local places = ''
if #top > 0 then places = table.concat(top, '\n') .. '\n' end
return head .. first .. '\n' .. (#top / 2) .. '\n' .. places .. near";

/// Keys: meta, sets. Arguments: mark, epoch, then for each set: seconds to keep it (or nothing), number of pairs, pairs of score (or nothing)
/// and member. Gives 1; 0 when the family does not carry the mark; -1 and the epoch when a later one has written.
const PUSH: &str = r"
local held = redis.call('HMGET', KEYS[1], 'mark', 'epoch')
if held[1] ~= ARGV[1] then return {0, 0} end
if tonumber(held[2]) > tonumber(ARGV[2]) then return {-1, tonumber(held[2])} end
redis.call('HSET', KEYS[1], 'epoch', ARGV[2])
local at = 3
for set = 2, #KEYS do
  local keep, pairs = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  for _ = 1, pairs do
    if ARGV[at] == '' then redis.call('ZREM', KEYS[set], ARGV[at + 1]) else redis.call('ZADD', KEYS[set], ARGV[at], ARGV[at + 1]) end
    at = at + 2
  end
  if keep ~= '' then redis.call('EXPIRE', KEYS[set], keep) end
end
return {1, 0}";

/// Keys: meta, then pairs of new and live set. Arguments: mark, epoch, whether the family is complete now, seconds to keep each pair (or
/// nothing). Gives 1; -1 and the epoch when a later one has written.
const SWAP: &str = r"
local held = redis.call('HMGET', KEYS[1], 'mark', 'epoch')
if held[1] == ARGV[1] and tonumber(held[2]) > tonumber(ARGV[2]) then return {-1, tonumber(held[2])} end
for pair = 1, (#KEYS - 1) / 2 do
  local new, live, keep = KEYS[pair * 2], KEYS[pair * 2 + 1], ARGV[pair + 3]
  redis.call('UNLINK', live)
  if redis.call('EXISTS', new) == 1 then
    redis.call('RENAME', new, live)
    if keep == '' then redis.call('PERSIST', live) else redis.call('EXPIRE', live, keep) end
  end
end
if ARGV[3] == '1' then redis.call('HSET', KEYS[1], 'mark', ARGV[1], 'epoch', ARGV[2]) end
return {1, 0}";

/// Key: sentinel. Arguments: mark, epoch, 'FIRST' (a new holder's first look), 'AGAIN', or 'SET' (after a rebuild).
/// Gives 1 when everything is as the holder left it; 0 when it has to be rebuilt; -1 and the epoch when a later one has written.
const CLAIM: &str = r"
local held = redis.call('HMGET', KEYS[1], 'mark', 'epoch')
local mine = tonumber(ARGV[2])
if held[1] == ARGV[1] then
  local theirs = tonumber(held[2])
  if theirs > mine then return {-1, theirs} end
  if theirs < mine and ARGV[3] == 'AGAIN' then return {0, 0} end
elseif ARGV[3] ~= 'SET' then
  return {0, 0}
end
redis.call('HSET', KEYS[1], 'mark', ARGV[1], 'epoch', ARGV[2])
return {1, 0}";
