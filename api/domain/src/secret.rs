//! Whether the secrets at hand are those of this database.
//!
//! For every numbered secret that sealed something here, a value is kept by which the same secret is known again. A program with another secret under
//! a known number, or without one that is still needed, does not start; neither does one whose secret is new to a database that was sealed before such
//! values were kept and cannot open what stands there.
//!
//! A secret is *retired* once nothing is left that it sealed; then it may be dropped from the settings.

use std::fmt;

use sea_orm::ConnectionTrait;

use crate::db::{Db, sql};
use crate::error::Result;
use crate::keys::Keys;
use crate::sealed::{self, FIELDS};

/// Why a program does not start with the secrets it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The secret of this number is not the one that sealed here under it.
    Another(u8),
    /// What this number sealed is still here, and there is no secret of it.
    Missing(u8),
}

impl fmt::Display for Misfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Another(number) => write!(out, "its secret number {number} is another: phone numbers that were sealed with it cannot be read"),
            Self::Missing(number) => write!(
                out,
                "values are still sealed with its secret number {number}, which is not given: put it into QICAI_OLD_SECRETS, as {number}:HEX, \
                 until `qicai reseal` has been run"
            ),
        }
    }
}

/// Compares the secrets with what is known of them; nothing is written.
///
/// # Errors
/// When the database cannot be read.
pub async fn compare(connection: &impl ConnectionTrait, keys: &Keys) -> Result<Option<Misfit>> {
    let known = known(connection).await?;
    for (number, value) in keys.check_values() {
        if known.iter().any(|one| one.number == number && one.value != value) {
            return Ok(Some(Misfit::Another(number)));
        }
    }
    let at_hand: Vec<u8> = keys.numbers().collect();
    for missing in known.iter().filter(|one| !one.retired && !at_hand.contains(&one.number)) {
        if sealed::is_used(connection, missing.number).await? {
            return Ok(Some(Misfit::Missing(missing.number)));
        }
    }
    // Before such values were kept there was one secret, number 1.
    for number in at_hand.iter().filter(|number| known.iter().all(|one| one.number != **number)) {
        if !sealed::opens(connection, keys, *number).await? {
            return Ok(Some(Misfit::Another(*number)));
        }
    }
    if known.is_empty() && !at_hand.contains(&1) && !sealed::opens(connection, keys, 1).await? {
        return Ok(Some(Misfit::Missing(1)));
    }
    Ok(None)
}

/// Compares the secrets with what is known of them, and writes down those that are new here.
///
/// # Errors
/// When the database refuses.
pub async fn check(db: &Db, keys: &Keys) -> Result<Option<Misfit>> {
    let tx = db.begin().await?;
    if let Some(misfit) = compare(&tx.connection, keys).await? {
        return Ok(Some(misfit));
    }
    for (number, value) in keys.check_values() {
        let statement = "INSERT INTO sealing_secret (number, check_value, first_used_at, retired_at) VALUES ($1, $2, $3, NULL) \
                         ON CONFLICT (number) DO NOTHING";
        let values = [i32::from(number).into(), value.to_vec().into(), tx.now.0.into()];
        tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?;
    }
    // A secret that seals again is needed again.
    let statement = "UPDATE sealing_secret SET retired_at = NULL WHERE number = $1 AND retired_at IS NOT NULL";
    tx.connection.execute_raw(sql(&tx.connection, statement, [i32::from(keys.number()).into()])).await?;
    tx.commit().await?;
    // Two programs that start at once with two secrets: the second finds what the first wrote.
    compare(db.writer(), keys).await
}

/// How much each secret but the current one has sealed that is still here.
///
/// # Errors
/// When the database cannot be read.
pub async fn left(connection: &impl ConnectionTrait, keys: &Keys) -> Result<Vec<(u8, i64)>> {
    let mut left = std::collections::BTreeMap::new();
    for field in FIELDS {
        for (number, found) in sealed::count(connection, field).await? {
            *left.entry(number).or_default() += found;
        }
    }
    Ok(left.into_iter().filter(|(number, found)| *number != keys.number() && *found > 0).collect())
}

/// Retires every secret but the current one that has nothing left; gives their numbers.
///
/// # Errors
/// When the database refuses.
pub async fn retire(db: &Db, keys: &Keys) -> Result<Vec<u8>> {
    let tx = db.begin().await?;
    let left = left(&tx.connection, keys).await?;
    let mut retired = Vec::new();
    for one in known(&tx.connection).await? {
        if one.number == keys.number() || left.iter().any(|(number, _)| *number == one.number) {
            continue;
        }
        let statement = "UPDATE sealing_secret SET retired_at = $2 WHERE number = $1 AND retired_at IS NULL";
        tx.connection.execute_raw(sql(&tx.connection, statement, [i32::from(one.number).into(), tx.now.0.into()])).await?;
        retired.push(one.number);
    }
    tx.commit().await?;
    Ok(retired)
}

/// What is known of a secret.
struct Known {
    number: u8,
    value: Vec<u8>,
    retired: bool,
}

async fn known(connection: &impl ConnectionTrait) -> Result<Vec<Known>> {
    let rows = connection.query_all_raw(sql(connection, "SELECT number, check_value, retired_at FROM sealing_secret ORDER BY number", [])).await?;
    rows.iter()
        .map(|row| {
            let number: i32 = row.try_get("", "number")?;
            let retired = row.try_get::<Option<i64>>("", "retired_at")?.is_some();
            Ok(Known { number: u8::try_from(number).unwrap_or_default(), value: row.try_get("", "check_value")?, retired })
        })
        .collect()
}
