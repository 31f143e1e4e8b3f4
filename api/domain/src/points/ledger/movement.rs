//! One movement of one wallet, for every operation that is not hot: lock, operation, counters, entry.
//!
//! A [`Movement`] says how the counters change; [`post`] writes operation, wallet and entry together. The caller holds the wallet's lock
//! ([`lock`]), so what it computed from the row it locked is still true when it posts.

use entity::entry::Contra;
use entity::id::{AccountId, CommunityId, OperationId, WalletId};
use entity::operation::OperationKind;
use entity::time::BusinessDate;
use entity::wallet;
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::tx::Tx;

/// The operation a movement belongs to.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The community.
    pub community_id: CommunityId,
    /// Unique within the community.
    pub idem_key: String,
    /// What happened.
    pub kind: OperationKind,
    /// The record, redemption or adjustment behind it.
    pub cause_id: Uuid,
    /// The operation taken back.
    pub reverses: Option<OperationId>,
    /// Who did it.
    pub actor_id: Option<AccountId>,
    /// Who agreed.
    pub approver_id: Option<AccountId>,
    /// Why.
    pub reason: Option<String>,
    /// The policy followed.
    pub policy_version: Option<i32>,
}

/// How a wallet's counters change.
#[derive(Clone, Copy, Debug)]
pub struct Movement {
    /// Added to credits.
    pub credits: i64,
    /// Added to debits.
    pub debits: i64,
    /// Added to debt.
    pub debt: i64,
    /// Points of a reversed award that had expired unused.
    pub lapsed: i64,
    /// The other side.
    pub contra: Contra,
    /// When points that come in expire.
    pub expires_on: Option<BusinessDate>,
}

/// Locks a wallet and reads it.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn lock(tx: &Tx, id: WalletId) -> Result<wallet::Model> {
    let row = wallet::Entity::find_by_id(id).lock_exclusive().one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// Locks wallets, in the order in which everybody does who locks several.
///
/// # Errors
/// When the database refuses.
pub async fn lock_all(tx: &Tx, ids: &[WalletId]) -> Result<()> {
    let rows = wallet::Entity::find().select_only().column(wallet::Column::Id).filter(wallet::Column::Id.is_in(ids.iter().copied()));
    let _: Vec<WalletId> = rows.order_by_asc(wallet::Column::Id).lock_exclusive().into_tuple().all(&tx.connection).await?;
    Ok(())
}

/// Writes the operation. `None`: its key was used before.
///
/// # Errors
/// The code of the constraint that refused.
pub async fn operation(tx: &Tx, cause: &Cause, request_hash: [u8; 32]) -> Result<Option<OperationId>> {
    let statement = "INSERT INTO operation (community_id, idem_key, request_hash, kind, cause_id, reverses, actor_id, approver_id, reason, \
                     policy_version, business_date, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                     ON CONFLICT (community_id, idem_key) DO NOTHING RETURNING id";
    let values = [
        cause.community_id.into(),
        cause.idem_key.as_str().into(),
        request_hash.to_vec().into(),
        cause.kind.to_value().into(),
        cause.cause_id.into(),
        cause.reverses.into(),
        cause.actor_id.into(),
        cause.approver_id.into(),
        cause.reason.clone().into(),
        cause.policy_version.into(),
        tx.today().into(),
        tx.now.into(),
    ];
    let row = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?.map(OperationId))
}

/// Moves the counters and writes the entry of an operation; gives the balance after it.
///
/// # Errors
/// `POINTS_INSUFFICIENT` when the balance would fall below zero.
pub async fn enter(tx: &Tx, operation_id: OperationId, wallet_id: WalletId, movement: Movement) -> Result<i64> {
    let counters = "UPDATE wallet SET credits = credits + $2, debits = debits + $3, debt = debt + $4, version = version + 1 WHERE id = $1 \
                    RETURNING version, debt, credits - debits AS balance";
    let values = [wallet_id.into(), movement.credits.into(), movement.debits.into(), movement.debt.into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, counters, values)).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    let balance: i64 = row.try_get("", "balance")?;
    let entry = "INSERT INTO entry (operation_id, wallet_id, wallet_version, delta, balance_after, debt_change, debt_after, lapsed, contra, \
                 expires_on, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let values = [
        operation_id.into(),
        wallet_id.into(),
        row.try_get::<i64>("", "version")?.into(),
        (movement.credits - movement.debits).into(),
        balance.into(),
        movement.debt.into(),
        row.try_get::<i64>("", "debt")?.into(),
        movement.lapsed.into(),
        movement.contra.to_value().into(),
        movement.expires_on.into(),
        tx.now.into(),
    ];
    tx.connection.execute_raw(sql(&tx.connection, entry, values)).await?;
    Ok(balance)
}

/// Writes operation, counters and entry. `None`: the key was used before and nothing was done.
///
/// # Errors
/// The code of the constraint that refused.
pub async fn post(tx: &Tx, cause: &Cause, request_hash: [u8; 32], wallet_id: WalletId, movement: Movement) -> Result<Option<OperationId>> {
    let Some(operation_id) = operation(tx, cause, request_hash).await? else { return Ok(None) };
    enter(tx, operation_id, wallet_id, movement).await?;
    Ok(Some(operation_id))
}

/// Adds to what a wallet earned for an expiry date (takes away when negative).
///
/// # Errors
/// When the bucket would fall below zero, which is a fault of the caller.
pub async fn fill_bucket(tx: &Tx, wallet_id: WalletId, expires_on: BusinessDate, earned: i64) -> Result<()> {
    let statement = "INSERT INTO bucket (wallet_id, expires_on, earned) VALUES ($1, $2, $3) \
                     ON CONFLICT (wallet_id, expires_on) DO UPDATE SET earned = bucket.earned + EXCLUDED.earned";
    tx.connection.execute_raw(sql(&tx.connection, statement, [wallet_id.into(), expires_on.into(), earned.into()])).await?;
    Ok(())
}
