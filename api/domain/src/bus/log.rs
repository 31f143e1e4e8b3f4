//! The table of changes.
//!
//! A change is kept for a day. Pruning leaves the newest of the outdated rows behind, as the mark of how far it came: who asks for what came after
//! an earlier change has missed something and is told so.

use std::sync::Arc;

use entity::change::{self, Column, Entity};
use entity::id::ChangeId;
use entity::time::UtcMicros;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Batch, Change};
use crate::db::sql;
use crate::error::{Error, Result};
use crate::tx::Tx;

/// How long a change is kept, in microseconds.
pub const KEPT: i64 = 24 * UtcMicros::HOUR;
/// Rows of one statement.
const ROWS: usize = 1_000;

/// A change before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whom it concerns.
    pub channel: String,
    /// What is told with it, as JSON.
    pub payload: String,
}

/// Some changes of a channel, for a reader who asks from time to time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The changes, oldest first.
    pub changes: Vec<Change>,
    /// What to ask after the next time.
    pub last: ChangeId,
    /// Whether there are more now.
    pub has_more: bool,
    /// Whether changes after the one asked for are no longer kept; nothing is given then.
    pub missed: bool,
}

impl From<change::Model> for Change {
    fn from(row: change::Model) -> Self {
        Self { id: row.id, channel: row.channel, payload: row.payload }
    }
}

/// Writes changes with the transaction, which must hold the relay's lease; gives them as a batch, or nothing when there are none.
///
/// # Errors
/// When the database refuses.
pub async fn append(tx: &Tx, drafts: Vec<Draft>) -> Result<Option<Batch>> {
    if drafts.is_empty() {
        return Ok(None);
    }
    let from = head(&tx.connection).await?;
    let mut changes = Vec::with_capacity(drafts.len());
    for chunk in drafts.chunks(ROWS) {
        let rows = chunk.iter().map(|draft| change::ActiveModel {
            id: NotSet,
            channel: Set(draft.channel.clone()),
            payload: Set(draft.payload.clone()),
            created_at: Set(tx.now),
        });
        let written = Entity::insert_many(rows).exec_with_returning(&tx.connection).await?;
        changes.extend(written.into_iter().map(|row| Arc::new(Change::from(row))));
    }
    changes.sort_unstable_by_key(|change| change.id);
    Ok(Some(Batch { from, changes }))
}

/// The newest change; 0 before the first.
///
/// # Errors
/// When the database cannot be read.
pub async fn head(connection: &impl ConnectionTrait) -> Result<ChangeId> {
    let row = connection.query_one_raw(sql(connection, "SELECT COALESCE(MAX(id), 0) AS head FROM change", [])).await?;
    Ok(row.ok_or_else(|| Error::internal("a maximum has no row"))?.try_get("", "head")?)
}

/// The newest change, and whether everything after `after` is still kept at `now`. A change that was never written counts as missed: the database
/// was put back from a backup.
pub(super) async fn reach(connection: &impl ConnectionTrait, after: ChangeId, now: UtcMicros) -> Result<(ChangeId, bool)> {
    let head = head(connection).await?;
    let oldest = Entity::find().order_by_asc(Column::Id).one(connection).await?;
    let outdated = |row: &change::Model| row.created_at <= now.plus(-KEPT);
    let whole = after <= head && !oldest.is_some_and(|row| after < row.id && outdated(&row));
    Ok((head, whole))
}

/// Up to `limit` changes of a channel after `after`, none of them after `to`.
pub(super) async fn of_channel(
    connection: &impl ConnectionTrait,
    channel: &str,
    after: ChangeId,
    to: Option<ChangeId>,
    limit: u64,
) -> Result<Vec<Change>> {
    let mut query = Entity::find().filter(Column::Channel.eq(channel)).filter(Column::Id.gt(after));
    if let Some(to) = to {
        query = query.filter(Column::Id.lte(to));
    }
    Ok(query.order_by_asc(Column::Id).limit(limit).all(connection).await?.into_iter().map(Change::from).collect())
}

/// Up to `limit` changes of every channel after `after`, none of them after `to`.
pub(super) async fn of_all(connection: &impl ConnectionTrait, after: ChangeId, to: ChangeId, limit: u64) -> Result<Vec<Arc<Change>>> {
    let query = Entity::find().filter(Column::Id.gt(after)).filter(Column::Id.lte(to)).order_by_asc(Column::Id).limit(limit);
    Ok(query.all(connection).await?.into_iter().map(|row| Arc::new(Change::from(row))).collect())
}

/// The next `first` changes of a channel after `after`; without it none, and where to begin.
///
/// # Errors
/// When the database cannot be read.
pub async fn page(connection: &impl ConnectionTrait, channel: &str, after: Option<ChangeId>, first: u32, now: UtcMicros) -> Result<Page> {
    let Some(after) = after else {
        return Ok(Page { changes: Vec::new(), last: head(connection).await?, has_more: false, missed: false });
    };
    // The newest change is read first: everything up to it is committed and will be found.
    let (head, whole) = reach(connection, after, now).await?;
    if !whole {
        return Ok(Page { changes: Vec::new(), last: head, has_more: false, missed: true });
    }
    let mut changes = of_channel(connection, channel, after, Some(head), u64::from(first) + 1).await?;
    let first = usize::try_from(first).unwrap_or(usize::MAX);
    let has_more = changes.len() > first;
    changes.truncate(first);
    let last = changes.last().filter(|_| has_more).map_or(head, |change| change.id);
    Ok(Page { changes, last, has_more, missed: false })
}

/// Due work: takes away what is older than a day, all but the newest of it; gives how much.
///
/// # Errors
/// When the database refuses.
pub async fn prune(tx: &Tx) -> Result<u64> {
    let statement = "DELETE FROM change WHERE id IN (SELECT id FROM change WHERE id < (SELECT MAX(id) FROM change WHERE created_at <= $1) \
                     ORDER BY id LIMIT 1000)";
    let values = [tx.now.plus(-KEPT).into()];
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected())
}
