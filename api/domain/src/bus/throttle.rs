//! Channels that change more often than anybody can look: they are told at most once a second.
//!
//! A channel that changed within the last second waits in the table `change_due` and is told by a later pass, so that the last change of a burst is
//! never the one that is left out, whatever happens to the process.

use std::collections::{BTreeSet, HashSet};

use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, Value};

use crate::db::{sql, tuples};
use crate::error::Result;
use crate::tx::Tx;

/// Time between two changes of a channel, in microseconds.
pub const PAUSE: i64 = UtcMicros::SECOND;
/// Rows of one statement.
const ROWS: usize = 1_000;

/// What may be told now.
#[derive(Debug, Default)]
pub struct Settled {
    /// These channels.
    pub ready: BTreeSet<String>,
    /// Whether others wait.
    pub waiting: bool,
}

/// Says which of the channels that changed now or wait from earlier may be told, and lets the others wait.
///
/// # Errors
/// When the database refuses.
pub async fn settle(tx: &Tx, changed: BTreeSet<String>) -> Result<Settled> {
    let connection = &tx.connection;
    let mut due = HashSet::new();
    for row in connection.query_all_raw(sql(connection, "SELECT channel FROM change_due", [])).await? {
        due.insert(row.try_get::<String>("", "channel")?);
    }
    if changed.is_empty() && due.is_empty() {
        return Ok(Settled::default());
    }
    let text = "SELECT DISTINCT channel FROM change WHERE created_at > $1 AND created_at <= $2";
    let mut recent = HashSet::new();
    // What a clock ahead of this one wrote does not hold anything back.
    for row in connection.query_all_raw(sql(connection, text, [tx.now.plus(-PAUSE).into(), tx.now.into()])).await? {
        recent.insert(row.try_get::<String>("", "channel")?);
    }
    let mut ready = changed;
    ready.extend(due.iter().cloned());
    let waiting = ready.extract_if(.., |channel| recent.contains(channel)).collect::<Vec<_>>();
    let told: Vec<Value> = ready.iter().filter(|channel| due.contains(*channel)).map(|channel| channel.as_str().into()).collect();
    for chunk in told.chunks(ROWS) {
        let text = format!("DELETE FROM change_due WHERE channel IN {}", tuples(1, chunk.len()));
        connection.execute_raw(sql(connection, &text, chunk.to_vec())).await?;
    }
    let fresh: Vec<Value> = waiting.iter().filter(|channel| !due.contains(*channel)).map(|channel| channel.as_str().into()).collect();
    for chunk in fresh.chunks(ROWS) {
        let text = format!("INSERT INTO change_due (channel) VALUES {}", tuples(chunk.len(), 1));
        connection.execute_raw(sql(connection, &text, chunk.to_vec())).await?;
    }
    Ok(Settled { ready, waiting: !waiting.is_empty() })
}
