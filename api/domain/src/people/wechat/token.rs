//! The access token to WeChat: one for all processes, in the database, fetched by whoever finds it due and holds its lease.
//!
//! It is fetched again five minutes before it runs out, and when WeChat no longer takes it. Who does not get the lease goes on with the old token, or
//! waits for the new one where the old one is of no use. The stable token of WeChat is the same whoever asks, so two processes that both
//! fetched would do no harm; forcing a new one is bounded (twenty a day at WeChat) and done once in half a minute at most.
//!
//! Invariant: the token is stored sealed; the lease is taken and given back in statements of their own, and WeChat is asked between them.

use std::time::Duration;

use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;

use super::{Wechat, code_of};
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::sealed::WECHAT_TOKEN;

/// How long before its end a token is replaced, in microseconds.
const AHEAD_MICROS: i64 = 5 * UtcMicros::MINUTE;
/// How long a lease lasts when its holder dies, in microseconds.
const LEASE_MICROS: i64 = 15 * UtcMicros::SECOND;
/// How long after one forced token another may be forced, in microseconds.
const FORCED_MICROS: i64 = 30 * UtcMicros::SECOND;
/// How often, and how many times, somebody without the lease looks for the new token.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 60;

/// A token as it was read.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: String,
    version: i64,
    expires_at: UtcMicros,
    forced_at: UtcMicros,
}

/// The token to use now.
///
/// # Errors
/// `UNAVAILABLE` when WeChat gives none.
pub(super) async fn get(db: &Db, keys: &Keys, wechat: &Wechat) -> Result<Held> {
    let held = read(db, keys, wechat).await?;
    match held {
        Some(held) if held.expires_at > db.now().plus(AHEAD_MICROS) => Ok(held),
        held => fetch(db, keys, wechat, held, false).await,
    }
}

/// The token to use after WeChat refused `failed`.
///
/// # Errors
/// `UNAVAILABLE` when WeChat gives none.
pub(super) async fn replace(db: &Db, keys: &Keys, wechat: &Wechat, failed: &Held) -> Result<Held> {
    let statement = "UPDATE wechat_token SET expires_at = 0 WHERE app_id = $1 AND version = $2";
    db.writer().execute_raw(sql(db.writer(), statement, [wechat.app_id.clone().into(), failed.version.into()])).await?;
    let next = fetch(db, keys, wechat, None, false).await?;
    if next.token != failed.token || db.now().0 - next.forced_at.0 < FORCED_MICROS {
        return Ok(next);
    }
    // WeChat insists on the token that it refuses.
    let statement = "UPDATE wechat_token SET expires_at = 0 WHERE app_id = $1 AND version = $2";
    db.writer().execute_raw(sql(db.writer(), statement, [wechat.app_id.clone().into(), next.version.into()])).await?;
    fetch(db, keys, wechat, None, true).await
}

/// Fetches a token with the lease, or waits for whoever has it; `usable` is what can be used meanwhile.
async fn fetch(db: &Db, keys: &Keys, wechat: &Wechat, usable: Option<Held>, force: bool) -> Result<Held> {
    let usable = usable.filter(|held| held.expires_at > db.now());
    for _ in 0..LOOKS {
        if take_lease(db, wechat).await? {
            // Whoever had the lease before may have been done a moment ago.
            if let Some(held) = read(db, keys, wechat).await?.filter(|held| held.expires_at > db.now().plus(AHEAD_MICROS)) {
                release(db, wechat).await?;
                return Ok(held);
            }
            return renew(db, keys, wechat, force).await.or_else(|error| usable.ok_or(error));
        }
        if let Some(held) = usable {
            return Ok(held);
        }
        tokio::time::sleep(LOOK).await;
        if let Some(held) = read(db, keys, wechat).await?.filter(|held| held.expires_at > db.now()) {
            return Ok(held);
        }
    }
    Err(Code::Unavailable.into())
}

/// Asks WeChat, keeps what it says and gives the lease back.
async fn renew(db: &Db, keys: &Keys, wechat: &Wechat, force: bool) -> Result<Held> {
    let answer = wechat.api.token(force).await;
    let now = db.now();
    let Ok(fresh) = answer else {
        release(db, wechat).await?;
        return Err(answer.err().map_or(Code::Unavailable, code_of).into());
    };
    let sealed = keys.seal(WECHAT_TOKEN, fresh.token.as_bytes())?;
    let expires_at = now.plus(fresh.seconds * UtcMicros::SECOND);
    let statement = "UPDATE wechat_token SET token_sealed = $2, expires_at = $3, version = version + 1, lease_until = 0, \
                     forced_at = CASE WHEN $4 > 0 THEN $4 ELSE forced_at END WHERE app_id = $1";
    let forced = if force { now.0 } else { 0 };
    let values = [wechat.app_id.clone().into(), sealed.into(), expires_at.0.into(), forced.into()];
    db.writer().execute_raw(sql(db.writer(), statement, values)).await?;
    read(db, keys, wechat).await?.ok_or_else(|| Error::internal("the token was not written"))
}

async fn release(db: &Db, wechat: &Wechat) -> Result<()> {
    let statement = "UPDATE wechat_token SET lease_until = 0 WHERE app_id = $1";
    db.writer().execute_raw(sql(db.writer(), statement, [wechat.app_id.clone().into()])).await?;
    Ok(())
}

async fn take_lease(db: &Db, wechat: &Wechat) -> Result<bool> {
    let statement = "INSERT INTO wechat_token (app_id, version, expires_at, forced_at, lease_until) VALUES ($1, 0, 0, 0, $2) \
                     ON CONFLICT (app_id) DO UPDATE SET lease_until = $2 WHERE wechat_token.lease_until <= $3";
    let now = db.now();
    let values = [wechat.app_id.clone().into(), now.plus(LEASE_MICROS).0.into(), now.0.into()];
    Ok(db.writer().execute_raw(sql(db.writer(), statement, values)).await?.rows_affected() == 1)
}

async fn read(db: &Db, keys: &Keys, wechat: &Wechat) -> Result<Option<Held>> {
    let statement = "SELECT token_sealed, version, expires_at, forced_at FROM wechat_token WHERE app_id = $1 AND token_sealed IS NOT NULL";
    let row = db.reader().query_one_raw(sql(db.reader(), statement, [wechat.app_id.clone().into()])).await?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.try_get("", "token_sealed")?;
    // One that was sealed under another master secret is as good as none.
    let Ok(token) = keys.open(WECHAT_TOKEN, &sealed) else { return Ok(None) };
    let token = String::from_utf8(token).map_err(Error::internal)?;
    let (version, expires_at, forced_at) = (row.try_get("", "version")?, row.try_get("", "expires_at")?, row.try_get("", "forced_at")?);
    Ok(Some(Held { token, version, expires_at, forced_at }))
}
