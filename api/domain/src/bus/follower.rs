//! Somebody who follows a channel.

use std::collections::VecDeque;
use std::sync::Arc;

use entity::id::ChangeId;
use tokio::sync::broadcast::{self, error::RecvError};

use super::hub::Hub;
use super::{Change, log};
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// Rows of one read.
const ROWS: usize = 100;

/// Somebody who follows a channel; leaves it when dropped.
pub struct Follower {
    hub: Arc<Hub>,
    db: Db,
    channel: String,
    /// What the hub delivers; taken out when the follower leaves.
    delivered: Option<broadcast::Receiver<Arc<Change>>>,
    /// The last change that was handed out, or where it began.
    last: ChangeId,
    /// Whether the table may hold what the hub did not deliver.
    behind: bool,
    read: VecDeque<Arc<Change>>,
}

impl Follower {
    pub(super) async fn begin(hub: &Arc<Hub>, db: &Db, channel: String, after: Option<ChangeId>) -> Result<Self> {
        // First the hub, then the table: what is committed in between comes from one of them.
        let delivered = Some(hub.join(db, &channel).await?);
        let (hub, db) = (Arc::clone(hub), db.clone());
        let mut follower = Self { hub, db, channel, delivered, last: ChangeId(0), behind: after.is_some(), read: VecDeque::new() };
        follower.last = match after {
            None => log::head(follower.db.reader()).await?,
            Some(after) => {
                let (_, whole) = log::reach(follower.db.reader(), after, follower.db.now()).await?;
                if !whole {
                    return Err(Error::from(Code::EventsMissed).on("after"));
                }
                after
            }
        };
        Ok(follower)
    }

    /// The next change, once there is one.
    ///
    /// # Errors
    /// `UNAVAILABLE` when the table has to be read and cannot.
    pub async fn next(&mut self) -> Result<Arc<Change>> {
        loop {
            if let Some(change) = self.read.pop_front() {
                self.last = change.id;
                return Ok(change);
            }
            if self.behind {
                let rows = log::of_channel(self.db.reader(), &self.channel, self.last, None, ROWS as u64).await?;
                self.behind = rows.len() == ROWS;
                self.read.extend(rows.into_iter().map(Arc::new));
                continue;
            }
            let delivered = self.delivered.as_mut().ok_or(Code::Unavailable)?;
            match delivered.recv().await {
                Ok(change) if change.id > self.last => {
                    self.last = change.id;
                    return Ok(change);
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Err(Code::Unavailable.into()),
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.delivered = None;
        self.hub.leave(&self.channel);
    }
}
