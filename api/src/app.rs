//! What a running program holds: the database, the keys, and the link to Redis.

use std::sync::Arc;

use crate::bus::Bus;
use crate::db::Db;
use crate::error::Result;
use crate::exchange::matching::at_hand::Markets;
use crate::keys::Keys;
use crate::link::Link;
use crate::people::session::Sessions;
use crate::points::leaderboard::{AtHand, Order};
use crate::points::policy::InForce;
use crate::points::proof::seal::{self, Sealer};
use crate::rate::Rates;

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
    /// Tells people who follow something what has changed.
    pub bus: Arc<Bus>,
    /// How much who may do in a while.
    pub rates: Arc<Rates>,
    /// Wakes the relay after a commit.
    pub wake: Arc<tokio::sync::Notify>,
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
            bus,
            rates,
            wake: Arc::default(),
        })
    }
}
