//! What a running program holds: the database, the keys, and the leaderboard's Redis.

use std::sync::Arc;

use crate::db::Db;
use crate::keys::Keys;
use crate::people::session::Sessions;
use crate::points::leaderboard::Order;
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
    /// Wakes the relay after a commit.
    pub wake: Arc<tokio::sync::Notify>,
}
