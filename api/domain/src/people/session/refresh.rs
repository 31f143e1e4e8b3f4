//! Refresh tokens: opaque, used once, replaced at every use.
//!
//! The tokens of one session form a chain. Using the last one gives the next. Using one that was already used means that two parties hold it, and
//! ends the session — except within ten seconds and while its successor is unused: then the answer was lost on the way, and the same successor is
//! given again.
//!
//! A sign-in that is ended so is a line of the audit log, written with it; the exchanges that go well are not, their rows say when.
//!
//! Invariant: only hashes of tokens are stored; a token has at most one successor.

use entity::id::{AccountId, LoginSessionId};
use entity::time::UtcMicros;
use entity::{login_session, refresh_token};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::audit::{self, Act, Objects, Who};
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, fill_random, sha256};
use crate::people::account;
use crate::people::session::{Sessions, SignedIn, Started, absolute_micros, sliding_micros};
use crate::sealed::SUCCESSOR;
use crate::tx::Tx;

/// How long a lost answer may be asked for again, in microseconds.
pub const GRACE_MICROS: i64 = 10 * UtcMicros::SECOND;

/// How long used tokens are remembered, to know a thief by them.
const MEMORY_MICROS: i64 = 7 * UtcMicros::DAY;

const PREFIX: &str = "qrt_";

/// What became of a token that was handed in.
enum Turn {
    /// The session goes on with this token.
    Next(login_session::Model, String),
    /// Somebody else used it before.
    Reused(login_session::Model),
}

/// Exchanges a refresh token for new tokens.
///
/// # Errors
/// `TOKEN_INVALID` for an unknown, expired or reused token and for an ended session.
pub async fn refresh(db: &Db, keys: &Keys, sessions: &Sessions, token: &str, request_id: &str) -> Result<SignedIn> {
    let hash = sha256(token.as_bytes()).to_vec();
    let tx = db.begin().await?;
    let turn = match rotate(&tx, keys, &hash).await? {
        Some(turn) => turn,
        None => look_back(&tx, keys, &hash).await?,
    };
    let now = tx.now;
    match turn {
        Turn::Next(session, refresh_token) => {
            tx.commit().await?;
            let started = Started { account_id: session.account_id, login_session_id: session.id, refresh_token };
            sessions.sign_in(started, now)
        }
        Turn::Reused(session) => {
            // The session's end is kept although the answer is a refusal.
            write_down(&tx, &session, request_id).await?;
            tx.commit().await?;
            sessions.forget(session.account_id);
            tracing::warn!(login_session = %session.id, "a used refresh token came back; the session was ended");
            Err(Code::TokenInvalid.into())
        }
    }
}

/// The line of the audit log about a sign-in that was ended.
async fn write_down(tx: &Tx, session: &login_session::Model, request_id: &str) -> Result<()> {
    let account = account::get(&tx.connection, session.account_id).await?;
    let who = Who { community_id: account.community_id, account_id: account.id, helper_id: session.acted_by, login_session_id: session.id };
    let act = Act { who: Some(who), operation: "refreshTokens", objects: Objects::default(), reason: None, request_id, begun_at: tx.now };
    audit::record(&tx.connection, act, Code::TokenInvalid.text(), tx.now).await
}

/// A new token of a session.
pub(super) async fn issue(tx: &Tx, login_session_id: LoginSessionId, expires_at: UtcMicros) -> Result<String> {
    let token = fresh()?;
    write(tx, login_session_id, &token, expires_at).await?;
    Ok(token)
}

/// The ordinary case: one statement marks the token used, whoever comes first.
async fn rotate(tx: &Tx, keys: &Keys, hash: &[u8]) -> Result<Option<Turn>> {
    let successor = fresh()?;
    let sealed = keys.seal(SUCCESSOR, successor.as_bytes())?;
    let mark = "UPDATE refresh_token SET rotated_at = $2, successor_sealed = $3 \
                WHERE token_hash = $1 AND rotated_at IS NULL AND expires_at > $2 RETURNING login_session_id";
    let values = [hash.to_vec().into(), tx.now.0.into(), sealed.into()];
    let Some(row) = tx.connection.query_one_raw(sql(&tx.connection, mark, values)).await? else { return Ok(None) };
    let session = live_session(tx, row.try_get("", "login_session_id")?).await?;
    let expires_at = tx.now.plus(sliding_micros(session.client)).min(session.created_at.plus(absolute_micros(session.client)));
    let kept = login_session::Entity::update_many()
        .col_expr(login_session::Column::LastUsedAt, Expr::value(tx.now))
        .col_expr(login_session::Column::ExpiresAt, Expr::value(expires_at))
        .filter(login_session::Column::Id.eq(session.id))
        .filter(login_session::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    if kept.rows_affected == 0 {
        return Err(Code::TokenInvalid.into());
    }
    write(tx, session.id, &successor, expires_at).await?;
    refresh_token::Entity::delete_many()
        .filter(refresh_token::Column::LoginSessionId.eq(session.id))
        .filter(refresh_token::Column::RotatedAt.lt(tx.now.plus(-MEMORY_MICROS)))
        .exec(&tx.connection)
        .await?;
    Ok(Some(Turn::Next(session, successor)))
}

/// The token was not good as it stands: unknown, run out, or used before.
async fn look_back(tx: &Tx, keys: &Keys, hash: &[u8]) -> Result<Turn> {
    let invalid = || Error::from(Code::TokenInvalid);
    let row = refresh_token::Entity::find_by_id(hash.to_vec()).one(&tx.connection).await?.ok_or_else(invalid)?;
    let (Some(rotated_at), Some(sealed)) = (row.rotated_at, &row.successor_sealed) else { return Err(invalid()) };
    let session = live_session(tx, row.login_session_id).await?;
    if tx.now.0 - rotated_at.0 <= GRACE_MICROS {
        let successor = String::from_utf8(keys.open(SUCCESSOR, sealed)?).map_err(Error::internal)?;
        let next = refresh_token::Entity::find_by_id(sha256(successor.as_bytes()).to_vec()).one(&tx.connection).await?;
        if next.is_some_and(|next| next.rotated_at.is_none()) {
            return Ok(Turn::Next(session, successor));
        }
    }
    login_session::Entity::update_many()
        .col_expr(login_session::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(login_session::Column::RevokedReason, Expr::value("TOKEN_REUSED"))
        .filter(login_session::Column::Id.eq(session.id))
        .filter(login_session::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    Ok(Turn::Reused(session))
}

/// Takes every token of an account away.
pub(super) async fn forget(tx: &Tx, account_id: AccountId) -> Result<()> {
    let own = Query::select()
        .column(login_session::Column::Id)
        .from(login_session::Entity)
        .and_where(login_session::Column::AccountId.eq(account_id))
        .to_owned();
    refresh_token::Entity::delete_many().filter(refresh_token::Column::LoginSessionId.in_subquery(own)).exec(&tx.connection).await?;
    Ok(())
}

async fn live_session(tx: &Tx, id: LoginSessionId) -> Result<login_session::Model> {
    let session = login_session::Entity::find_by_id(id)
        .filter(login_session::Column::RevokedAt.is_null())
        .filter(login_session::Column::ExpiresAt.gt(tx.now))
        .one(&tx.connection)
        .await?;
    session.ok_or_else(|| Code::TokenInvalid.into())
}

async fn write(tx: &Tx, login_session_id: LoginSessionId, token: &str, expires_at: UtcMicros) -> Result<()> {
    let row = refresh_token::ActiveModel {
        token_hash: Set(sha256(token.as_bytes()).to_vec()),
        login_session_id: Set(login_session_id),
        issued_at: Set(tx.now),
        expires_at: Set(expires_at),
        rotated_at: Set(None),
        successor_sealed: Set(None),
    };
    refresh_token::Entity::insert(row).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// 256 random bits in base62, with a prefix by which a leaked token is recognised.
fn fresh() -> Result<String> {
    let mut bits = [0; 32];
    fill_random(&mut bits)?;
    let (high, low) = bits.split_at(16);
    let half = |part: &[u8]| part.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    Ok(format!("{PREFIX}{:0>22}{:0>22}", base62::encode(half(high)), base62::encode(half(low))))
}

#[cfg(test)]
mod tests {
    use super::fresh;

    #[test]
    fn tokens_are_long_and_never_the_same() {
        let (one, two) = (fresh().expect("a token"), fresh().expect("a token"));
        assert_ne!(one, two);
        assert_eq!((one.len(), two.len()), (48, 48));
        assert!(one.starts_with("qrt_"));
    }
}
