//! The ways in for phones: registering with a one-time code, a password, a code alone, and a first or forgotten password set with a code.
//!
//! These verbs open their own transactions, because the password's work must stay outside of them.
//!
//! Invariant: a phone with an account and one without are answered alike, after the same work, to whoever cannot show a code. A lock that begins
//! while a right password is being checked still refuses it.

use entity::account::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::account::guess::{self, Subject};
use crate::people::account::phone::Phone;
use crate::people::account::phone_code::{self, Proof};
use crate::people::account::{Joining, NewAccount, find_by_phone, get, open, password};
use crate::people::permission::{Action, Actor};
use crate::people::session::{self, Device, Sessions, SignedIn};
use crate::tx::Tx;

/// Someone who registers.
#[derive(Clone, Debug)]
pub struct Registration {
    /// 8 characters or more, letters and digits among them.
    pub password: String,
    /// The community.
    pub community: Joining,
    /// What they sign in with.
    pub device: Device,
}

/// Registers a resident who has shown the code sent to `phone`, and signs in.
///
/// # Errors
/// `BAD_INPUT`, `PASSWORD_WEAK`, `NOT_FOUND` for an unknown community, `PHONE_CODE_INVALID`, `UNAVAILABLE`; `PHONE_TAKEN`, which only who holds the
/// phone can get to hear.
pub async fn register(db: &Db, keys: &Keys, sessions: &Sessions, phone: &str, code: &str, input: Registration) -> Result<SignedIn> {
    let phone = Phone::parse(phone, "phone")?;
    password::check(&input.password, "password")?;
    input.device.check()?;
    // Before the code is tried, so that a slip of the keyboard does not cost one.
    input.community.home(db).await?;
    let proof = phone_code::prove(db, keys, phone, code, "phoneCode").await?;
    enter(db, keys, sessions, &proof.phone, input, Some(&proof)).await
}

/// Registers somebody who is known to hold `phone`, and signs in.
///
/// # Errors
/// As [`register`].
pub async fn admit(db: &Db, keys: &Keys, sessions: &Sessions, phone: &Phone, input: Registration) -> Result<SignedIn> {
    enter(db, keys, sessions, phone, input, None).await
}

async fn enter(db: &Db, keys: &Keys, sessions: &Sessions, phone: &Phone, input: Registration, proof: Option<&Proof>) -> Result<SignedIn> {
    let home = input.community.home(db).await?;
    let password_hash = Some(sessions.passwords().hash(input.password).await?);
    let tx = db.begin().await?;
    if let Some(proof) = proof {
        proof.take(&tx).await.map_err(|error| error.on("phoneCode"))?;
    }
    let account = open(&tx, keys, &home.community, NewAccount { phone: Some(phone.clone()), password_hash }).await?;
    begin(tx, sessions, &account, &input.device).await
}

/// Signs in with phone and password. An unknown phone, a wrong password and an account without one get the same answer after the same work.
///
/// # Errors
/// `BAD_INPUT` for what cannot be a phone, `LOGIN_FAILED`, `LOGIN_LOCKED`, `UNAVAILABLE`.
pub async fn log_in(db: &Db, keys: &Keys, sessions: &Sessions, phone: &str, password: String, device: &Device) -> Result<SignedIn> {
    let phone = Phone::parse(phone, "phone")?;
    device.check()?;
    let subject = Subject::password_of(keys, &phone);
    let account = living(db, keys, &phone).await?;
    check_password(db, sessions, &subject, account.as_ref(), password, "password").await?;
    let account = account.ok_or_else(|| Error::from(Code::LoginFailed))?;
    let tx = db.begin().await?;
    guess::right(&tx, &subject).await?;
    begin(tx, sessions, &account, device).await
}

/// Signs in with phone and one-time code.
///
/// # Errors
/// `BAD_INPUT`, `PHONE_CODE_INVALID`; `NOT_REGISTERED`, which only who holds the phone can get to hear and which does not use the code up.
pub async fn log_in_with_code(db: &Db, keys: &Keys, sessions: &Sessions, phone: &str, code: &str, device: &Device) -> Result<SignedIn> {
    let phone = Phone::parse(phone, "phone")?;
    device.check()?;
    let proof = phone_code::prove(db, keys, phone, code, "phoneCode").await?;
    let account = living(db, keys, &proof.phone).await?.ok_or_else(|| Error::from(Code::NotRegistered).on("phone"))?;
    let tx = db.begin().await?;
    proof.take(&tx).await.map_err(|error| error.on("phoneCode"))?;
    begin(tx, sessions, &account, device).await
}

/// Sets a first password, or another for a forgotten one, with a one-time code; ends every sign-in and starts one.
///
/// # Errors
/// As [`log_in_with_code`]; `PASSWORD_WEAK`.
pub async fn set_password(db: &Db, keys: &Keys, sessions: &Sessions, phone: &str, code: &str, new: String, device: &Device) -> Result<SignedIn> {
    let phone = Phone::parse(phone, "phone")?;
    password::check(&new, "newPassword")?;
    device.check()?;
    let proof = phone_code::prove(db, keys, phone, code, "phoneCode").await?;
    let account = living(db, keys, &proof.phone).await?.ok_or_else(|| Error::from(Code::NotRegistered).on("phone"))?;
    let hash = sessions.passwords().hash(new).await?;
    let tx = db.begin().await?;
    proof.take(&tx).await.map_err(|error| error.on("phoneCode"))?;
    account::Entity::update_many()
        .col_expr(account::Column::PasswordHash, Expr::value(hash))
        .filter(account::Column::Id.eq(account.id))
        .exec(&tx.connection)
        .await?;
    session::end_all(&tx, account.id, "PASSWORD_CHANGED").await?;
    let signed_in = begin(tx, sessions, &account, device).await?;
    sessions.forget(account.id);
    Ok(signed_in)
}

/// Changes the actor's password and signs every other device out.
///
/// # Errors
/// `LOGIN_FAILED` on `currentPassword`, `LOGIN_LOCKED`, `PASSWORD_WEAK`, `CONFLICT` when it was changed at the same moment.
pub async fn change_password(db: &Db, sessions: &Sessions, actor: &Actor, current: String, new: String) -> Result<()> {
    actor.require(Action::ChangePassword, &actor.home())?;
    password::check(&new, "newPassword")?;
    let account = get(db.reader(), actor.account_id).await?;
    let subject = Subject::password(&account.phone_index);
    check_password(db, sessions, &subject, Some(&account), current, "currentPassword").await?;
    let hash = sessions.passwords().hash(new).await?;
    let tx = db.begin().await?;
    guess::right(&tx, &subject).await?;
    let changed = account::Entity::update_many()
        .col_expr(account::Column::PasswordHash, Expr::value(hash))
        .filter(account::Column::Id.eq(account.id))
        .filter(account::Column::PasswordHash.eq(account.password_hash))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::Conflict.into());
    }
    session::end_others(&tx, actor, "PASSWORD_CHANGED").await?;
    tx.commit().await?;
    sessions.forget(actor.account_id);
    Ok(())
}

/// Has the actor show the password once more, for what must not happen by a telephone left lying; the guess is forgotten with `guess::right`.
///
/// # Errors
/// `LOGIN_FAILED` on `password`, `LOGIN_LOCKED`, `UNAVAILABLE`.
pub async fn show_password(db: &Db, sessions: &Sessions, actor: &Actor, password: String) -> Result<Subject> {
    let account = get(db.reader(), actor.account_id).await?;
    let subject = Subject::password(&account.phone_index);
    check_password(db, sessions, &subject, Some(&account), password, "password").await?;
    Ok(subject)
}

/// Starts a session, commits and gives its tokens.
async fn begin(tx: Tx, sessions: &Sessions, account: &Model, device: &Device) -> Result<SignedIn> {
    let started = session::start_on(&tx, account.id, device).await?;
    let now = tx.now;
    tx.commit().await?;
    sessions.sign_in(started, now)
}

/// The account of a phone, if it may sign in.
async fn living(db: &Db, keys: &Keys, phone: &Phone) -> Result<Option<Model>> {
    Ok(find_by_phone(db.reader(), keys, phone).await?.filter(|account| account.closed_at.is_none()))
}

/// Checks a password and counts a wrong one.
async fn check_password(
    db: &Db,
    sessions: &Sessions,
    subject: &Subject,
    account: Option<&Model>,
    password: String,
    field: &'static str,
) -> Result<()> {
    if password.len() > password::LEN_MAX {
        return Err(Error::from(Code::BadInput).on(field).with("max", password::LEN_MAX));
    }
    guess::check(db, subject).await?;
    let hash = account.and_then(|account| account.password_hash.clone());
    if sessions.passwords().verify(password, hash).await? {
        return Ok(());
    }
    guess::wrong(db, subject).await?;
    Err(Error::from(Code::LoginFailed).on(field))
}
