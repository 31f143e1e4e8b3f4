//! Wrong guesses: five in a row at one thing, and nothing is tried on it for ten minutes, right or wrong.
//!
//! They are counted by what is guessed at (a phone, known or not; the second factor of an account), so that a lock says nothing about whether
//! there is an account behind the phone.
//!
//! Invariant: guesses made at once are all counted; a lock that stands is not made longer, and a right guess does not pass it.

use entity::id::AccountId;
use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::account::phone::Phone;
use crate::tx::Tx;

/// Wrong guesses in a row that lock.
pub const WRONG_MAX: i32 = 5;
/// How long a lock lasts, in microseconds.
pub const LOCK_MICROS: i64 = 10 * UtcMicros::MINUTE;
/// How long guesses are remembered, in microseconds.
const KEPT_MICROS: i64 = UtcMicros::DAY;
/// Rows of one pruning.
const BATCH: i64 = 500;

/// What is guessed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject(Vec<u8>);

impl Subject {
    /// The password of a phone, by the phone's keyed hash.
    #[must_use]
    pub fn password(phone_index: &[u8]) -> Self {
        Self([b"password:", phone_index].concat())
    }

    /// The password of a phone.
    #[must_use]
    pub fn password_of(keys: &Keys, phone: &Phone) -> Self {
        Self::password(&phone.index(keys))
    }

    /// The second factor of an account.
    #[must_use]
    pub fn second_factor(account_id: AccountId) -> Self {
        Self([b"second factor:", account_id.0.as_bytes().as_slice()].concat())
    }

    /// As the table keeps it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Lets a guess be tried.
///
/// # Errors
/// `LOGIN_LOCKED` with the moment until which.
pub async fn check(db: &Db, subject: &Subject) -> Result<()> {
    match locked_until(db.reader(), subject, db.now()).await? {
        Some(until) => Err(locked(until)),
        None => Ok(()),
    }
}

/// Counts a wrong guess, in a statement of its own.
///
/// # Errors
/// When the database refuses.
pub async fn wrong(db: &Db, subject: &Subject) -> Result<()> {
    let statement = "INSERT INTO guess (subject, wrong, locked_until, last_at) VALUES ($1, 1, NULL, $4) ON CONFLICT (subject) DO UPDATE SET \
                     wrong = CASE WHEN guess.wrong + 1 >= $2 THEN 0 ELSE guess.wrong + 1 END, \
                     locked_until = CASE WHEN guess.wrong + 1 >= $2 THEN $3 ELSE NULL END, last_at = $4 \
                     WHERE guess.locked_until IS NULL OR guess.locked_until <= $4";
    let now = db.now();
    let values = [subject.0.clone().into(), WRONG_MAX.into(), now.plus(LOCK_MICROS).0.into(), now.0.into()];
    db.writer().execute_raw(sql(db.writer(), statement, values)).await?;
    Ok(())
}

/// Forgets the wrong guesses before a right one.
///
/// # Errors
/// `LOGIN_LOCKED` when a lock has begun meanwhile.
pub async fn right(tx: &Tx, subject: &Subject) -> Result<()> {
    let statement = "DELETE FROM guess WHERE subject = $1 AND (locked_until IS NULL OR locked_until <= $2)";
    tx.connection.execute_raw(sql(&tx.connection, statement, [subject.0.clone().into(), tx.now.0.into()])).await?;
    match locked_until(&tx.connection, subject, tx.now).await? {
        Some(until) => Err(locked(until)),
        None => Ok(()),
    }
}

/// Drops what was last guessed at a day ago; gives how much.
///
/// # Errors
/// When the database refuses.
pub async fn prune(tx: &Tx) -> Result<u64> {
    let statement = "DELETE FROM guess WHERE subject IN (SELECT subject FROM guess WHERE last_at < $1 LIMIT $2)";
    let values = [tx.now.plus(-KEPT_MICROS).0.into(), BATCH.into()];
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected())
}

async fn locked_until(connection: &impl ConnectionTrait, subject: &Subject, now: UtcMicros) -> Result<Option<UtcMicros>> {
    let statement = "SELECT locked_until FROM guess WHERE subject = $1 AND locked_until > $2";
    let row = connection.query_one_raw(sql(connection, statement, [subject.0.clone().into(), now.0.into()])).await?;
    Ok(row.map(|row| row.try_get("", "locked_until")).transpose()?)
}

fn locked(until: UtcMicros) -> Error {
    Error::from(Code::LoginLocked).with("until", until.date_time().to_rfc3339())
}
