//! Sign-ins: one row per signed-in device, short access tokens, rotating refresh tokens, and the actors behind them.
//!
//! A *login session* is a device; it lives thirty days after its last refresh and a hundred and eighty in all, on the panel thirty minutes and
//! twelve hours. Its refresh token is used once and replaced ([`refresh`]). Its access tokens ([`token`]) are not stored; every request asks whether
//! the session still stands ([`actor`]), with an answer at most five seconds old. Tokens are signed by keys that are replaced in turn
//! ([`token_key`]). What staff of the panel may do beyond others sleeps until a second factor was shown (`people::second_factor`).
//!
//! Invariant: an ended session, a closed account and an ended role grant stop working within five seconds in every process, and at once in the one
//! that ended them. A grant that begins or ends by its date does so to the microsecond.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use entity::id::{AccountId, LoginSessionId};
use entity::login_session::{self, ClientKind};
use entity::time::UtcMicros;
use moka::sync::Cache;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::community::wording;
use crate::db::Db;
use crate::error::{Code, Result};
use crate::keys::{Keys, sha256};
use crate::people::account::password::Passwords;
use crate::people::permission::{Action, Actor, ActsFor};
use crate::tx::Tx;

mod actor;
pub mod refresh;
pub mod signed_in;
pub mod token;
mod token_crypto;
pub mod token_key;

use token::{Fault, Tokens, Verified};

/// How long an unused sign-in stays, in microseconds: on the panel thirty minutes.
#[must_use]
pub const fn sliding_micros(client: ClientKind) -> i64 {
    match client {
        ClientKind::App | ClientKind::MiniProgram => 30 * UtcMicros::DAY,
        ClientKind::Panel => 30 * UtcMicros::MINUTE,
    }
}

/// How long a sign-in stays at most, in microseconds: on the panel a working day.
#[must_use]
pub const fn absolute_micros(client: ClientKind) -> i64 {
    match client {
        ClientKind::App | ClientKind::MiniProgram => 180 * UtcMicros::DAY,
        ClientKind::Panel => 12 * UtcMicros::HOUR,
    }
}

/// Longest name a client gives its device.
const DEVICE_LEN_MAX: usize = 80;

/// How old an answer about a token may be.
const SEEN_LIFE: Duration = Duration::from_secs(5);
const SEEN_MAX: u64 = 10_000;

/// What somebody signs in with.
#[derive(Clone, Debug)]
pub struct Device {
    /// What the client calls itself, 1 to 80 characters.
    pub name: String,
    /// What kind of client it is.
    pub client: ClientKind,
}

impl Device {
    /// An application of this name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), client: ClientKind::App }
    }

    /// Checks the name.
    ///
    /// # Errors
    /// `BAD_INPUT` on `device`.
    pub fn check(&self) -> Result<()> {
        wording::line(&self.name, DEVICE_LEN_MAX, "device").map(drop)
    }
}

/// What a client gets when it signs in or refreshes.
#[derive(Clone)]
pub struct SignedIn {
    /// Who.
    pub account_id: AccountId,
    /// The device.
    pub login_session_id: LoginSessionId,
    /// For the `Authorization` header.
    pub access_token: String,
    /// When the access token runs out.
    pub access_token_expires_at: UtcMicros,
    /// For `refreshTokens`, once.
    pub refresh_token: String,
}

/// A sign-in that is committed but has no access token yet.
pub struct Started {
    account_id: AccountId,
    login_session_id: LoginSessionId,
    refresh_token: String,
}

/// Tokens, passwords, and the actors seen lately.
pub struct Sessions {
    tokens: Tokens,
    /// Whether staff of the panel need a second factor although they have not set one up.
    strict: AtomicBool,
    passwords: Passwords,
    seen: Cache<[u8; 32], Seen>,
    /// Accounts that changed, with the turn at which they did; outlives every answer from before the change.
    changed: Cache<AccountId, u64>,
    /// The last of these turns.
    last_change: AtomicU64,
    turn: AtomicU64,
}

#[derive(Clone)]
struct Seen {
    verified: Verified,
    actor: Arc<Actor>,
    turn: u64,
}

impl Sessions {
    /// Makes the deployment's signing key and tries it.
    ///
    /// # Errors
    /// When the cryptography of this build does not work.
    pub fn try_new(keys: &Keys) -> Result<Self> {
        Ok(Self {
            tokens: Tokens::try_new(keys)?,
            strict: AtomicBool::new(false),
            passwords: Passwords::new(),
            seen: Cache::builder().max_capacity(SEEN_MAX).time_to_live(SEEN_LIFE).build(),
            changed: Cache::builder().max_capacity(SEEN_MAX).time_to_live(2 * SEEN_LIFE).build(),
            last_change: AtomicU64::new(0),
            turn: AtomicU64::new(0),
        })
    }

    /// Says whether staff of the panel need a second factor although they have not set one up.
    pub fn insist_on_second_factor(&self, strict: bool) {
        self.strict.store(strict, Ordering::Relaxed);
    }

    /// Access tokens and their keys.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Where passwords are hashed.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    /// Who stands behind an access token.
    ///
    /// # Errors
    /// `TOKEN_INVALID`, `TOKEN_EXPIRED`; `UNAUTHENTICATED` when the session has ended; `UNAVAILABLE`.
    pub async fn actor(&self, db: &Db, token: &str) -> Result<Arc<Actor>, Code> {
        let hash = sha256(token.as_bytes());
        let holds = |seen: &Seen| !self.changed_after(seen.turn, seen.verified.account_id) && seen.actor.until.is_none_or(|until| db.now() < until);
        if let Some(seen) = self.seen.get(&hash).filter(holds) {
            return seen.verified.check(db.now()).map(|()| seen.actor);
        }
        let verified = match self.tokens.verify(token) {
            // Another process may have begun to sign with a newer key.
            Err(Fault::UnknownKey) if self.tokens.may_look_again() => {
                self.tokens.reload(db).await.map_err(|error| error.code)?;
                self.tokens.verify(token).map_err(|_| Code::TokenInvalid)?
            }
            verified => verified.map_err(|_| Code::TokenInvalid)?,
        };
        verified.check(db.now())?;
        // Taken before reading: what changes while we read is newer than what we read.
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        let actor = Box::pin(self.load(db, verified.account_id, verified.login_session_id)).await?;
        self.seen.insert(hash, Seen { verified, actor: Arc::clone(&actor), turn });
        Ok(actor)
    }

    /// Whether an account changed after a turn.
    fn changed_after(&self, turn: u64, account_id: AccountId) -> bool {
        // As a rule nobody at all did.
        self.last_change.load(Ordering::SeqCst) > turn && self.changed.get(&account_id).is_some_and(|changed| changed > turn)
    }

    /// Until when an access token holds at most; nothing for what is none.
    #[must_use]
    pub fn holds_until(&self, token: &str) -> Option<UtcMicros> {
        self.tokens.verify(token).ok().map(|verified| verified.until())
    }

    /// Who stands behind a session, read anew.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it has ended or its account was closed; `UNAVAILABLE`.
    pub async fn load(&self, db: &Db, account_id: AccountId, login_session_id: LoginSessionId) -> Result<Arc<Actor>, Code> {
        match actor::find(db.reader(), account_id, login_session_id, db.now(), self.strict.load(Ordering::Relaxed)).await {
            Ok(Some(actor)) => Ok(Arc::new(actor)),
            Ok(None) => Err(Code::Unauthenticated),
            Err(error) => {
                tracing::error!(code = error.code.text(), source = ?error.source, "the actor of a token cannot be read");
                Err(error.code)
            }
        }
    }

    /// Drops what is remembered of an account; to be called after committing a change of its sessions, grants or volunteer.
    pub fn forget(&self, account_id: AccountId) {
        let turn = self.turn.fetch_add(1, Ordering::SeqCst) + 1;
        self.changed.insert(account_id, turn);
        self.last_change.fetch_max(turn, Ordering::SeqCst);
    }

    /// Gives a committed sign-in its access token.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn sign_in(&self, started: Started, now: UtcMicros) -> Result<SignedIn> {
        let Started { account_id, login_session_id, refresh_token } = started;
        let (access_token, access_token_expires_at) = self.tokens.sign(account_id, login_session_id, now)?;
        Ok(SignedIn { account_id, login_session_id, access_token, access_token_expires_at, refresh_token })
    }
}

/// Starts a session of an application with its first refresh token; [`Sessions::sign_in`] after the commit.
///
/// # Errors
/// When the database refuses.
pub async fn start(tx: &Tx, account_id: AccountId, device: &str) -> Result<Started> {
    start_on(tx, account_id, &Device::named(device)).await
}

/// Starts a session on a device.
///
/// # Errors
/// `BAD_INPUT` on `device`; when the database refuses.
pub async fn start_on(tx: &Tx, account_id: AccountId, device: &Device) -> Result<Started> {
    write(tx, account_id, device, None).await
}

/// Starts a session in which somebody else acts for the owner of the account.
///
/// # Errors
/// As [`start_on`].
pub async fn start_acting(tx: &Tx, account_id: AccountId, device: &Device, acts: ActsFor) -> Result<Started> {
    write(tx, account_id, device, Some(acts)).await
}

async fn write(tx: &Tx, account_id: AccountId, device: &Device, acts: Option<ActsFor>) -> Result<Started> {
    let row = login_session::Model {
        id: LoginSessionId::new(tx.now),
        account_id,
        device: wording::line(&device.name, DEVICE_LEN_MAX, "device")?,
        created_at: tx.now,
        last_used_at: tx.now,
        expires_at: tx.now.plus(sliding_micros(device.client)),
        revoked_at: None,
        revoked_reason: None,
        client: device.client,
        second_factor_at: None,
        acted_by: acts.map(|acts| acts.helper_id),
        relation_id: acts.map(|acts| acts.relation_id),
    };
    let row = row.into_active_model().insert(&tx.connection).await?;
    let refresh_token = refresh::issue(tx, row.id, row.expires_at).await?;
    Ok(Started { account_id, login_session_id: row.id, refresh_token })
}

/// Ends the actor's own session. Doing it twice changes nothing.
///
/// # Errors
/// When the database refuses.
pub async fn log_out(tx: &Tx, actor: &Actor) -> Result<()> {
    actor.require(Action::LogOut, &actor.home())?;
    let own = login_session::Column::Id.eq(actor.login_session_id);
    revoke(tx, actor.account_id, own, "LOGGED_OUT").await
}

/// Ends every session of the actor but the present one.
///
/// # Errors
/// When the database refuses.
pub async fn end_others(tx: &Tx, actor: &Actor, reason: &str) -> Result<()> {
    let others = login_session::Column::Id.ne(actor.login_session_id);
    revoke(tx, actor.account_id, others, reason).await
}

/// Ends every session of an account.
///
/// # Errors
/// When the database refuses.
pub async fn end_all(tx: &Tx, account_id: AccountId, reason: &str) -> Result<()> {
    revoke(tx, account_id, login_session::Column::RevokedAt.is_null(), reason).await
}

/// Ends every session of an account that is closed for good, its refresh tokens first: whoever uses one at this moment holds it before the session.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, account_id: AccountId) -> Result<()> {
    refresh::forget(tx, account_id).await?;
    end_all(tx, account_id, "ACCOUNT_DELETED").await
}

async fn revoke(tx: &Tx, account_id: AccountId, which: Expr, reason: &str) -> Result<()> {
    login_session::Entity::update_many()
        .col_expr(login_session::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(login_session::Column::RevokedReason, Expr::value(reason))
        .filter(login_session::Column::AccountId.eq(account_id))
        .filter(login_session::Column::RevokedAt.is_null())
        .filter(which)
        .exec(&tx.connection)
        .await?;
    Ok(())
}
