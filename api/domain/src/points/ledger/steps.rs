//! The two hot operations on SQLite: the steps of [`super::postgres`] one after another, inside an immediate transaction that keeps every other
//! writer out.

use entity::entry::Contra;
use entity::id::{OperationId, ServiceRecordId};
use entity::operation::OperationKind;
use entity::reward::RewardState;
use entity::wallet::WalletState;
use entity::{reward, wallet};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::movement::{self, Cause, Movement};
use super::{AwardBatch, AwardLine, Spend, Spent};
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::tx::Tx;

/// Spends points on a reward. `None`: the key was used before and nothing was done.
///
/// # Errors
/// The code of the constraint that refused; an internal error when a step found no row.
pub async fn redeem(tx: &Tx, spend: &Spend) -> Result<Option<Spent>> {
    let cause = Cause {
        community_id: spend.community_id,
        idem_key: spend.idem_key.clone(),
        kind: OperationKind::Redeem,
        cause_id: spend.redemption_id.into(),
        reverses: None,
        actor_id: Some(spend.actor_id),
        approver_id: None,
        reason: None,
        policy_version: None,
    };
    let Some(operation_id) = movement::operation(tx, &cause, spend.request_hash).await? else { return Ok(None) };
    let usable = wallet::Entity::find_by_id(spend.wallet_id)
        .filter(wallet::Column::CommunityId.eq(spend.community_id))
        .filter(wallet::Column::State.eq(WalletState::Active))
        .filter(wallet::Column::Debt.eq(0))
        .one(&tx.connection)
        .await?;
    if usable.is_none() {
        return Err(Error::internal("the wallet cannot be used"));
    }
    let out = Movement { credits: 0, debits: spend.cost, debt: 0, lapsed: 0, contra: Contra::Shop, expires_on: None };
    let balance = movement::enter(tx, operation_id, spend.wallet_id, out).await?;
    take_from_stock(tx, spend).await?;
    keep_reserved(tx, spend, operation_id).await?;
    Ok(Some(Spent { operation_id, balance }))
}

async fn take_from_stock(tx: &Tx, spend: &Spend) -> Result<()> {
    let taken = reward::Entity::update_many()
        .col_expr(reward::Column::Stock, Expr::col(reward::Column::Stock).sub(spend.quantity))
        .filter(reward::Column::Id.eq(spend.reward_id))
        .filter(reward::Column::CommunityId.eq(spend.community_id))
        .filter(reward::Column::State.eq(RewardState::Active))
        .filter(Expr::col(reward::Column::Price).mul(spend.quantity).eq(spend.cost))
        .exec_with_returning(&tx.connection)
        .await?;
    let reward = taken.first().ok_or_else(|| Error::internal("the reward cannot be taken at that price"))?;
    let month = tx.today().month_key();
    for (period, allowed) in [(0, reward.per_person_max), (month, reward.per_month_max)] {
        let Some(allowed) = allowed else { continue };
        let quota = "INSERT INTO reward_quota (reward_id, wallet_id, period, taken, allowed) VALUES ($1, $2, $3, $4, $5) \
                     ON CONFLICT (reward_id, wallet_id, period) DO UPDATE SET taken = reward_quota.taken + EXCLUDED.taken, allowed = EXCLUDED.allowed";
        let values = [spend.reward_id.into(), spend.wallet_id.into(), period.into(), spend.quantity.into(), allowed.into()];
        tx.connection.execute_raw(sql(&tx.connection, quota, values)).await?;
    }
    Ok(())
}

async fn keep_reserved(tx: &Tx, spend: &Spend, operation_id: OperationId) -> Result<()> {
    let redemption = "INSERT INTO redemption (id, community_id, volunteer_id, wallet_id, reward_id, operation_id, quantity, cost, quota_month, \
                      state, pickup_hash, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'RESERVED', $10, $11, $12)";
    let values = [
        spend.redemption_id.into(),
        spend.community_id.into(),
        spend.volunteer_id.into(),
        spend.wallet_id.into(),
        spend.reward_id.into(),
        operation_id.into(),
        spend.quantity.into(),
        spend.cost.into(),
        tx.today().month_key().into(),
        spend.pickup_hash.to_vec().into(),
        spend.expires_at.into(),
        tx.now.into(),
    ];
    tx.connection.execute_raw(sql(&tx.connection, redemption, values)).await?;
    let outbox = "INSERT INTO outbox (topic, payload, created_at) VALUES ('redemption', $1, $2)";
    tx.connection.execute_raw(sql(&tx.connection, outbox, [spend.event.as_str().into(), tx.now.into()])).await?;
    Ok(())
}

/// Posts a batch of awards.
///
/// # Errors
/// `ALREADY_AWARDED`.
pub async fn award(tx: &Tx, batch: AwardBatch, lines: &[AwardLine]) -> Result<Vec<(ServiceRecordId, OperationId)>> {
    let wallets = wallet::Entity::find()
        .filter(wallet::Column::VolunteerId.is_in(lines.iter().map(|line| line.volunteer_id)))
        .filter(wallet::Column::CommunityId.eq(batch.community_id))
        .all(&tx.connection)
        .await?;
    let mut posted = Vec::with_capacity(lines.len());
    for line in lines {
        let wallet = wallets.iter().find(|row| row.volunteer_id == line.volunteer_id).ok_or_else(|| Error::from(Code::NotFound))?;
        let paid = std::cmp::min(wallet.debt, line.points);
        let cause = Cause {
            community_id: batch.community_id,
            idem_key: format!("award:{}", line.record_id.0),
            kind: OperationKind::Award,
            cause_id: line.record_id.into(),
            reverses: None,
            actor_id: batch.actor_id,
            approver_id: None,
            reason: None,
            policy_version: Some(line.policy_version),
        };
        let earned = line.points - paid;
        let earn = Movement { credits: earned, debits: 0, debt: -paid, lapsed: 0, contra: Contra::Issuance, expires_on: Some(line.expires_on) };
        let hash = crate::keys::sha256(&serde_json::to_vec(line).map_err(Error::internal)?);
        let operation_id = movement::post(tx, &cause, hash, wallet.id, earn).await?.ok_or_else(|| Error::from(Code::AlreadyAwarded))?;
        if earned > 0 {
            movement::fill_bucket(tx, wallet.id, line.expires_on, earned).await?;
        }
        posted.push((line.record_id, operation_id));
    }
    Ok(posted)
}
