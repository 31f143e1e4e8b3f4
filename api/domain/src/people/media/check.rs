//! What WeChat thinks of a picture, where the deployment has a mini-program.
//!
//! WeChat is asked after the picture was stored, and fetches it by a link that holds long enough; its answer comes to the webhook. *Risky* rejects,
//! *pass* approves, *review* leaves it to people. Whoever WeChat does not know, or has not seen within two hours, is left to people too. A verdict that
//! comes before the row it is about is kept, and decides when that row is written.
//!
//! Invariant: a verdict changes a pending picture alone; people's decisions stand.

use entity::id::{AccountId, MediaId};
use entity::media::{self, MediaState};
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::review::{Decision, settle};
use super::{Variant, link};
use crate::db::{Db, sql};
use crate::error::Result;
use crate::keys::Keys;
use crate::people::wechat::check::{self, Scene};
use crate::people::wechat::{Verdict, Wechat};
use crate::tx::Tx;

/// Pictures of one round.
const BATCH: i64 = 20;
/// Tries before a picture is left to people.
const TRIES_MAX: i32 = 5;
/// How long a try may take before another process may try again, in microseconds.
const CLAIM_MICROS: i64 = UtcMicros::MINUTE;
/// How long WeChat may take to fetch a picture, in microseconds: it answers within half an hour.
const FETCH_MICROS: i64 = UtcMicros::HOUR;
/// What is told of a picture that WeChat finds risky.
const RISKY: &str = "微信内容安全检测未通过";

/// Asks WeChat about the pictures whose turn has come; gives how many were tried. `host` is what the addresses of this host begin with.
///
/// # Errors
/// When the database refuses.
pub async fn ask_due(db: &Db, keys: &Keys, wechat: &Wechat, host: &str) -> Result<u64> {
    let statement = "SELECT id, account_id, check_tries FROM media WHERE check_at <= $1 ORDER BY check_at LIMIT $2";
    let rows = db.reader().query_all_raw(sql(db.reader(), statement, [db.now().0.into(), BATCH.into()])).await?;
    let mut tried = 0;
    for row in rows {
        let (id, account_id): (MediaId, AccountId) = (row.try_get("", "id")?, row.try_get("", "account_id")?);
        let before: i32 = row.try_get("", "check_tries")?;
        let now = db.now();
        let claim = "UPDATE media SET check_tries = check_tries + 1, check_at = $2 WHERE id = $1 AND state = 'PENDING' AND check_at <= $3";
        let values = [id.into(), now.plus(CLAIM_MICROS << before).0.into(), now.0.into()];
        if db.writer().execute_raw(sql(db.writer(), claim, values)).await?.rows_affected() == 0 {
            continue;
        }
        tried += 1;
        let address = format!("{}{}", host.trim_end_matches('/'), link::make(keys, id, Variant::Full, now.plus(FETCH_MICROS)));
        let again = match ask(db, keys, wechat, id, account_id, &address).await {
            Err(error) if error.code.retryable() => {
                if let Some(source) = &error.source {
                    tracing::warn!(code = error.code.text(), %source, "WeChat was not asked about a picture");
                }
                before + 1 < TRIES_MAX
            }
            // Asked; or WeChat does not know the person, or does not want the picture.
            _ => false,
        };
        if !again {
            media::Entity::update_many()
                .col_expr(media::Column::CheckAt, Expr::value(Option::<UtcMicros>::None))
                .filter(media::Column::Id.eq(id))
                .exec(db.writer())
                .await?;
        }
    }
    Ok(tried)
}

/// Asks WeChat about one picture, and writes down which; what it has said by then decides at once. A process that dies between the two asks again.
async fn ask(db: &Db, keys: &Keys, wechat: &Wechat, id: MediaId, account_id: AccountId, address: &str) -> Result<()> {
    let trace_id = check::ask_image(db, keys, wechat, account_id, Scene::Post, address).await?;
    let tx = db.begin().await?;
    if let Some(verdict) = check::expect(&tx, account_id, &id.to_string(), &trace_id).await? {
        apply(&tx, id, verdict).await?;
    }
    tx.commit().await
}

/// Keeps what WeChat says about something, and lets it decide when that is a pending picture.
///
/// # Errors
/// When the database refuses.
pub async fn heard(db: &Db, trace_id: &str, verdict: Verdict) -> Result<()> {
    let tx = db.begin().await?;
    let subject = check::decide(&tx, trace_id, verdict).await?;
    if let Some(id) = subject.and_then(|subject| subject.parse::<MediaId>().ok()) {
        apply(&tx, id, verdict).await?;
    }
    tx.commit().await
}

/// Lets a verdict decide on a picture that waits.
async fn apply(tx: &Tx, id: MediaId, verdict: Verdict) -> Result<()> {
    let decision = match verdict {
        Verdict::Pass => Decision::Approve,
        Verdict::Risky => Decision::Reject,
        Verdict::Review => return Ok(()),
    };
    settle(tx, id, &[MediaState::Pending], decision, None, RISKY).await.map(drop)
}
