//! Accounts: who can sign in, by [`phone`] and [`password`].
//!
//! Registering makes an account with the RESIDENT role over its community. An account that came with an import has no password, and nobody can
//! sign in to it until one is set. Five wrong passwords in a row lock an account for ten minutes, also against the right one.
//!
//! These verbs open their own transactions, because the password's work must stay outside of them.
//!
//! Invariant: one phone is one account. A lock that begins while a right password is being checked still refuses it.

use entity::account::{self, Model};
use entity::community;
use entity::id::{AccountId, CommunityId, RoleGrantId};
use entity::role_grant::{self, Role};
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::community::{tenant, wording};
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::people::session::{self, Sessions, SignedIn};
use crate::tx::Tx;

pub mod password;
pub mod phone;

use phone::Phone;

/// Wrong passwords in a row that lock an account.
pub const WRONG_PASSWORDS_MAX: i32 = 5;
/// How long a lock lasts, in microseconds.
pub const LOCK_MICROS: i64 = 10 * UtcMicros::MINUTE;

/// Longest name a client gives its device.
const DEVICE_LEN_MAX: usize = 80;

/// Which community a newcomer joins.
#[derive(Clone, Debug)]
pub enum Joining {
    /// By id.
    Community(CommunityId),
    /// By the official code of its division.
    RegionCode(String),
}

/// Someone who registers.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Eleven digits.
    pub phone: String,
    /// 8 characters or more, letters and digits among them.
    pub password: String,
    /// The community.
    pub community: Joining,
    /// What the client calls itself, 1 to 80 characters.
    pub device: String,
}

/// An account to open.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its phone.
    pub phone: Phone,
    /// Hash of its password; none for one that cannot sign in yet.
    pub password_hash: Option<String>,
}

/// Registers a resident and signs in.
///
/// # Errors
/// `BAD_INPUT`, `PASSWORD_WEAK`, `NOT_FOUND` for an unknown community, `PHONE_TAKEN`, `UNAVAILABLE`.
pub async fn register(db: &Db, keys: &Keys, sessions: &Sessions, input: Registration) -> Result<SignedIn> {
    let phone = Phone::parse(&input.phone, "phone")?;
    password::check(&input.password, "password")?;
    let device = wording::line(&input.device, DEVICE_LEN_MAX, "device")?;
    let home = match &input.community {
        Joining::Community(id) => tenant::get(db.reader(), *id).await.map_err(|error| error.on("communityId"))?,
        Joining::RegionCode(code) => {
            let home = tenant::find_by_code(db.reader(), code).await?;
            home.ok_or_else(|| Error::from(Code::NotFound).on("regionCode"))?
        }
    };
    let password_hash = Some(sessions.passwords().hash(input.password).await?);
    let tx = db.begin().await?;
    let account = open(&tx, keys, &home.community, NewAccount { phone, password_hash }).await?;
    let started = session::start(&tx, account.id, &device).await?;
    let now = tx.now;
    tx.commit().await?;
    sessions.sign_in(started, now)
}

/// Signs in with phone and password. An unknown phone, a wrong password and an account without one get the same answer after the same work.
///
/// # Errors
/// `BAD_INPUT` for what cannot be a phone, `LOGIN_FAILED`, `LOGIN_LOCKED`, `UNAVAILABLE`.
pub async fn log_in(db: &Db, keys: &Keys, sessions: &Sessions, phone: &str, password: String, device: &str) -> Result<SignedIn> {
    let phone = Phone::parse(phone, "phone")?;
    let device = wording::line(device, DEVICE_LEN_MAX, "device")?;
    let account = find_by_phone(db.reader(), keys, &phone).await?.filter(|account| account.closed_at.is_none());
    check_password(db, sessions, account.as_ref(), password, "password").await?;
    let account = account.ok_or_else(|| Error::from(Code::LoginFailed))?;
    let tx = db.begin().await?;
    let passed = account::Entity::update_many()
        .col_expr(account::Column::FailedLogins, Expr::value(0))
        .col_expr(account::Column::LockedUntil, Expr::value(Option::<i64>::None))
        .filter(account::Column::Id.eq(account.id))
        .filter(Condition::any().add(account::Column::LockedUntil.is_null()).add(account::Column::LockedUntil.lte(tx.now)))
        .exec(&tx.connection)
        .await?;
    if passed.rows_affected == 0 {
        return Err(Code::LoginLocked.into());
    }
    let started = session::start(&tx, account.id, &device).await?;
    let now = tx.now;
    tx.commit().await?;
    sessions.sign_in(started, now)
}

/// Changes the actor's password and signs every other device out.
///
/// # Errors
/// `LOGIN_FAILED` on `currentPassword`, `LOGIN_LOCKED`, `PASSWORD_WEAK`, `CONFLICT` when it was changed at the same moment.
pub async fn change_password(db: &Db, sessions: &Sessions, actor: &Actor, current: String, new: String) -> Result<()> {
    actor.require(Action::ChangePassword, &actor.home())?;
    password::check(&new, "newPassword")?;
    let account = get(db.reader(), actor.account_id).await?;
    check_password(db, sessions, Some(&account), current, "currentPassword").await?;
    let hash = sessions.passwords().hash(new).await?;
    let tx = db.begin().await?;
    let changed = account::Entity::update_many()
        .col_expr(account::Column::PasswordHash, Expr::value(hash))
        .col_expr(account::Column::FailedLogins, Expr::value(0))
        .filter(account::Column::Id.eq(account.id))
        .filter(account::Column::PasswordHash.eq(account.password_hash))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::Conflict.into());
    }
    session::end_others(&tx, actor).await?;
    tx.commit().await?;
    sessions.forget(actor.account_id);
    Ok(())
}

/// Opens an account with the RESIDENT role over its community.
///
/// # Errors
/// `PHONE_TAKEN`.
pub async fn open(tx: &Tx, keys: &Keys, community: &community::Model, input: NewAccount) -> Result<Model> {
    let mut rows = open_all(tx, keys, community, vec![input]).await?;
    rows.pop().ok_or_else(|| Code::Internal.into())
}

/// Opens several accounts with a few statements; in the order of `inputs`.
///
/// # Errors
/// `PHONE_TAKEN` when one of them is.
pub async fn open_all(tx: &Tx, keys: &Keys, community: &community::Model, inputs: Vec<NewAccount>) -> Result<Vec<Model>> {
    let mut rows = Vec::with_capacity(inputs.len());
    for NewAccount { phone, password_hash } in inputs {
        rows.push(Model {
            id: AccountId::new(tx.now),
            community_id: community.id,
            phone_index: phone.index(keys),
            phone_sealed: phone.seal(keys)?,
            password_hash,
            failed_logins: 0,
            locked_until: None,
            created_at: tx.now,
            closed_at: None,
        });
    }
    for chunk in rows.chunks(1_000) {
        let accounts = chunk.iter().map(|row| row.clone().into_active_model());
        account::Entity::insert_many(accounts).exec_without_returning(&tx.connection).await.map_err(|error| Error::from(error).on("phone"))?;
        let grants = chunk.iter().map(|row| role_grant::ActiveModel {
            id: Set(RoleGrantId::new(tx.now)),
            account_id: Set(row.id),
            role: Set(Role::Resident),
            region_id: Set(Some(community.region_id)),
            team_id: Set(None),
            unit_id: Set(None),
            granted_by: Set(None),
            created_at: Set(tx.now),
            ended_at: Set(None),
        });
        role_grant::Entity::insert_many(grants).exec_without_returning(&tx.connection).await?;
    }
    Ok(rows)
}

/// The account of a phone.
///
/// # Errors
/// When the database cannot be read.
pub async fn find_by_phone(connection: &impl ConnectionTrait, keys: &Keys, phone: &Phone) -> Result<Option<Model>> {
    Ok(account::Entity::find().filter(account::Column::PhoneIndex.eq(phone.index(keys))).one(connection).await?)
}

/// The account behind an id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: AccountId) -> Result<Model> {
    account::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// Checks a password and counts a wrong one.
async fn check_password(db: &Db, sessions: &Sessions, account: Option<&Model>, password: String, field: &'static str) -> Result<()> {
    if password.len() > password::LEN_MAX {
        return Err(Error::from(Code::BadInput).on(field).with("max", password::LEN_MAX));
    }
    if let Some(until) = account.and_then(|account| account.locked_until).filter(|until| *until > db.now()) {
        return Err(Error::from(Code::LoginLocked).with("until", until.date_time().to_rfc3339()));
    }
    let hash = account.and_then(|account| account.password_hash.clone());
    if sessions.passwords().verify(password, hash).await? {
        return Ok(());
    }
    if let Some(account) = account {
        count_wrong_password(db, account.id).await?;
    }
    Err(Error::from(Code::LoginFailed).on(field))
}

/// One statement, so that wrong passwords sent at once are all counted; a lock that stands is not made longer.
async fn count_wrong_password(db: &Db, id: AccountId) -> Result<()> {
    let statement = "UPDATE account SET failed_logins = CASE WHEN failed_logins + 1 >= $2 THEN 0 ELSE failed_logins + 1 END, \
                     locked_until = CASE WHEN failed_logins + 1 >= $2 THEN $3 ELSE NULL END \
                     WHERE id = $1 AND (locked_until IS NULL OR locked_until <= $4)";
    let now = db.now();
    let values = [id.into(), WRONG_PASSWORDS_MAX.into(), now.plus(LOCK_MICROS).0.into(), now.0.into()];
    db.writer().execute_raw(sql(db.writer(), statement, values)).await?;
    Ok(())
}
