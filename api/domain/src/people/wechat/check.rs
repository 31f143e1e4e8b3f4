//! Looking at what people write and show: WeChat says pass, review or risky.
//!
//! A text is judged at once; a picture later, by a message of WeChat to our webhook that names the trace id. WeChat judges only for somebody it has seen
//! within two hours; for everybody else, and while it is away, the answer is *review*: people look.
//!
//! The message may come before it is written what its trace id is about: WeChat knows the id a moment earlier than we do. It says nothing again once it was
//! answered (消息推送: it tells again, three times at most, what was not answered within five seconds), so its verdict is kept, and applies when the
//! subject is written down.
//!
//! Invariant: a verdict is given once and not taken back by a message that comes late or twice; a message without a right signature changes nothing.
//! Invariant: one row per trace id, whoever writes it first; so of a verdict and its subject the later one finds the other, however close they come.

use entity::id::{AccountId, WechatCheckId};
use entity::time::UtcMicros;
use sea_orm::ConnectionTrait;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use super::{Fault, Verdict, Wechat, code_of, login};
use crate::community::wording;
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest text that WeChat takes.
pub const TEXT_MAX: usize = 2_500;
/// Longest trace id that is kept, in bytes; WeChat's have 36.
const TRACE_MAX: usize = 128;
/// How long a verdict waits for its subject, in microseconds: that is written within seconds of the answer that tells the trace id.
const EARLY_MICROS: i64 = UtcMicros::HOUR;
/// Rows of one statement.
const BATCH: i64 = 500;
/// Whom WeChat has not seen within two hours.
const NOT_SEEN: i64 = 61_010;

/// Where a text or picture is to appear, as WeChat numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// 资料
    Profile = 1,
    /// 评论
    Comment = 2,
    /// 论坛
    Forum = 3,
    /// 社交日志
    Post = 4,
}

/// What to think of a text that the actor is about to publish.
///
/// # Errors
/// `BAD_INPUT` for an empty one or one of more than 2,500 characters.
pub async fn check_text(db: &Db, keys: &Keys, wechat: &Wechat, actor: &Actor, scene: Scene, text: &str) -> Result<Verdict> {
    actor.require(Action::CheckText, &actor.home())?;
    let text = wording::text(text, TEXT_MAX, "text")?;
    if text.is_empty() {
        return Err(Error::from(Code::BadInput).on("text"));
    }
    let Some(identity) = login::identity(db.reader(), wechat, actor.account_id).await? else { return Ok(Verdict::Review) };
    let openid = login::openid(keys, &identity.openid_sealed)?;
    let answer = wechat.call(db, keys, |api, token| api.check_text(token, &openid, scene as i32, &text)).await;
    Ok(answer.unwrap_or_else(|fault| {
        if fault != Fault::Refused(NOT_SEEN) {
            tracing::warn!(?fault, "a text was not looked at");
        }
        Verdict::Review
    }))
}

/// Asks WeChat to look at a picture that it can fetch at `url`; gives the trace id that its verdict will name. Call [`expect`] with it at once.
///
/// # Errors
/// `NOT_FOUND` for an account that this mini-program does not know or has not seen within two hours; what WeChat refuses.
pub async fn ask_image(db: &Db, keys: &Keys, wechat: &Wechat, account_id: AccountId, scene: Scene, url: &str) -> Result<String> {
    let identity = login::identity(db.reader(), wechat, account_id).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    let openid = login::openid(keys, &identity.openid_sealed)?;
    let answer = wechat.call(db, keys, |api, token| api.check_image(token, &openid, scene as i32, url)).await;
    answer.map_err(|fault| if fault == Fault::Refused(NOT_SEEN) { Code::NotFound.into() } else { code_of(fault).into() })
}

/// Writes down what a trace id is about, once; gives the verdict when that has come already, to be applied in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn expect(tx: &Tx, account_id: AccountId, subject: &str, trace_id: &str) -> Result<Option<Verdict>> {
    let statement = "INSERT INTO wechat_check (id, account_id, subject, trace_id, verdict, created_at) VALUES ($1, $2, $3, $4, 'PENDING', $5) \
                     ON CONFLICT (trace_id) DO UPDATE SET account_id = EXCLUDED.account_id, subject = EXCLUDED.subject \
                     WHERE wechat_check.subject IS NULL RETURNING verdict";
    let values = [WechatCheckId::new(tx.now).into(), account_id.into(), subject.into(), trace_id.into(), tx.now.0.into()];
    let Some(row) = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await? else { return Ok(None) };
    Ok(Verdict::kept(&row.try_get::<String>("", "verdict")?))
}

/// What WeChat last thought of something; nothing while it has not said.
///
/// # Errors
/// When the database cannot be read.
pub async fn verdict_of(connection: &impl ConnectionTrait, subject: &str) -> Result<Option<String>> {
    let statement = "SELECT verdict FROM wechat_check WHERE subject = $1 AND verdict <> 'PENDING' ORDER BY id DESC LIMIT 1";
    let row = connection.query_one_raw(sql(connection, statement, [subject.into()])).await?;
    Ok(row.map(|row| row.try_get("", "verdict")).transpose()?)
}

/// Whether a message to our webhook was signed by WeChat.
#[must_use]
pub fn is_signed(token: &str, timestamp: &str, nonce: &str, signature: &str) -> bool {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    let made = hex::encode(Sha1::digest(parts.concat().as_bytes()));
    bool::from(made.as_bytes().ct_eq(signature.to_ascii_lowercase().as_bytes()))
}

/// Keeps the verdict on a picture and gives what it is about; nothing when that is not known yet, and for one that was given before.
///
/// # Errors
/// When the database refuses.
pub async fn decide(tx: &Tx, trace_id: &str, verdict: Verdict) -> Result<Option<String>> {
    if trace_id.is_empty() || trace_id.len() > TRACE_MAX {
        return Ok(None);
    }
    let statement = "INSERT INTO wechat_check (id, trace_id, verdict, created_at, decided_at) VALUES ($1, $2, $3, $4, $4) \
                     ON CONFLICT (trace_id) DO UPDATE SET verdict = EXCLUDED.verdict, decided_at = EXCLUDED.decided_at \
                     WHERE wechat_check.verdict = 'PENDING' RETURNING subject";
    let values = [WechatCheckId::new(tx.now).into(), trace_id.into(), verdict.text().into(), tx.now.0.into()];
    let Some(row) = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await? else { return Ok(None) };
    Ok(row.try_get("", "subject")?)
}

/// Drops verdicts whose subject never came; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn prune(tx: &Tx) -> Result<u64> {
    let statement = "DELETE FROM wechat_check WHERE id IN (SELECT id FROM wechat_check WHERE subject IS NULL AND decided_at < $1 LIMIT $2)";
    let values = [tx.now.plus(-EARLY_MICROS).0.into(), BATCH.into()];
    Ok(tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::is_signed;

    #[test]
    fn a_signature_is_the_hash_of_the_sorted_parts() {
        // printf '%s' 1409304348nonce1token | sha1sum
        let good = "b8c96bebcb0112ede0920ac9b1adc3c1876d41d5";
        assert!(is_signed("token", "1409304348", "nonce1", good));
        assert!(is_signed("token", "1409304348", "nonce1", &good.to_uppercase()));
        for (token, time, nonce, signature) in
            [("other", "1409304348", "nonce1", good), ("token", "1409304349", "nonce1", good), ("token", "1409304348", "nonce1", "")]
        {
            assert!(!is_signed(token, time, nonce, signature));
        }
    }
}
