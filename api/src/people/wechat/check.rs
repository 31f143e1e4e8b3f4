//! Looking at what people write and show: WeChat says pass, review or risky.
//!
//! A text is judged at once; a picture later, by a message of WeChat to our webhook that names the trace id. WeChat judges only for somebody it has seen
//! within two hours; for everybody else, and while it is away, the answer is *review*: people look.
//!
//! Invariant: a verdict is given once and not taken back by a message that comes late or twice; a message without a right signature changes nothing.

use entity::id::{AccountId, WechatCheckId};
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

/// Asks WeChat to look at a picture that it can fetch at `url`; `subject` is what the verdict is about.
///
/// # Errors
/// `NOT_FOUND` for an account that this mini-program does not know or has not seen within two hours; what WeChat refuses.
pub async fn submit_image(db: &Db, keys: &Keys, wechat: &Wechat, account_id: AccountId, scene: Scene, subject: &str, url: &str) -> Result<()> {
    let identity = login::identity(db.reader(), wechat, account_id).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    let openid = login::openid(keys, &identity.openid_sealed)?;
    let answer = wechat.call(db, keys, |api, token| api.check_image(token, &openid, scene as i32, url)).await;
    let trace_id = answer.map_err(|fault| if fault == Fault::Refused(NOT_SEEN) { Code::NotFound } else { code_of(fault) })?;
    let statement = "INSERT INTO wechat_check (id, account_id, subject, trace_id, verdict, created_at) VALUES ($1, $2, $3, $4, 'PENDING', $5) \
                     ON CONFLICT (trace_id) DO NOTHING";
    let values = [WechatCheckId::new(db.now()).into(), account_id.into(), subject.into(), trace_id.into(), db.now().0.into()];
    db.writer().execute_raw(sql(db.writer(), statement, values)).await?;
    Ok(())
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

/// Keeps the verdict on a picture and gives what it is about; one that is unknown or decided is left alone.
///
/// # Errors
/// When the database refuses.
pub async fn decide(tx: &Tx, trace_id: &str, verdict: Verdict) -> Result<Option<String>> {
    let statement = "UPDATE wechat_check SET verdict = $2, decided_at = $3 WHERE trace_id = $1 AND verdict = 'PENDING' RETURNING subject";
    let values = [trace_id.into(), verdict.text().into(), tx.now.0.into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await?;
    Ok(row.map(|row| row.try_get("", "subject")).transpose()?)
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
