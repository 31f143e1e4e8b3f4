//! The second factor (两步验证): codes of an authenticator (TOTP, RFC 6238) beside password, one-time code or WeChat.
//!
//! Setting up gives the secret once; it is in force when a first code was shown, and ten recovery codes are given then, each good once. What
//! reviewers and administrators may do beyond others sleeps in every sign-in until it has shown a code. Five wrong codes in a row lock for ten
//! minutes. Somebody who lost both telephone and recovery codes is set back by another administrator.
//!
//! Invariant: a code is taken once: its step must lie after the last one taken. Only the sealed secret is stored, and hashes of recovery codes with
//! that secret, so that whoever reads the database can try none of them.

use entity::id::AccountId;
use entity::login_session;
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Value};
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, TOTP};

use crate::community::{region, tenant};
use crate::db::{Db, sql, tuples};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, fill_random, sha256};
use crate::people::account::guess::{self, Subject};
use crate::people::account::{self, phone::Phone};
use crate::people::permission::{Action, Actor};
use crate::sealed::SECOND_FACTOR;
use crate::tx::Tx;

const SECRET_LEN: usize = 20;
const STEP_SECONDS: u64 = 30;
/// Digits of a code, and of a recovery code.
const DIGITS: usize = 6;
const RECOVERY_LEN: usize = 10;
const RECOVERY_COUNT: usize = 10;
/// Letters that nobody takes for one another.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What an authenticator is given.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// The secret in base32, for typing in.
    pub secret: String,
    /// The same as an address, for a QR code.
    pub url: String,
}

/// Begins a set-up; one that was begun before and not confirmed is replaced.
///
/// # Errors
/// `STATE_CHANGED` when one is in force already.
pub async fn set_up(tx: &Tx, keys: &Keys, actor: &Actor) -> Result<SetUp> {
    actor.require(Action::SetUpSecondFactor, &actor.home())?;
    let mut secret = [0; SECRET_LEN];
    fill_random(&mut secret)?;
    let sealed = keys.seal(SECOND_FACTOR, &secret)?;
    let statement = "INSERT INTO second_factor (account_id, secret_sealed, created_at, confirmed_at, last_step) VALUES ($1, $2, $3, NULL, 0) \
                     ON CONFLICT (account_id) DO UPDATE SET secret_sealed = $2, created_at = $3, last_step = 0 \
                     WHERE second_factor.confirmed_at IS NULL";
    let values = [actor.account_id.into(), sealed.into(), tx.now.0.into()];
    if tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected() == 0 {
        return Err(Code::StateChanged.into());
    }
    let account = account::get(&tx.connection, actor.account_id).await?;
    let totp = totp(&secret, Phone::open(keys, &account.phone_sealed)?.masked())?;
    Ok(SetUp { secret: totp.get_secret_base32(), url: totp.get_url() })
}

/// Puts a set-up in force with a first code, which counts as shown; gives the recovery codes.
///
/// # Errors
/// `SECOND_FACTOR_INVALID`, `LOGIN_LOCKED`; `STATE_CHANGED` without a set-up, or when it is in force already.
pub async fn confirm(db: &Db, keys: &Keys, actor: &Actor, code: &str) -> Result<Vec<String>> {
    actor.require(Action::ConfirmSecondFactor, &actor.home())?;
    let row = find(db.reader(), actor.account_id).await?.filter(|row| row.confirmed_at.is_none());
    let row = row.ok_or_else(|| Error::from(Code::StateChanged))?;
    let step = tried(db, keys, actor, &row, code).await?;
    let codes = (0..RECOVERY_COUNT).map(|_| recovery_code()).collect::<Result<Vec<_>>>()?;
    let tx = db.begin().await?;
    guess::right(&tx, &Subject::second_factor(actor.account_id)).await?;
    let statement = "UPDATE second_factor SET confirmed_at = $2, last_step = $3 WHERE account_id = $1 AND confirmed_at IS NULL";
    let values = [actor.account_id.into(), tx.now.0.into(), step.into()];
    if tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected() == 0 {
        return Err(Code::StateChanged.into());
    }
    let statement = format!("INSERT INTO recovery_code (account_id, code_hash) VALUES {}", tuples(codes.len(), 2));
    let secret = keys.open(SECOND_FACTOR, &row.secret)?;
    let values = codes.iter().flat_map(|code| [Value::from(actor.account_id), recovery_hash(&secret, code).into()]);
    tx.connection.execute_raw(sql(&tx.connection, &statement, values.collect::<Vec<_>>())).await?;
    mark_shown(&tx, actor).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Shows a code, or a recovery code, in the present sign-in.
///
/// # Errors
/// `SECOND_FACTOR_INVALID`, also for a code that was taken before; `LOGIN_LOCKED`; `STATE_CHANGED` when none is in force.
pub async fn show(db: &Db, keys: &Keys, actor: &Actor, code: &str) -> Result<()> {
    actor.require(Action::ShowSecondFactor, &actor.home())?;
    let tx = prove(db, keys, actor, code).await?;
    mark_shown(&tx, actor).await?;
    tx.commit().await
}

/// Takes the actor's second factor away, with one last code.
///
/// # Errors
/// As [`show`].
pub async fn remove(db: &Db, keys: &Keys, actor: &Actor, code: &str) -> Result<()> {
    actor.require(Action::RemoveSecondFactor, &actor.home())?;
    let tx = prove(db, keys, actor, code).await?;
    drop_factor(&tx, actor.account_id).await?;
    tx.commit().await
}

/// Takes the second factor of somebody who lost it away (administrators, not for themselves).
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SECOND_FACTOR_REQUIRED`, `SELF_DEALING`.
pub async fn reset(tx: &Tx, actor: &Actor, account_id: AccountId) -> Result<()> {
    let missing = || Error::from(Code::NotFound).on("accountId");
    let account = account::get(&tx.connection, account_id).await.map_err(|_| missing())?;
    let home = tenant::get(&tx.connection, account.community_id).await?;
    actor.require(Action::ResetSecondFactor, &region::place_of(&home.region)).map_err(|error| error.on("accountId"))?;
    if account_id == actor.account_id {
        return Err(Code::SelfDealing.into());
    }
    drop_factor(tx, account_id).await
}

/// An account's second factor.
struct Row {
    secret: Vec<u8>,
    confirmed_at: Option<UtcMicros>,
    last_step: i64,
}

async fn find(connection: &impl ConnectionTrait, account_id: AccountId) -> Result<Option<Row>> {
    let statement = "SELECT secret_sealed, confirmed_at, last_step FROM second_factor WHERE account_id = $1";
    let Some(row) = connection.query_one_raw(sql(connection, statement, [account_id.into()])).await? else { return Ok(None) };
    let (secret, confirmed_at) = (row.try_get("", "secret_sealed")?, row.try_get("", "confirmed_at")?);
    Ok(Some(Row { secret, confirmed_at, last_step: row.try_get("", "last_step")? }))
}

/// Takes a code or a recovery code; gives the open transaction in which it was taken.
async fn prove(db: &Db, keys: &Keys, actor: &Actor, code: &str) -> Result<Tx> {
    let row = find(db.reader(), actor.account_id).await?.filter(|row| row.confirmed_at.is_some());
    let row = row.ok_or_else(|| Error::from(Code::StateChanged))?;
    let subject = Subject::second_factor(actor.account_id);
    let invalid = || Error::from(Code::SecondFactorInvalid).on("code");
    let who = Value::from(actor.account_id);
    let (statement, values) = if code.len() == RECOVERY_LEN {
        guess::check(db, &subject).await?;
        let hash = recovery_hash(&keys.open(SECOND_FACTOR, &row.secret)?, code);
        let statement = "UPDATE recovery_code SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL";
        (statement, vec![who, hash.into(), db.now().0.into()])
    } else {
        let step = tried(db, keys, actor, &row, code).await?;
        ("UPDATE second_factor SET last_step = $2 WHERE account_id = $1 AND last_step < $2", vec![who, step.into()])
    };
    let tx = db.begin().await?;
    let taken = tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?;
    if taken.rows_affected() == 0 {
        drop(tx);
        guess::wrong(db, &subject).await?;
        return Err(invalid());
    }
    guess::right(&tx, &subject).await?;
    Ok(tx)
}

/// The step of a code that fits now or half a minute ago or ahead, and was not taken.
async fn tried(db: &Db, keys: &Keys, actor: &Actor, row: &Row, code: &str) -> Result<i64> {
    let subject = Subject::second_factor(actor.account_id);
    guess::check(db, &subject).await?;
    let totp = totp(&keys.open(SECOND_FACTOR, &row.secret)?, String::new())?;
    let now = db.now().seconds() / i64::try_from(STEP_SECONDS).unwrap_or(1);
    let fits = |step: &i64| {
        let made = totp.generate(u64::try_from(*step).unwrap_or_default() * STEP_SECONDS);
        *step > row.last_step && bool::from(made.as_bytes().ct_eq(code.as_bytes()))
    };
    if let Some(step) = [now, now - 1, now + 1].into_iter().find(fits) {
        return Ok(step);
    }
    guess::wrong(db, &subject).await?;
    Err(Error::from(Code::SecondFactorInvalid).on("code"))
}

async fn mark_shown(tx: &Tx, actor: &Actor) -> Result<()> {
    login_session::Entity::update_many()
        .col_expr(login_session::Column::SecondFactorAt, Expr::value(tx.now))
        .filter(login_session::Column::Id.eq(actor.login_session_id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

async fn drop_factor(tx: &Tx, account_id: AccountId) -> Result<()> {
    for statement in ["DELETE FROM recovery_code WHERE account_id = $1", "DELETE FROM second_factor WHERE account_id = $1"] {
        tx.connection.execute_raw(sql(&tx.connection, statement, [account_id.into()])).await?;
    }
    Ok(())
}

fn totp(secret: &[u8], name: String) -> Result<TOTP> {
    let made = TOTP::new(Algorithm::SHA1, DIGITS, 1, STEP_SECONDS, secret.to_vec(), Some("Qicai".to_owned()), name);
    made.map_err(|error| Error::internal(error.to_string()))
}

fn recovery_code() -> Result<String> {
    let mut random = [0; RECOVERY_LEN];
    fill_random(&mut random)?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
}

fn recovery_hash(secret: &[u8], code: &str) -> Vec<u8> {
    sha256(&[secret, b":", code.to_ascii_lowercase().as_bytes()].concat()).to_vec()
}
