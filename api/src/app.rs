//! What a running program holds: the database, the keys, and the leaderboard's Redis.

use std::sync::Arc;

use crate::db::Db;
use crate::keys::Keys;
use crate::people::session::Sessions;
use crate::points::leaderboard::{AtHand, Order};

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
    /// Names and places that leaderboards keep at hand.
    pub at_hand: Arc<AtHand>,
    /// Wakes the relay after a commit.
    pub wake: Arc<tokio::sync::Notify>,
}
