//! The two hot operations on PostgreSQL, one statement each.
//!
//! A data-modifying CTE does every step in one round trip, so a row stays locked only until the statement's own commit. The steps are chained
//! (`FROM op`, `FROM w`): wallet before reward, the hot row last. A step that finds no row makes a NOT NULL column null, which refuses the whole
//! statement; which rule that was is looked up afterwards.

use entity::id::{OperationId, ServiceRecordId};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::{AwardBatch, AwardLine, Spend, Spent};
use crate::db::sql;
use crate::error::{Error, Result};

/// The whole of a redemption.
pub const REDEEM: &str = "
WITH op AS (
  INSERT INTO operation (community_id, idem_key, request_hash, kind, cause_id, actor_id, business_date, created_at)
  VALUES ($1, $2, $3, 'REDEEM', $4, $5, $6, $7)
  ON CONFLICT (community_id, idem_key) DO NOTHING RETURNING id
), w AS (
  UPDATE wallet SET debits = wallet.debits + $9, version = wallet.version + 1 FROM op
  WHERE wallet.id = $8 AND wallet.community_id = $1 AND wallet.state = 'ACTIVE' AND wallet.debt = 0
  RETURNING wallet.version, wallet.credits - wallet.debits AS balance
), r AS (
  UPDATE reward SET stock = reward.stock - $11 FROM w
  WHERE reward.id = $10 AND reward.community_id = $1 AND reward.state = 'ACTIVE' AND reward.price * $11 = $9
  RETURNING reward.per_person_max, reward.per_month_max
), q AS (
  INSERT INTO reward_quota (reward_id, wallet_id, period, taken, allowed)
  SELECT $10, $8, p.period, $11, p.allowed FROM r CROSS JOIN LATERAL (VALUES (0, r.per_person_max), ($12, r.per_month_max)) AS p (period, allowed)
  WHERE p.allowed IS NOT NULL
  ON CONFLICT (reward_id, wallet_id, period)
  DO UPDATE SET taken = reward_quota.taken + EXCLUDED.taken, allowed = EXCLUDED.allowed
), e AS (
  INSERT INTO entry (operation_id, wallet_id, wallet_version, delta, balance_after, contra, created_at)
  SELECT op.id, $8, (SELECT version FROM w), (SELECT -$9::bigint FROM r), (SELECT balance FROM w), 'SHOP', $7 FROM op
  RETURNING operation_id, balance_after
), d AS (
  INSERT INTO redemption (id, community_id, volunteer_id, wallet_id, reward_id, operation_id, quantity, cost, quota_month, state,
                          pickup_hash, expires_at, created_at)
  SELECT $4, $1, $13, $8, $10, e.operation_id, $11, $9, $12, 'RESERVED', $14, $15, $7 FROM e
), o AS (
  INSERT INTO outbox (topic, payload, created_at) SELECT 'redemption', $16, $7 FROM e
)
SELECT operation_id, balance_after FROM e";

const AWARD: &str = "
WITH input AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json)
  AS i (record_id uuid, volunteer_id uuid, points bigint, expires_on int, business_date int, policy_version int)
), locked AS MATERIALIZED (
  SELECT wallet.id, wallet.debt, i.* FROM wallet JOIN input i ON i.volunteer_id = wallet.volunteer_id
  WHERE wallet.community_id = $2 ORDER BY wallet.id FOR UPDATE OF wallet
), op AS (
  INSERT INTO operation (community_id, idem_key, request_hash, kind, cause_id, actor_id, policy_version, business_date, created_at)
  SELECT $2, 'award:' || i.record_id, $5, 'AWARD', i.record_id, $3, i.policy_version, i.business_date, $4 FROM input i
  RETURNING id, cause_id
), w AS (
  UPDATE wallet SET debt = wallet.debt - LEAST(wallet.debt, l.points),
                    credits = wallet.credits + l.points - LEAST(wallet.debt, l.points),
                    version = wallet.version + 1
  FROM locked l WHERE wallet.id = l.id
  RETURNING wallet.id, wallet.version, wallet.debt, wallet.credits - wallet.debits AS balance, wallet.debt - l.debt AS debt_change,
            l.points + wallet.debt - l.debt AS delta, l.record_id, l.expires_on
), b AS (
  INSERT INTO bucket (wallet_id, expires_on, earned) SELECT w.id, w.expires_on, w.delta FROM w WHERE w.delta > 0
  ON CONFLICT (wallet_id, expires_on) DO UPDATE SET earned = bucket.earned + EXCLUDED.earned
), e AS (
  INSERT INTO entry (operation_id, wallet_id, wallet_version, delta, balance_after, debt_change, debt_after, contra, expires_on, created_at)
  SELECT op.id, w.id, w.version, w.delta, w.balance, w.debt_change, w.debt, 'ISSUANCE', w.expires_on, $4
  FROM op LEFT JOIN w ON w.record_id = op.cause_id
)
SELECT id, cause_id FROM op";

/// Spends points on a reward. `None`: the key was used before and nothing was done.
///
/// # Errors
/// The code of the constraint that refused; an internal error when a step found no row.
pub async fn redeem(connection: &impl ConnectionTrait, spend: &Spend) -> Result<Option<Spent>> {
    let today = spend.now.business_date();
    let values = [
        spend.community_id.into(),
        spend.idem_key.as_str().into(),
        spend.request_hash.to_vec().into(),
        spend.redemption_id.into(),
        spend.actor_id.into(),
        today.into(),
        spend.now.into(),
        spend.wallet_id.into(),
        spend.cost.into(),
        spend.reward_id.into(),
        spend.quantity.into(),
        today.month_key().into(),
        spend.volunteer_id.into(),
        spend.pickup_hash.to_vec().into(),
        spend.expires_at.into(),
        spend.event.as_str().into(),
    ];
    let row = connection.query_one_raw(sql(connection, REDEEM, values)).await?;
    row.map(|row| Ok(Spent { operation_id: OperationId(row.try_get("", "operation_id")?), balance: row.try_get("", "balance_after")? })).transpose()
}

/// Posts a batch of awards.
///
/// # Errors
/// `ALREADY_AWARDED`.
pub async fn award(connection: &impl ConnectionTrait, batch: AwardBatch, lines: &[AwardLine]) -> Result<Vec<(ServiceRecordId, OperationId)>> {
    let input = serde_json::to_string(lines).map_err(Error::internal)?;
    let hash = crate::keys::sha256(input.as_bytes()).to_vec();
    let values = [input.into(), batch.community_id.into(), batch.actor_id.into(), batch.now.into(), hash.into()];
    let rows = connection.query_all_raw(sql(connection, AWARD, values)).await?;
    rows.iter().map(|row| Ok((ServiceRecordId(row.try_get::<Uuid>("", "cause_id")?), OperationId(row.try_get("", "id")?)))).collect()
}
