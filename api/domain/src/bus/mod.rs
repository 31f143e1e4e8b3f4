//! The bus: tells every process what has changed, so that people who follow something learn of it at once and exactly once.
//!
//! A *change* is a row of the table `change`: an id, the *channel* it belongs to and a small *payload* that travels with it, so that telling two
//! thousand people costs no two thousand queries. The relay writes changes in the transaction that applies events ([`log`]) and hands them to the
//! bus after the commit as a *batch*, which names the change it follows. A batch goes to the [`hub`] of the own process at once and to the other
//! processes through Redis ([`wire`]). A hub that sees a batch after a gap, or hears nothing, reads the table; a lost message only makes a change
//! late. A *follower* reads what came after the id it names from the table and then what its hub delivers.
//!
//! Invariant: ids of changes grow in the order of their commits, because one process at a time writes them, under the relay's lease.
//! Invariant: a follower gets every change of its channel after the one it began with, once, in order.

use std::future::Future;
use std::sync::Arc;

use entity::id::ChangeId;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore, SemaphorePermit, mpsc};

use crate::db::Db;
use crate::error::Result;
use crate::link::Link;

mod follower;
mod hub;
pub mod log;
pub mod throttle;
mod wire;

pub use follower::Follower;
pub use log::{Draft, KEPT, Page};

use hub::Hub;
use wire::Wire;

/// Batches that may wait for Redis. Those beyond are not sent: the other processes find them in the table.
const OUTGOING_MAX: usize = 256;

/// How many begin to follow something at one time.
const TURNS: usize = 32;

/// A change that people follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its id.
    pub id: ChangeId,
    /// Whom it concerns.
    pub channel: String,
    /// What is told with it, as JSON.
    pub payload: String,
}

/// The changes of one transaction, in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// The change before the first of these, whatever its channel.
    pub from: ChangeId,
    /// The changes; at least one.
    pub changes: Vec<Arc<Change>>,
}

impl Batch {
    /// The last of them.
    fn to(&self) -> ChangeId {
        self.changes.last().map_or(self.from, |change| change.id)
    }
}

/// One process's part in the bus.
pub struct Bus {
    hub: Arc<Hub>,
    wire: Option<Wire>,
    outgoing: mpsc::Sender<Batch>,
    waiting: Mutex<mpsc::Receiver<Batch>>,
    turns: Semaphore,
}

impl Bus {
    /// A bus for one process, over the Redis that the others use too. Nothing is sent before [`Bus::run`].
    #[must_use]
    pub fn new(link: Option<Arc<Link>>) -> Self {
        let (outgoing, waiting) = mpsc::channel(OUTGOING_MAX);
        Self { hub: Arc::default(), wire: link.map(Wire::new), outgoing, waiting: Mutex::new(waiting), turns: Semaphore::new(TURNS) }
    }

    /// A turn at beginning to follow something; over when dropped. None once the bus is closed, which it never is.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.turns.acquire().await.ok()
    }

    /// Tells a committed batch to everybody.
    pub fn publish(&self, batch: Batch) {
        self.hub.take(&batch);
        if self.wire.is_some() {
            // Redis is away for long: the table tells.
            let _ = self.outgoing.try_send(batch);
        }
    }

    /// Listens to the other processes, tells them what is published here, and reads the table every few seconds, until `shutdown` is ready.
    pub async fn run(&self, db: &Db, shutdown: impl Future<Output = ()>) {
        let exchange = async {
            let Some(wire) = &self.wire else { return std::future::pending().await };
            let mut waiting = self.waiting.lock().await;
            let send = async {
                while let Some(batch) = waiting.recv().await {
                    wire.send(&batch).await;
                }
            };
            tokio::join!(send, wire.listen(&self.hub));
        };
        tokio::select! {
            () = shutdown => {}
            () = async { tokio::join!(exchange, self.hub.tend(db)); } => {}
        }
    }

    /// Follows a channel: what comes after the change `after`, or from now on.
    ///
    /// # Errors
    /// `EVENTS_MISSED` when changes after `after` are no longer kept.
    pub async fn follow(&self, db: &Db, channel: String, after: Option<ChangeId>) -> Result<Follower> {
        Follower::begin(&self.hub, db, channel, after).await
    }

    /// How many channels somebody in this process follows.
    #[must_use]
    pub fn followed(&self) -> usize {
        self.hub.followed()
    }
}
