//! Who in this process follows what.
//!
//! The hub knows how far it has *seen* the table. A batch that follows on what it has seen is delivered; after a gap it reads the table instead.
//! Every few seconds it looks how far the table is and, one look later, reads what did not reach it. It waits for that second look because the
//! order in Redis is brought up to date only after the commit that wrote the change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use entity::id::ChangeId;
use tokio::sync::{Notify, broadcast};

use super::{Batch, Change, log};
use crate::db::Db;
use crate::error::Result;

/// How often the hub looks at the table.
const LOOK: Duration = Duration::from_secs(2);
/// Changes a follower may lag behind before it reads the table.
const LAG_MAX: usize = 64;
/// Rows of one read.
const ROWS: usize = 500;

/// The followers of one process.
#[derive(Default)]
pub(super) struct Hub {
    state: Mutex<State>,
    /// Wakes the reader after a gap.
    stirred: Notify,
    reading: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Everything up to here was delivered, or nobody followed it; none before anybody looked.
    seen: Option<ChangeId>,
    /// How far to read after a gap.
    wanted: Option<ChangeId>,
    channels: HashMap<String, broadcast::Sender<Arc<Change>>>,
}

impl State {
    fn deliver(&mut self, changes: &[Arc<Change>], to: ChangeId) {
        let seen = self.seen;
        for change in changes.iter().filter(|change| Some(change.id) > seen) {
            if let Some(channel) = self.channels.get(&change.channel) {
                // Nobody listens any more; the channel goes with its last follower.
                let _ = channel.send(Arc::clone(change));
            }
        }
        self.seen = seen.max(Some(to));
    }
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers a batch.
    pub(super) fn take(&self, batch: &Batch) {
        let mut state = self.lock();
        if state.seen.is_some_and(|seen| batch.from > seen) {
            state.wanted = state.wanted.max(Some(batch.to()));
            drop(state);
            self.stirred.notify_one();
        } else {
            state.deliver(&batch.changes, batch.to());
        }
    }

    /// Adds a follower of a channel.
    pub(super) async fn join(&self, db: &Db, channel: &str) -> Result<broadcast::Receiver<Arc<Change>>> {
        if self.lock().seen.is_none() {
            let head = log::head(db.reader()).await?;
            self.lock().seen.get_or_insert(head);
        }
        let mut state = self.lock();
        if let Some(sender) = state.channels.get(channel) {
            return Ok(sender.subscribe());
        }
        let (sender, receiver) = broadcast::channel(LAG_MAX);
        state.channels.insert(channel.to_owned(), sender);
        Ok(receiver)
    }

    /// Forgets a channel that nobody follows any more.
    pub(super) fn leave(&self, channel: &str) {
        let mut state = self.lock();
        if state.channels.get(channel).is_some_and(|sender| sender.receiver_count() == 0) {
            state.channels.remove(channel);
        }
    }

    pub(super) fn followed(&self) -> usize {
        self.lock().channels.len()
    }

    /// Reads the table after gaps, and every few seconds.
    pub(super) async fn tend(&self, db: &Db) {
        let mut looked: Option<ChangeId> = None;
        let mut failing = false;
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let outcome = tokio::select! {
                () = self.stirred.notified() => {
                    let wanted = self.lock().wanted.take();
                    self.catch_up(db, wanted).await
                }
                _ = look.tick() => {
                    let before = looked.take();
                    self.look(db, before, &mut looked).await
                }
            };
            if let Err(error) = &outcome
                && !failing
            {
                tracing::warn!(code = error.code.text(), source = ?error.source, "changes cannot be read; those who follow them are told later");
            }
            failing = outcome.is_err();
        }
    }

    async fn look(&self, db: &Db, before: Option<ChangeId>, looked: &mut Option<ChangeId>) -> Result<()> {
        let head = log::head(db.reader()).await?;
        *looked = Some(head);
        self.lock().seen.get_or_insert(head);
        self.catch_up(db, before).await
    }

    /// Reads and delivers what lies between what was seen and `to`.
    async fn catch_up(&self, db: &Db, to: Option<ChangeId>) -> Result<()> {
        let Some(to) = to else { return Ok(()) };
        let _turn = self.reading.lock().await;
        loop {
            let seen = {
                let mut state = self.lock();
                let Some(seen) = state.seen.filter(|seen| *seen < to) else { return Ok(()) };
                if state.channels.is_empty() {
                    state.seen = Some(to);
                    return Ok(());
                }
                seen
            };
            let rows = log::of_all(db.reader(), seen, to, ROWS as u64).await?;
            let last = rows.last().filter(|_| rows.len() == ROWS).map_or(to, |row| row.id);
            self.lock().deliver(&rows, last);
        }
    }
}
