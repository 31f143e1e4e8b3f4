//! The outbox: events are written in the transaction that made them true, and read by the relay after it.
//!
//! Invariant: an event is in the outbox if and only if its transaction committed. The relay deletes a row in the transaction that applies it.

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

/// Takes up to `limit` events out, oldest first. They are gone for good when `tx` commits.
///
/// # Errors
/// When the database refuses, or a row is not an event.
pub async fn take(tx: &Tx, limit: u64) -> Result<Taken> {
    let statement = "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT $1) RETURNING id, payload, created_at";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = Vec::new();
    let mut oldest: Option<UtcMicros> = None;
    for row in tx.connection.query_all_raw(sql(&tx.connection, statement, [limit.into()])).await? {
        let created_at: i64 = row.try_get("", "created_at")?;
        oldest = Some(oldest.map_or(UtcMicros(created_at), |first| first.min(UtcMicros(created_at))));
        rows.push((row.try_get::<i64>("", "id")?, row.try_get::<String>("", "payload")?));
    }
    rows.sort_unstable_by_key(|(id, _)| *id);
    let events = rows.iter().map(|(_, payload)| serde_json::from_str(payload).map_err(Error::internal)).collect::<Result<Vec<_>>>()?;
    Ok(Taken { events, lag: oldest.map_or(0, |first| tx.now.0 - first.0) })
}
