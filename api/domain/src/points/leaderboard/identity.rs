//! The mark by which Redis and the database know that they belong together.
//!
//! It is a random value in the database, repeated beside every family of sorted sets. It goes away as soon as totals change without Redis
//! being told, and so tells a Redis that was set aside for a while, or that served another database, from one that can be trusted.

use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::db::sql;
use crate::error::Result;
use crate::lease::new_holder;
use crate::tx::Tx;

/// The row that keeps it, beside the leases.
const NAME: &str = "order";

/// The mark, if the order in Redis has followed every change so far.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(connection: &impl ConnectionTrait) -> Result<Option<Uuid>> {
    let row = connection.query_one_raw(sql(connection, "SELECT holder FROM lease WHERE name = $1", [NAME.into()])).await?;
    Ok(row.map(|row| row.try_get("", "holder")).transpose()?)
}

/// The mark, made when there is none.
///
/// # Errors
/// When the database refuses.
pub async fn get(tx: &Tx) -> Result<Uuid> {
    if let Some(mark) = find(&tx.connection).await? {
        return Ok(mark);
    }
    let mark = new_holder()?;
    let statement = "INSERT INTO lease (name, holder, epoch, expires_at) VALUES ($1, $2, 0, 0)";
    tx.connection.execute_raw(sql(&tx.connection, statement, [NAME.into(), mark.into()])).await?;
    Ok(mark)
}

/// Takes the mark away: what stands in Redis is no longer the order of this database.
///
/// # Errors
/// When the database refuses.
pub async fn forget(tx: &Tx) -> Result<()> {
    tx.connection.execute_raw(sql(&tx.connection, "DELETE FROM lease WHERE name = $1", [NAME.into()])).await?;
    Ok(())
}
