//! Expiry (积分过期): points leave on the day after their last day, oldest first, with warnings before.
//!
//! There are no lots: what of a bucket is unspent is arithmetic (see [`super::wallet::remaining`]), so redeeming touches no bucket. A run closes the
//! buckets it is done with; a refund opens them again, and the next run takes what fell back. Warnings go out once at 30 and once at 7 days.
//!
//! Invariant: running twice changes nothing; a run in pieces ends where one run would.

use entity::bucket;
use entity::entry::Contra;
use entity::id::{CommunityId, WalletId};
use entity::operation::OperationKind;
use entity::time::BusinessDate;
use entity::volunteer;
use entity::wallet::{self, WalletState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::ledger::movement::{self, Cause, Movement};
use super::wallet::{buckets, remaining};
use crate::db::sql;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::keys::sha256;
use crate::outbox;
use crate::tx::Tx;

/// Wallets that one run takes.
const BATCH: u64 = 200;
/// Days before the last day at which a warning goes out, longest first.
pub const WARNING_DAYS: [u32; 2] = [30, 7];

/// Expires what is due in up to a batch of wallets; gives how many wallets it went through, 0 when nothing is left to do.
///
/// # Errors
/// When the database refuses.
pub async fn run(tx: &Tx) -> Result<usize> {
    let due: Vec<WalletId> = bucket::Entity::find()
        .select_only()
        .column(bucket::Column::WalletId)
        .distinct()
        .filter(bucket::Column::ExpiresOn.lt(tx.today()))
        .filter(bucket::Column::Closed.eq(false))
        .order_by_asc(bucket::Column::WalletId)
        .limit(BATCH)
        .into_tuple()
        .all(&tx.connection)
        .await?;
    for id in &due {
        expire_wallet(tx, *id, Some(tx.today())).await?;
    }
    Ok(due.len())
}

/// Lets every point of somebody who leaves for good lapse, and closes the wallet; gives how many points those were. Whatever still falls into the
/// wallet, as for a record that was waiting, lapses with the next expiry of its date.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, id: WalletId) -> Result<i64> {
    let lapsed = expire_wallet(tx, id, None).await?;
    wallet::Entity::update_many()
        .col_expr(wallet::Column::State, Expr::value(WalletState::Closed))
        .filter(wallet::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    Ok(lapsed)
}

/// Expires what a wallet has of buckets whose day is over by `today`, or of all of them; gives how many points.
async fn expire_wallet(tx: &Tx, id: WalletId, today: Option<BusinessDate>) -> Result<i64> {
    let wallet = movement::lock(tx, id).await?;
    let all = buckets(&tx.connection, id).await?;
    let mut expired = 0;
    let is_over = |day: BusinessDate| today.is_none_or(|today| day < today);
    let left = remaining(wallet.debits, &all).into_iter().filter(|part| part.points > 0 && is_over(part.expires_on));
    for part in left {
        let cause = Cause {
            community_id: wallet.community_id,
            // A refund may let the same bucket expire again, so the key carries the wallet's version.
            idem_key: format!("expire:{}:{}:{}", id.0, part.expires_on.0, wallet.version),
            kind: OperationKind::Expire,
            cause_id: wallet.volunteer_id.into(),
            reverses: None,
            actor_id: None,
            approver_id: None,
            reason: None,
            policy_version: None,
        };
        let out = Movement { credits: 0, debits: part.points, debt: 0, lapsed: 0, contra: Contra::Expiry, expires_on: Some(part.expires_on) };
        let posted = movement::post(tx, &cause, sha256(cause.idem_key.as_bytes()), id, out).await?;
        posted.ok_or_else(|| Error::internal("an expiry was posted under a lock that was not held"))?;
        let bucket = "UPDATE bucket SET expired = expired + $3 WHERE wallet_id = $1 AND expires_on = $2";
        tx.connection.execute_raw(sql(&tx.connection, bucket, [id.into(), part.expires_on.into(), part.points.into()])).await?;
        expired += part.points;
    }
    let mut closed = bucket::Entity::update_many().col_expr(bucket::Column::Closed, Expr::value(true)).filter(bucket::Column::WalletId.eq(id));
    if let Some(today) = today {
        closed = closed.filter(bucket::Column::ExpiresOn.lt(today));
    }
    closed.exec(&tx.connection).await?;
    Ok(expired)
}

/// Warns the owners of points that run out within 30 and within 7 days; gives how many buckets it went through.
///
/// # Errors
/// When the database refuses.
pub async fn warn(tx: &Tx) -> Result<usize> {
    let mut seen = 0;
    for days in WARNING_DAYS {
        let stage = i32::try_from(days).map_err(Error::internal)?;
        let due = bucket::Entity::find()
            .filter(bucket::Column::Closed.eq(false))
            .filter(bucket::Column::ExpiresOn.between(tx.today(), tx.today().plus_days(days)))
            .filter(Condition::any().add(bucket::Column::Warned.is_null()).add(bucket::Column::Warned.gt(stage)))
            .order_by_asc(bucket::Column::WalletId)
            .limit(BATCH)
            .all(&tx.connection)
            .await?;
        seen += due.len();
        for row in due {
            warn_owner(tx, &row, days).await?;
            bucket::Entity::update_many()
                .col_expr(bucket::Column::Warned, Expr::value(stage))
                .filter(bucket::Column::WalletId.eq(row.wallet_id))
                .filter(bucket::Column::ExpiresOn.eq(row.expires_on))
                .exec(&tx.connection)
                .await?;
        }
    }
    Ok(seen)
}

async fn warn_owner(tx: &Tx, row: &bucket::Model, days: u32) -> Result<()> {
    let Some(wallet) = wallet::Entity::find_by_id(row.wallet_id).one(&tx.connection).await? else { return Ok(()) };
    let left = remaining(wallet.debits, &buckets(&tx.connection, wallet.id).await?);
    let points = left.iter().find(|part| part.expires_on == row.expires_on).map_or(0, |part| part.points);
    let owner = volunteer::Entity::find_by_id(wallet.volunteer_id).one(&tx.connection).await?;
    match owner.and_then(|volunteer| volunteer.account_id) {
        Some(account_id) if points > 0 => outbox::record(tx, &Event::PointsExpiring { account_id, points, expires_on: row.expires_on, days }).await,
        _ => Ok(()),
    }
}

/// Points of a whole community that run out up to a day: what the store must be ready for.
///
/// # Errors
/// When the database cannot be read.
pub async fn outlook(connection: &impl ConnectionTrait, community_id: CommunityId, until: BusinessDate) -> Result<i64> {
    let statement = "SELECT CAST(COALESCE(SUM(CASE WHEN due > debits THEN due - debits ELSE 0 END), 0) AS BIGINT) AS points FROM \
                     (SELECT wallet.debits AS debits, SUM(bucket.earned) AS due FROM wallet JOIN bucket ON bucket.wallet_id = wallet.id \
                      WHERE wallet.community_id = $1 AND bucket.expires_on <= $2 GROUP BY wallet.id, wallet.debits) AS per_wallet";
    let row = connection.query_one_raw(sql(connection, statement, [community_id.into(), until.into()])).await?;
    Ok(row.map(|row| row.try_get("", "points")).transpose()?.unwrap_or_default())
}
