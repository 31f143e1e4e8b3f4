//! One-time codes (验证码): six digits sent to a phone prove for five minutes that somebody holds it.
//!
//! A phone has at most one code; another may be asked for after a minute and takes its place. Whether the phone has an account makes no difference to
//! anything here. A code is tried five times at most and proves once: the try is spent before the code is compared, the proof in the transaction
//! that it is for.
//!
//! Invariant: only a keyed hash of a code is stored; after five tries the code is worth nothing.

use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;
use subtle::ConstantTimeEq;

use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, fill_random};
use crate::people::account::phone::Phone;
use crate::people::account::sms::Sms;
use crate::tx::Tx;

/// How long a code lives, in microseconds.
pub const LIFE_MICROS: i64 = 5 * UtcMicros::MINUTE;
/// After how long another may be asked for, in microseconds.
pub const AGAIN_MICROS: i64 = UtcMicros::MINUTE;
/// How often a code may be tried.
pub const TRIES_MAX: i32 = 5;
/// Rows of one pruning.
const BATCH: i64 = 500;

/// That somebody holds a phone; to be taken once, with [`Proof::take`].
pub struct Proof {
    /// The phone.
    pub phone: Phone,
    index: Vec<u8>,
    hash: Vec<u8>,
}

/// Sends a code to a phone, known or not.
///
/// # Errors
/// `RATE_LIMITED` within a minute of the last, `UNAVAILABLE` or `NOT_OFFERED` when it cannot be sent; nothing is kept then.
pub async fn request(db: &Db, keys: &Keys, sms: &dyn Sms, phone: &Phone) -> Result<()> {
    let mut random = [0; 8];
    fill_random(&mut random)?;
    let code = format!("{:06}", u64::from_be_bytes(random) % 1_000_000);
    let (index, hash) = (phone.index(keys), hash(keys, phone, &code));
    let now = db.now();
    let statement = "INSERT INTO phone_code (phone_index, code_hash, created_at, expires_at, tries, used_at) VALUES ($1, $2, $3, $4, 0, NULL) \
                     ON CONFLICT (phone_index) DO UPDATE SET code_hash = $2, created_at = $3, expires_at = $4, tries = 0, used_at = NULL \
                     WHERE phone_code.created_at <= $5";
    let values = [index.clone().into(), hash.clone().into(), now.0.into(), now.plus(LIFE_MICROS).0.into(), now.plus(-AGAIN_MICROS).0.into()];
    if db.writer().execute_raw(sql(db.writer(), statement, values)).await?.rows_affected() == 0 {
        return Err(Error::from(Code::RateLimited).with("retryAfter", AGAIN_MICROS / UtcMicros::SECOND));
    }
    if let Err(error) = sms.send(phone, &code).await {
        let statement = "DELETE FROM phone_code WHERE phone_index = $1 AND code_hash = $2";
        db.writer().execute_raw(sql(db.writer(), statement, [index.into(), hash.into()])).await?;
        return Err(error);
    }
    Ok(())
}

/// Tries a code.
///
/// # Errors
/// `PHONE_CODE_INVALID` on `field`, whatever is wrong with it.
pub async fn prove(db: &Db, keys: &Keys, phone: Phone, code: &str, field: &'static str) -> Result<Proof> {
    let index = phone.index(keys);
    let hash = hash(keys, &phone, code);
    let statement = "UPDATE phone_code SET tries = tries + 1 WHERE phone_index = $1 AND tries < $2 AND expires_at > $3 AND used_at IS NULL \
                     RETURNING code_hash";
    let values = [index.clone().into(), TRIES_MAX.into(), db.now().0.into()];
    let row = db.writer().query_one_raw(sql(db.writer(), statement, values)).await?;
    let sent: Option<Vec<u8>> = row.map(|row| row.try_get("", "code_hash")).transpose()?;
    match sent {
        Some(sent) if bool::from(sent.ct_eq(&hash)) => Ok(Proof { phone, index, hash }),
        _ => Err(Error::from(Code::PhoneCodeInvalid).on(field)),
    }
}

impl Proof {
    /// Uses the code up, with the transaction that it is for.
    ///
    /// # Errors
    /// `PHONE_CODE_INVALID` when somebody else has just done so.
    pub async fn take(&self, tx: &Tx) -> Result<()> {
        let statement = "UPDATE phone_code SET used_at = $3 WHERE phone_index = $1 AND code_hash = $2 AND used_at IS NULL";
        let values = [self.index.clone().into(), self.hash.clone().into(), tx.now.0.into()];
        let taken = tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?;
        if taken.rows_affected() == 1 { Ok(()) } else { Err(Code::PhoneCodeInvalid.into()) }
    }
}

/// Drops codes that ran out an hour ago; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn prune(tx: &Tx) -> Result<u64> {
    let statement = "DELETE FROM phone_code WHERE phone_index IN (SELECT phone_index FROM phone_code WHERE expires_at < $1 LIMIT $2)";
    let values = [tx.now.plus(-UtcMicros::HOUR).0.into(), BATCH.into()];
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected())
}

fn hash(keys: &Keys, phone: &Phone, code: &str) -> Vec<u8> {
    keys.hash(Purpose::OneTimeCode, format!("phone:{}:{code}", phone.text()).as_bytes()).to_vec()
}
