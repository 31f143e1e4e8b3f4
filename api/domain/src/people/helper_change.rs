//! Whose answer to "who could help" may differ from a little while ago: they took or gave back a seat, are being asked, said something else about what they
//! can do, moved, or a licence of theirs was seen.
//!
//! Whoever judges people from rows read a while ago asks here whom to look at again, instead of each table that could tell. The rows are those of the last
//! minutes and few; nobody waits for anybody, since they are written and never changed.
//!
//! Invariant: every verb that changes what somebody can be asked for notes it in its transaction.

use entity::helper_change;
use entity::time::UtcMicros;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::error::Result;
use crate::tx::Tx;

/// How long a note is kept: longer than anything is judged by rows read before, in microseconds.
const KEPT: i64 = 30 * UtcMicros::MINUTE;
/// Longest that a transaction takes from its moment until others see it, in microseconds.
const LATE: i64 = 20 * UtcMicros::SECOND;

/// Notes that these volunteers or teams can be asked for something else from now on.
///
/// # Errors
/// When the database refuses.
pub async fn note(tx: &Tx, helpers: impl IntoIterator<Item = impl Into<Uuid>>) -> Result<()> {
    let row = |helper: Uuid| helper_change::ActiveModel { id: NotSet, helper_id: Set(helper), changed_at: Set(tx.now) };
    tx.insert_all(helpers.into_iter().map(|helper| row(helper.into())).collect(), None).await?;
    Ok(())
}

/// The first moment of a note that rows read at `read_at` may not know of.
#[must_use]
pub fn since(read_at: UtcMicros) -> UtcMicros {
    read_at.plus(-LATE)
}

/// Due work: drops notes that nobody needs any more; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn prune(tx: &Tx) -> Result<u64> {
    let old = helper_change::Column::ChangedAt.lt(tx.now.plus(-KEPT));
    Ok(helper_change::Entity::delete_many().filter(old).exec(&tx.connection).await?.rows_affected)
}
