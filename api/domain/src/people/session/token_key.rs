//! The keys of access tokens, in turn: a new one every ninety days, known to every process a minute before it signs.
//!
//! A key is a number; its secret half is derived from the master secret and the number, so the database tells nobody how to sign. Key 1 signs from
//! the beginning. A key that was replaced is believed until the last token it signed has run out.
//!
//! Invariant: numbers grow, and so do the moments from which they sign.

use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use crate::db::sql;
use crate::error::Result;
use crate::tx::Tx;

/// How long a key signs, in microseconds.
pub const SIGNS_MICROS: i64 = 90 * UtcMicros::DAY;
/// How long a key is known before it signs, in microseconds.
pub const AHEAD_MICROS: i64 = UtcMicros::MINUTE;

/// A key and when it begins to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number.
    pub number: i32,
    /// Since when it signs.
    pub signs_from: UtcMicros,
}

impl Turn {
    /// The first key of a deployment.
    pub const FIRST: Self = Self { number: 1, signs_from: UtcMicros(0) };
}

/// Every key that was ever to sign, in their order.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(connection: &impl ConnectionTrait) -> Result<Vec<Turn>> {
    let rows = connection.query_all_raw(sql(connection, "SELECT number, signs_from FROM token_key ORDER BY number", [])).await?;
    rows.iter().map(|row| Ok(Turn { number: row.try_get("", "number")?, signs_from: row.try_get("", "signs_from")? })).collect()
}

/// Writes down the first key, or the next one when the last is ninety days old; gives how many were written.
///
/// # Errors
/// When the database refuses.
pub async fn replace_due(tx: &Tx) -> Result<u64> {
    let newest = "SELECT number, created_at FROM token_key ORDER BY number DESC LIMIT 1";
    let row = tx.connection.query_one_raw(sql(&tx.connection, newest, [])).await?;
    let Some(row) = row else { return write(tx, Turn::FIRST).await };
    let (number, created_at): (i32, UtcMicros) = (row.try_get("", "number")?, row.try_get("", "created_at")?);
    if tx.now.0 - created_at.0 < SIGNS_MICROS {
        return Ok(0);
    }
    write(tx, Turn { number: number + 1, signs_from: tx.now.plus(AHEAD_MICROS) }).await
}

/// Replaces the key ahead of its time.
///
/// # Errors
/// When the database refuses.
pub async fn replace(tx: &Tx) -> Result<Turn> {
    let number = list(&tx.connection).await?.last().map_or(Turn::FIRST.number, |turn| turn.number);
    // The first key signs from the beginning, whether or not it was written down.
    write(tx, Turn::FIRST).await?;
    let turn = Turn { number: number + 1, signs_from: tx.now.plus(AHEAD_MICROS) };
    write(tx, turn).await?;
    Ok(turn)
}

async fn write(tx: &Tx, turn: Turn) -> Result<u64> {
    let statement = "INSERT INTO token_key (number, signs_from, created_at) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING";
    let values = [turn.number.into(), turn.signs_from.0.into(), tx.now.0.into()];
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected())
}
