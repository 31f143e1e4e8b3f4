//! How long lines are kept, and how they go.
//!
//! The law asks for six months of network logs; they never exceed 184 days, which is the least, and what holds for a community that says nothing. A
//! community may say more; the longest it ever said holds, so that nobody shortens what is being kept. What belongs to no community is kept as long as
//! the longest of any. A line goes on the day after its last whole day, together with its outcome and their links, from the beginning of the chain on.
//!
//! Invariant: nothing goes but by a checkpoint, and no checkpoint is written for what is younger than 184 days (triggers).

use entity::id::CommunityId;
use entity::time::UtcMicros;
use entity::{audit_checkpoint, audit_policy};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, QueryResult};
use uuid::Uuid;

use super::name_of;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Days that a line is kept at least.
pub const DAYS_MIN: i32 = 184;
/// Most days that a community may ask for: ten years.
pub const DAYS_MAX: i32 = 3_660;
/// Most links that go in one transaction.
const BATCH: i64 = 2_000;

/// The oldest link of each community's chain that is due, with its number. `$1` is the beginning of today, `$2` a day, `$3` the least days.
const DUE: &str = "SELECT c.id AS chain, k.number FROM community c \
                   JOIN audit_link k ON k.chain = c.id AND k.number = (SELECT MIN(m.number) FROM audit_link m WHERE m.chain = c.id) \
                   JOIN audit_line l ON l.id = k.line_id \
                   WHERE l.begun_at < $1 - $2 * COALESCE((SELECT MAX(p.days) FROM audit_policy p WHERE p.community_id = c.id), $3) LIMIT 1";
/// The same for what belongs to no community, whose chain is `$4`.
const DUE_OF_NONE: &str = "SELECT k.chain, k.number FROM audit_link k JOIN audit_line l ON l.id = k.line_id \
                           WHERE k.chain = $4 AND k.number = (SELECT MIN(m.number) FROM audit_link m WHERE m.chain = $4) \
                           AND l.begun_at < $1 - $2 * COALESCE((SELECT MAX(p.days) FROM audit_policy p), $3)";
/// The first link up to `$2` whose line is begun at `$3` or later.
const YOUNG: &str = "SELECT MIN(k.number) AS number FROM audit_link k JOIN audit_line l ON l.id = k.line_id \
                     WHERE k.chain = $1 AND k.number <= $2 AND l.begun_at >= $3";
/// The first link up to `$2` of a line that has another row whose link lies above or is still to be made: they go together.
const TORN: &str = "SELECT MIN(k.number) AS number FROM audit_link k JOIN audit_outcome o ON o.line_id = k.line_id \
                    LEFT JOIN audit_link e ON e.line_id = k.line_id AND e.part <> k.part \
                    WHERE k.chain = $1 AND k.number <= $2 AND (e.number IS NULL OR e.number > $2)";

/// How long a community keeps its lines, in days.
///
/// # Errors
/// When the database cannot be read.
pub async fn days(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<i32> {
    let statement = "SELECT MAX(days) AS days FROM audit_policy WHERE community_id = $1";
    let row = connection.query_one_raw(sql(connection, statement, [community_id.into()])).await?;
    let longest: Option<i32> = row.map(|row| row.try_get("", "days")).transpose()?.flatten();
    Ok(longest.unwrap_or(DAYS_MIN))
}

/// Keeps the lines of the actor's community for longer from now on; gives for how long. The same number again changes nothing.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` on `days` for more than [`DAYS_MAX`] or less than is kept already.
pub async fn lengthen(tx: &Tx, actor: &Actor, wanted: i32) -> Result<i32> {
    actor.require(Action::LengthenAuditRetention, &actor.home())?;
    let kept = days(&tx.connection, actor.community_id).await?;
    if !(kept..=DAYS_MAX).contains(&wanted) {
        return Err(Error::from(Code::BadInput).on("days").with("min", kept).with("max", DAYS_MAX));
    }
    if wanted > kept {
        let row = audit_policy::Model { community_id: actor.community_id, days: wanted, published_by: actor.account_id, published_at: tx.now };
        audit_policy::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    }
    Ok(wanted)
}

/// Cuts off the oldest part of a chain; gives how many links went.
///
/// # Errors
/// When the database refuses.
pub async fn cut(tx: &Tx) -> Result<u64> {
    let today = tx.today().starts_at();
    let values = || [today.into(), UtcMicros::DAY.into(), i64::from(DAYS_MIN).into()];
    let mut due = tx.connection.query_one_raw(sql(&tx.connection, DUE, values())).await?;
    if due.is_none() {
        let values = values().into_iter().chain([Uuid::nil().into()]);
        due = tx.connection.query_one_raw(sql(&tx.connection, DUE_OF_NONE, values)).await?;
    }
    let Some(due) = due else { return Ok(0) };
    let (chain, first): (Uuid, i64) = (due.try_get("", "chain")?, due.try_get("", "number")?);
    let kept = if chain.is_nil() { longest(&tx.connection).await? } else { days(&tx.connection, CommunityId(chain)).await? };
    let limit = today.plus(-i64::from(kept) * UtcMicros::DAY);
    let Some(last) = last_to_go(&tx.connection, chain, first, limit).await? else { return Ok(0) };
    go(tx, chain, last).await?;
    tracing::info!(chain = name_of(chain), number = last, "the oldest lines of the audit log were let go");
    u64::try_from(last - first + 1).map_err(Error::internal)
}

/// The longest that any community keeps its lines.
async fn longest(connection: &impl ConnectionTrait) -> Result<i32> {
    let row = connection.query_one_raw(sql(connection, "SELECT MAX(days) AS days FROM audit_policy", [])).await?;
    let longest: Option<i32> = row.map(|row| row.try_get("", "days")).transpose()?.flatten();
    Ok(longest.unwrap_or(DAYS_MIN))
}

/// The last link that goes, where any does: all up to it are of lines begun before `limit`, with their outcomes.
async fn last_to_go(connection: &impl ConnectionTrait, chain: Uuid, first: i64, limit: UtcMicros) -> Result<Option<i64>> {
    let number = |row: Option<QueryResult>| -> Result<Option<i64>> { Ok(row.map(|row| row.try_get("", "number")).transpose()?.flatten()) };
    let head = "SELECT MAX(number) AS number FROM audit_link WHERE chain = $1 AND number <= $2";
    let head = connection.query_one_raw(sql(connection, head, [chain.into(), (first + BATCH - 1).into()])).await?;
    let Some(mut last) = number(head)? else { return Ok(None) };
    let young = connection.query_one_raw(sql(connection, YOUNG, [chain.into(), last.into(), limit.into()])).await?;
    if let Some(young) = number(young)? {
        last = young - 1;
    }
    while last >= first {
        let torn = connection.query_one_raw(sql(connection, TORN, [chain.into(), last.into()])).await?;
        match number(torn)? {
            Some(torn) => last = torn - 1,
            None => return Ok(Some(last)),
        }
    }
    Ok(None)
}

/// Writes the checkpoint and lets everything up to it go.
async fn go(tx: &Tx, chain: Uuid, last: i64) -> Result<()> {
    let hash = "SELECT hash FROM audit_link WHERE chain = $1 AND number = $2";
    let row = tx.connection.query_one_raw(sql(&tx.connection, hash, [chain.into(), last.into()])).await?;
    let row = row.ok_or_else(|| Error::internal("a link of the audit log is missing"))?;
    let checkpoint = audit_checkpoint::Model { chain, number: last, hash: row.try_get("", "hash")?, made_at: tx.now };
    audit_checkpoint::Entity::insert(checkpoint.into_active_model()).exec_without_returning(&tx.connection).await?;
    for statement in [
        "DELETE FROM audit_outcome WHERE line_id IN (SELECT line_id FROM audit_link WHERE chain = $1 AND number <= $2)",
        "DELETE FROM audit_line WHERE id IN (SELECT line_id FROM audit_link WHERE chain = $1 AND number <= $2)",
        "DELETE FROM audit_link WHERE chain = $1 AND number <= $2",
    ] {
        tx.connection.execute_raw(sql(&tx.connection, statement, [chain.into(), last.into()])).await?;
    }
    Ok(())
}
