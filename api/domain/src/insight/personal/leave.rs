//! Deleting an account (注销, 个人信息保护法 art. 47): what somebody is shown before, the proof that it is them, and the deletion.
//!
//! One transaction ends what is under way ([`super::wind_up`]), erases the person from the rows ([`super::erase`]) and closes the account. Minutes, records
//! and the ledger stay under ids that lead to nobody; points that are left lapse as expired ones do. The phone is free for another account at once.
//!
//! What was under way at that very moment may write a row after it; so everything is gone through once more ten minutes later ([`sweep_due`]).
//!
//! Invariant: who deletes an account has just shown a password, a code sent to the phone, or WeChat's word. Invariant: Σ of the ledger and every total of
//! others are what they were.

use entity::account_deletion::{self, Model};
use entity::id::AccountId;
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::blocked::{self, Blocker};
use super::person::Person;
use super::{erase, wind_up};
use crate::app::App;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::account::guess::{self, Subject};
use crate::people::account::phone::Phone;
use crate::people::account::phone_code::{self, Proof};
use crate::people::account::{get, sign_in};
use crate::people::permission::{Action, Actor, Factor};
use crate::people::wechat::login;
use crate::tx::Tx;

/// What has to be typed in, so that nobody is gone by a slip of the finger.
pub const WORD: &str = "注销账号";
/// How long after a deletion everything is gone through once more.
const SWEEP_AFTER: i64 = 10 * UtcMicros::MINUTE;

/// How somebody shows that it is them; one of the three.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The password.
    pub password: Option<String>,
    /// A one-time code sent to the phone of the account.
    pub phone_code: Option<String>,
    /// A fresh code of `wx.login`.
    pub wechat_code: Option<String>,
}

/// What somebody is shown who thinks of leaving.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Points that would lapse.
    pub points: i64,
    /// Redemptions that would be taken back.
    pub redemptions: i64,
    /// Sign-ups that would be given back.
    pub sign_ups: i64,
    /// Listings that would be taken back.
    pub listings: i64,
    /// Matches that would be taken back.
    pub matches: i64,
    /// Certificates that would hold no longer.
    pub certificates: i64,
    /// What stands in the way.
    pub blockers: Vec<Blocker>,
}

/// What leaving would bring about.
///
/// # Errors
/// When the database cannot be read.
pub async fn preview(app: &App, actor: &Actor) -> Result<Preview> {
    let snapshot = app.db.snapshot().await?;
    let person = Person::of(&snapshot, &app.keys, actor.account_id).await?;
    let now = app.db.now();
    let count = async |text: &str| -> Result<i64> {
        let row = snapshot.query_one_raw(person.statement(&snapshot, text, now)?).await?;
        Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or_default())
    };
    Ok(Preview {
        points: count("SELECT COALESCE((SELECT credits - debits FROM wallet WHERE id = :wallet), 0)").await?
            + count("SELECT CAST(COALESCE(SUM(cost), 0) AS BIGINT) FROM redemption WHERE wallet_id = :wallet AND state = 'RESERVED'").await?,
        redemptions: count("SELECT COUNT(*) FROM redemption WHERE wallet_id = :wallet AND state = 'RESERVED'").await?,
        sign_ups: count(
            "SELECT COUNT(*) FROM sign_up u JOIN activity_session s ON s.id = u.session_id WHERE u.volunteer_id = :volunteer \
             AND u.state IN ('CONFIRMED', 'OFFERED', 'WAITLISTED') AND s.state = 'OPEN' AND s.starts_at > :now",
        )
        .await?,
        listings: count("SELECT COUNT(*) FROM listing WHERE id IN :listings AND state NOT IN ('FULFILLED', 'CLOSED', 'WITHDRAWN', 'EXPIRED')")
            .await?,
        matches: count("SELECT COUNT(*) FROM need_match WHERE id IN :matches AND state IN ('PROPOSED', 'ACCEPTED')").await?,
        certificates: count("SELECT COUNT(*) FROM certificate WHERE volunteer_id = :volunteer AND revoked_at IS NULL").await?,
        blockers: blocked::of(&snapshot, &person, now).await?,
    })
}

/// Deletes the actor's account. Of two that do it at once both get the same answer.
///
/// # Errors
/// `BAD_INPUT` on `confirm`, or on `password` when nothing is shown; `SECOND_FACTOR_REQUIRED`; `LOGIN_FAILED`, `LOGIN_LOCKED`, `PHONE_CODE_INVALID`,
/// `WECHAT_CODE_INVALID`, `NOT_OFFERED`; `LAST_ADMIN`, `OBLIGATIONS_OPEN` with what and how many; `CONFLICT`, `UNAVAILABLE`.
pub async fn delete(app: &App, actor: &Actor, shown: Shown, confirm: &str) -> Result<Model> {
    actor.require(Action::DeleteMyAccount, &actor.home())?;
    if actor.factor == Factor::Due {
        return Err(Code::SecondFactorRequired.into());
    }
    if confirm != WORD {
        return Err(Error::from(Code::BadInput).on("confirm").with("word", WORD));
    }
    let proven = prove(app, actor, shown).await?;
    let tx = app.db.begin().await?;
    proven.take(&tx).await?;
    let account = entity::account::Entity::find_by_id(actor.account_id).lock_exclusive().one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if account.closed_at.is_some() {
        let done = account_deletion::Entity::find_by_id(actor.account_id).one(&tx.connection).await?;
        return done.ok_or_else(|| Code::Unauthenticated.into());
    }
    let person = Person::of(&tx.connection, &app.keys, actor.account_id).await?;
    blocked::lock_offices(&tx, &person).await?;
    if let Some(blocker) = blocked::of(&tx.connection, &person, tx.now).await?.into_iter().next() {
        return Err(blocker.refusal());
    }
    let (ended, touched) = wind_up::run(&tx, &app.keys, &person).await?;
    let row = Model { swept_at: None, ..ended.row(&person, tx.now) };
    account_deletion::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    erase::erase(&tx, &app.keys, &person).await?;
    tx.commit().await?;
    for account_id in touched {
        app.sessions.forget(account_id);
    }
    app.wake.notify_one();
    Ok(row)
}

/// What was shown, to be used up with the deletion.
enum Proven {
    Password(Subject),
    Phone(Proof),
    Wechat,
}

impl Proven {
    async fn take(&self, tx: &Tx) -> Result<()> {
        match self {
            Self::Password(subject) => guess::right(tx, subject).await,
            Self::Phone(proof) => proof.take(tx).await.map_err(|error| error.on("phoneCode")),
            Self::Wechat => Ok(()),
        }
    }
}

/// Checks what is shown, outside of any transaction.
async fn prove(app: &App, actor: &Actor, shown: Shown) -> Result<Proven> {
    match shown {
        Shown { password: Some(password), .. } => Ok(Proven::Password(sign_in::show_password(&app.db, &app.sessions, actor, password).await?)),
        Shown { phone_code: Some(code), .. } => {
            let account = get(app.db.reader(), actor.account_id).await?;
            if !account.phone_bound {
                return Err(Error::from(Code::PhoneCodeInvalid).on("phoneCode"));
            }
            let phone = Phone::open(&app.keys, &account.phone_sealed)?;
            Ok(Proven::Phone(phone_code::prove(&app.db, &app.keys, phone, &code, "phoneCode").await?))
        }
        Shown { wechat_code: Some(code), .. } => {
            let wechat = app.wechat.as_ref().ok_or_else(|| Error::from(Code::NotOffered).on("wechatCode"))?;
            login::show(app.db.reader(), &app.keys, wechat, actor.account_id, &code).await?;
            Ok(Proven::Wechat)
        }
        Shown { .. } => Err(Error::from(Code::BadInput).on("password")),
    }
}

/// Due work: goes once more through what was deleted some minutes ago; gives how many accounts. Each has a transaction of its own: the locks of one are
/// taken in the order of every verb, those of several would not be.
///
/// # Errors
/// When the database refuses.
pub async fn sweep_due(db: &Db, keys: &Keys) -> Result<u64> {
    let mut done = 0;
    loop {
        let tx = db.begin().await?;
        let Some(account_id) = due(&tx).await? else { return Ok(done) };
        sweep(&tx, keys, account_id).await?;
        tx.commit().await?;
        done += 1;
    }
}

/// The account that waits longest.
async fn due(tx: &Tx) -> Result<Option<AccountId>> {
    let found = account_deletion::Entity::find()
        .select_only()
        .column(account_deletion::Column::AccountId)
        .filter(account_deletion::Column::SweptAt.is_null())
        .filter(account_deletion::Column::DeletedAt.lte(tx.now.plus(-SWEEP_AFTER)))
        .order_by_asc(account_deletion::Column::DeletedAt);
    Ok(found.into_tuple().one(&tx.connection).await?)
}

async fn sweep(tx: &Tx, keys: &Keys, account_id: AccountId) -> Result<()> {
    let person = Person::of(&tx.connection, keys, account_id).await?;
    wind_up::run(tx, keys, &person).await?;
    erase::erase(tx, keys, &person).await?;
    account_deletion::Entity::update_many()
        .col_expr(account_deletion::Column::SweptAt, Expr::value(tx.now))
        .filter(account_deletion::Column::AccountId.eq(account_id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}
