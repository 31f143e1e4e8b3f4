//! The outbox: events are written in the transaction that made them true, and read by the relay after it.
//!
//! Invariant: an event is in the outbox if and only if its transaction committed. The relay deletes a row in the transaction that applies it.
//! Invariant: a row that cannot be read, as one that a newer program wrote, stops nothing and is not lost: it is set aside for a later relay.

use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use crate::db::sql;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::tx::Tx;

/// Files `event` with the transaction.
///
/// # Errors
/// When the database refuses.
pub async fn record(tx: &Tx, event: &Event) -> Result<()> {
    record_all(tx, std::slice::from_ref(event)).await
}

/// Files several events with one statement.
///
/// # Errors
/// When the database refuses.
pub async fn record_all(tx: &Tx, events: &[Event]) -> Result<()> {
    for chunk in events.chunks(500) {
        let rows = (0..chunk.len()).map(|at| format!("(${}, ${}, ${})", at * 3 + 1, at * 3 + 2, at * 3 + 3)).collect::<Vec<_>>().join(", ");
        let mut values = Vec::with_capacity(chunk.len() * 3);
        for event in chunk {
            values.extend([event.topic().into(), payload(event)?.into(), tx.now.0.into()]);
        }
        let statement = format!("INSERT INTO outbox (topic, payload, created_at) VALUES {rows}");
        tx.connection.execute_raw(sql(&tx.connection, &statement, values)).await?;
    }
    Ok(())
}

/// An event as it stands in the outbox; for statements that file it themselves.
///
/// # Errors
/// Never for the events of this program.
pub fn payload(event: &Event) -> Result<String> {
    serde_json::to_string(event).map_err(Error::internal)
}

/// A batch taken out of the outbox.
pub struct Taken {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Age of the oldest, in microseconds.
    pub lag: i64,
}

/// Takes up to `limit` events out, oldest first. They are gone for good when `tx` commits. What is not an event is set aside.
///
/// # Errors
/// When the database refuses.
pub async fn take(tx: &Tx, limit: u64) -> Result<Taken> {
    let statement = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE set_aside_at IS NULL ORDER BY id LIMIT $1) \
                     RETURNING id, topic, payload, created_at";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = Vec::new();
    let mut oldest: Option<i64> = None;
    for row in tx.connection.query_all_raw(sql(&tx.connection, statement, [limit.into()])).await? {
        let (id, created_at): (i64, i64) = (row.try_get("", "id")?, row.try_get("", "created_at")?);
        oldest = Some(oldest.map_or(created_at, |first| first.min(created_at)));
        let payload: String = row.try_get("", "payload")?;
        match serde_json::from_str(&payload) {
            Ok(event) => rows.push((id, event)),
            Err(error) => {
                tracing::error!(id, %error, "an event cannot be read and is set aside for a newer program");
                let statement = "INSERT INTO outbox (topic, payload, created_at, set_aside_at) VALUES ($1, $2, $3, $4)";
                let topic: String = row.try_get("", "topic")?;
                tx.connection.execute_raw(sql(&tx.connection, statement, [topic.into(), payload.into(), created_at.into(), tx.now.into()])).await?;
            }
        }
    }
    rows.sort_unstable_by_key(|(id, _)| *id);
    Ok(Taken { events: rows.into_iter().map(|(_, event)| event).collect(), lag: oldest.map_or(0, |first| tx.now.0 - first) })
}

/// Brings back what an earlier relay set aside; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn retry(tx: &Tx) -> Result<u64> {
    let statement = "UPDATE outbox SET set_aside_at = NULL WHERE set_aside_at IS NOT NULL";
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, [])).await?.rows_affected())
}

/// When the oldest event that waits was filed; `None` when none waits.
///
/// # Errors
/// When the database cannot be read.
pub async fn oldest(connection: &impl ConnectionTrait) -> Result<Option<UtcMicros>> {
    let statement = "SELECT created_at FROM outbox WHERE set_aside_at IS NULL ORDER BY id LIMIT 1";
    Ok(connection.query_one_raw(sql(connection, statement, [])).await?.map(|row| row.try_get("", "created_at")).transpose()?)
}

/// How many events are set aside.
///
/// # Errors
/// When the database cannot be read.
pub async fn set_aside(connection: &impl ConnectionTrait) -> Result<i64> {
    let row = connection.query_one_raw(sql(connection, "SELECT COUNT(*) AS n FROM outbox WHERE set_aside_at IS NOT NULL", [])).await?;
    Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
}
