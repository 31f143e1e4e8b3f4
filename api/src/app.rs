//! What a running program holds: the database, the keys, and the leaderboard's Redis.

use std::sync::Arc;

use crate::bus::Bus;
use crate::db::Db;
use crate::error::Result;
use crate::keys::Keys;
use crate::people::session::Sessions;
use crate::points::leaderboard::{AtHand, Order};
use crate::points::policy::InForce;

/// Shared by every request; cheap to clone.
#[derive(Clone)]
pub struct App {
    /// Pools and clock.
    pub db: Db,
    /// Derived secrets.
    pub keys: Arc<Keys>,
    /// Tokens, and the actors behind them.
    pub sessions: Arc<Sessions>,
    /// The leaderboard's order in Redis, where there is one.
    pub order: Option<Arc<Order>>,
    /// Today's policies at hand.
    pub policies: Arc<InForce>,
    /// Names and places that leaderboards keep at hand.
    pub at_hand: Arc<AtHand>,
    /// Tells people who follow something what has changed.
    pub bus: Arc<Bus>,
    /// Wakes the relay after a commit.
    pub wake: Arc<tokio::sync::Notify>,
}

impl App {
    /// Puts a program together on an open database. `redis` is the URL of a Redis and the prefix of every key this program keeps there.
    ///
    /// # Errors
    /// When the Redis URL cannot be read.
    pub fn assemble(db: Db, keys: Arc<Keys>, redis: Option<(&str, &str)>) -> Result<Self> {
        let order = redis.map(|(url, prefix)| Order::open(url, prefix)).transpose()?.map(Arc::new);
        let bus = Arc::new(Bus::open(redis)?);
        let sessions = Arc::new(Sessions::try_new(&keys)?);
        Ok(Self { db, keys, sessions, order, policies: Arc::default(), at_hand: Arc::default(), bus, wake: Arc::default() })
    }
}
