//! Redemptions (兑换): points for a reward, a one-time pickup code, and the way back.
//!
//! RESERVED → FULFILLED at the desk, or CANCELLED by the member or the desk, or EXPIRED by itself when nobody comes; the last two return points,
//! stock and quota. Points come back at their old expiry: they fall into the bucket they left, so cancelling renews nothing.
//!
//! The pickup code is derived from the redemption's id with a key that the database does not hold; the row keeps its hash. It has 80 bits,
//! works once, within its community, until it runs out.
//!
//! Invariant: points, stock, quota and redemption change in one transaction (one statement on PostgreSQL), or not at all.
//! Invariant: one key is one redemption; a refused try leaves nothing, so the same key may be sent again.

use entity::entry::Contra;
use entity::id::{AccountId, RedemptionId, RewardId, WalletId};
use entity::operation::{self, OperationKind};
use entity::redemption::{self, RedemptionState};
use entity::reward::RewardState;
use entity::time::UtcMicros;
use entity::{bucket, reward, volunteer};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::ledger::movement::{self, Cause, Movement};
use super::ledger::{self, Spend};
use super::wallet;
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::event::Event;
use crate::idempotency;
use crate::keys::{Keys, Purpose, sha256};
use crate::outbox;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, ActorVolunteer};
use crate::tx::Tx;

/// Most of one reward in one redemption.
pub const QUANTITY_MAX: i64 = 100;
/// Wallets whose reservations one run of due work closes.
const DUE_BATCH: u64 = 200;

/// A member's order.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    /// What.
    pub reward_id: RewardId,
    /// How many, 1 to [`QUANTITY_MAX`].
    pub quantity: i64,
    /// The whole price the member was shown.
    pub cost: i64,
}

/// The pickup code of a redemption: 16 characters without 0, 1, I and O, in groups of four.
#[must_use]
pub fn pickup_code(keys: &Keys, id: RedemptionId) -> String {
    code_of(&keys.hash(Purpose::PickupCode, id.0.as_bytes()))
}

/// The pickup code of a redemption as it was made, under whichever known secret that was.
#[must_use]
pub fn shown_code(keys: &Keys, row: &redemption::Model) -> String {
    let codes = keys.hashes(Purpose::PickupCode, row.id.0.as_bytes()).into_iter().map(|hash| code_of(&hash));
    let mut made = codes.filter(|code| pickup_hash(code).as_slice() == row.pickup_hash);
    made.next().unwrap_or_else(|| pickup_code(keys, row.id))
}

fn code_of(hash: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let mut code = String::with_capacity(19);
    for (at, byte) in hash.iter().take(16).enumerate() {
        if at > 0 && at % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(byte % 32)]));
    }
    code
}

/// The stored form of a pickup code, however it was typed.
pub(super) fn pickup_hash(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    sha256(plain.as_bytes())
}

/// Spends points on a reward. A repeated key with the same order gives the first answer again.
///
/// # Errors
/// `POINTS_INSUFFICIENT`, `POINTS_OWED`, `OUT_OF_STOCK`, `QUOTA_EXCEEDED`, `PRICE_CHANGED`, `REWARD_WITHDRAWN`, `WALLET_FROZEN`, `NOT_FOUND`,
/// `IDEMPOTENCY_MISMATCH`.
pub async fn redeem(db: &Db, keys: &Keys, actor: &Actor, pickup_days: i32, key: &str, order: &Order) -> Result<redemption::Model> {
    let spend = prepare(keys, actor, db.now(), pickup_days, key, order)?;
    let outcome = if db.posts_in_one_statement() {
        ledger::postgres::redeem(db.writer(), &spend).await
    } else {
        let tx = db.begin().await?;
        let outcome = ledger::steps::redeem(&tx, &spend).await;
        if outcome.is_ok() {
            tx.commit().await?;
        }
        outcome
    };
    match outcome {
        Ok(Some(done)) => Ok(reserved(&spend, done.operation_id)),
        // The key was used, or the try was refused after an earlier one had succeeded and its answer was lost.
        Ok(None) => first_answer(db.writer(), &spend).await?.ok_or_else(|| Code::Conflict.into()),
        Err(refusal) => match first_answer(db.writer(), &spend).await? {
            Some(first) => Ok(first),
            None => Err(explain(db.writer(), &spend, refusal).await),
        },
    }
}

/// The same inside a transaction that does more.
///
/// # Errors
/// As [`redeem`]; on PostgreSQL the transaction is lost with a refusal.
pub async fn redeem_in(tx: &Tx, keys: &Keys, actor: &Actor, pickup_days: i32, key: &str, order: &Order) -> Result<redemption::Model> {
    let spend = prepare(keys, actor, tx.now, pickup_days, key, order)?;
    let done = match tx.backend() {
        sea_orm::DbBackend::Postgres => ledger::postgres::redeem(&tx.connection, &spend).await?,
        _ => ledger::steps::redeem(tx, &spend).await?,
    };
    match done {
        Some(done) => Ok(reserved(&spend, done.operation_id)),
        None => first_answer(&tx.connection, &spend).await?.ok_or_else(|| Code::Conflict.into()),
    }
}

fn prepare(keys: &Keys, actor: &Actor, now: UtcMicros, pickup_days: i32, key: &str, order: &Order) -> Result<Spend> {
    let ActorVolunteer { id: volunteer_id, wallet_id, .. } = actor.require_own(Action::RedeemReward)?;
    idempotency::check_key(key)?;
    if !(1..=QUANTITY_MAX).contains(&order.quantity) {
        return Err(Error::from(Code::BadInput).on("quantity").with("max", QUANTITY_MAX));
    }
    if order.cost <= 0 {
        return Err(Error::from(Code::BadInput).on("cost"));
    }
    let redemption_id = RedemptionId::new(now);
    let state = "RESERVED".to_owned();
    Ok(Spend {
        community_id: actor.community_id,
        actor_id: actor.account_id,
        volunteer_id,
        wallet_id,
        reward_id: order.reward_id,
        quantity: order.quantity,
        cost: order.cost,
        idem_key: format!("redeem:{}:{key}", actor.account_id.0),
        request_hash: idempotency::request_hash("redeemReward", order)?,
        redemption_id,
        pickup_hash: pickup_hash(&pickup_code(keys, redemption_id)),
        expires_at: now.plus(i64::from(pickup_days) * UtcMicros::DAY),
        event: outbox::payload(&Event::RedemptionChanged { redemption_id, state, account_id: Some(actor.account_id) })?,
        now,
    })
}

fn reserved(spend: &Spend, operation_id: entity::id::OperationId) -> redemption::Model {
    redemption::Model {
        id: spend.redemption_id,
        community_id: spend.community_id,
        volunteer_id: spend.volunteer_id,
        wallet_id: spend.wallet_id,
        reward_id: spend.reward_id,
        operation_id,
        quantity: spend.quantity,
        cost: spend.cost,
        quota_month: spend.now.business_date().month_key(),
        state: RedemptionState::Reserved,
        pickup_hash: spend.pickup_hash.to_vec(),
        expires_at: spend.expires_at,
        created_at: spend.now,
        closed_at: None,
        closed_by: None,
        close_reason: None,
    }
}

/// What the key brought the first time, if it was used.
async fn first_answer(connection: &impl ConnectionTrait, spend: &Spend) -> Result<Option<redemption::Model>> {
    let first = operation::Entity::find()
        .filter(operation::Column::CommunityId.eq(spend.community_id))
        .filter(operation::Column::IdemKey.eq(spend.idem_key.as_str()))
        .one(connection)
        .await?;
    let Some(first) = first else { return Ok(None) };
    if first.request_hash != spend.request_hash {
        return Err(Error::from(Code::IdempotencyMismatch).on("idempotencyKey"));
    }
    Ok(redemption::Entity::find().filter(redemption::Column::OperationId.eq(first.id)).one(connection).await?)
}

/// Which rule stood behind a step that found no row; the refusal itself when it named its constraint.
async fn explain(connection: &impl ConnectionTrait, spend: &Spend, refusal: Error) -> Error {
    if refusal.code != Code::Internal {
        return refusal;
    }
    let wallet = match wallet::get(connection, spend.volunteer_id).await {
        Ok(wallet) => wallet,
        Err(error) => return error,
    };
    let reward = match reward::Entity::find_by_id(spend.reward_id).filter(reward::Column::CommunityId.eq(spend.community_id)).one(connection).await {
        Ok(reward) => reward,
        Err(error) => return error.into(),
    };
    let Some(reward) = reward else { return Error::from(Code::NotFound).on("rewardId") };
    if reward.state != RewardState::Active {
        return Code::RewardWithdrawn.into();
    }
    if reward.price.checked_mul(spend.quantity) != Some(spend.cost) {
        return Error::from(Code::PriceChanged).on("cost").with("price", reward.price);
    }
    if wallet.debt > 0 {
        return Error::from(Code::PointsOwed).with("owed", wallet.debt);
    }
    if wallet.state == entity::wallet::WalletState::Active { refusal } else { Code::WalletFrozen.into() }
}

/// Takes a reservation back: the member's own, or any of the community for the desk.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` when it is no longer reserved, `REASON_REQUIRED` for the desk.
pub async fn cancel(tx: &Tx, actor: &Actor, id: RedemptionId, reason: Option<&str>) -> Result<RedemptionId> {
    let row = get(&tx.connection, actor, id).await?;
    let own = actor.volunteer.is_some_and(|volunteer| volunteer.id == row.volunteer_id);
    if !own && reason.is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Error::from(Code::ReasonRequired).on("reason"));
    }
    give_back(tx, &row, RedemptionState::Cancelled, Some(actor.account_id), reason).await?;
    Ok(id)
}

/// Hands the reward out against its pickup code.
///
/// # Errors
/// `PICKUP_CODE_INVALID`, `PICKUP_EXPIRED`, `STATE_CHANGED` when it was fetched or cancelled before, `SELF_DEALING`.
pub async fn fulfil(tx: &Tx, actor: &Actor, code: &str) -> Result<RedemptionId> {
    actor.require(Action::FulfilRedemption, &actor.home())?;
    let row = redemption::Entity::find()
        .filter(redemption::Column::PickupHash.eq(pickup_hash(code).to_vec()))
        .filter(redemption::Column::CommunityId.eq(actor.community_id))
        .one(&tx.connection)
        .await?
        .ok_or_else(|| Error::from(Code::PickupCodeInvalid).on("pickupCode"))?;
    if actor.volunteer.is_some_and(|volunteer| volunteer.id == row.volunteer_id) {
        return Err(Code::SelfDealing.into());
    }
    if row.state == RedemptionState::Expired || (row.state == RedemptionState::Reserved && row.expires_at <= tx.now) {
        return Err(Code::PickupExpired.into());
    }
    close(tx, &row, RedemptionState::Fulfilled, Some(actor.account_id), None).await?;
    Ok(row.id)
}

/// Returns what nobody fetched in time, of a batch of wallets; gives how many.
///
/// Members redeem meanwhile, each holding a wallet before a reward. So every wallet is locked before the first reward is, and both go in order: a run that
/// came from a reward to the next wallet would wait for somebody who waits for it.
///
/// # Errors
/// When the database refuses.
pub async fn expire_due(tx: &Tx) -> Result<usize> {
    let due =
        redemption::Entity::find().filter(redemption::Column::State.eq(RedemptionState::Reserved)).filter(redemption::Column::ExpiresAt.lte(tx.now));
    let wallets = due.clone().select_only().column(redemption::Column::WalletId).distinct().order_by_asc(redemption::Column::WalletId);
    let wallets: Vec<WalletId> = wallets.limit(DUE_BATCH).into_tuple().all(&tx.connection).await?;
    movement::lock_all(tx, &wallets).await?;
    // Under the locks nobody else closes these.
    let due = due.filter(redemption::Column::WalletId.is_in(wallets)).order_by_asc(redemption::Column::RewardId).order_by_asc(redemption::Column::Id);
    let due = due.all(&tx.connection).await?;
    for row in &due {
        give_back(tx, row, RedemptionState::Expired, None, None).await?;
    }
    Ok(due.len())
}

/// Takes every reservation of a wallet back whose owner leaves for good; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, wallet_id: WalletId, by: AccountId) -> Result<usize> {
    // Under the wallet's lock nothing is reserved any more, and what was reserved a moment ago is seen.
    movement::lock(tx, wallet_id).await?;
    let open = redemption::Entity::find()
        .filter(redemption::Column::WalletId.eq(wallet_id))
        .filter(redemption::Column::State.eq(RedemptionState::Reserved))
        .order_by_asc(redemption::Column::RewardId)
        .all(&tx.connection)
        .await?;
    for row in &open {
        give_back(tx, row, RedemptionState::Cancelled, Some(by), None).await?;
    }
    Ok(open.len())
}

/// A redemption the actor may see: an own one, or one of the community for the desk.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: RedemptionId) -> Result<redemption::Model> {
    let row = redemption::Entity::find_by_id(id).filter(redemption::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    let own = |row: &redemption::Model| actor.volunteer.is_some_and(|volunteer| volunteer.id == row.volunteer_id);
    let visible = row.filter(|row| own(row) || actor.may(Action::ListRedemptions, &actor.home()));
    visible.ok_or_else(|| Code::NotFound.into())
}

/// A page of redemptions, newest first: one's own, or all of the community for the desk.
///
/// # Errors
/// `NOT_VOLUNTEER`, `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    own: bool,
    state: Option<RedemptionState>,
    page: &Page,
) -> Result<Rows<redemption::Model>> {
    let mut query = redemption::Entity::find().filter(redemption::Column::CommunityId.eq(actor.community_id));
    if own {
        query = query.filter(redemption::Column::VolunteerId.eq(actor.volunteer()?.id));
    } else {
        actor.require(Action::ListRedemptions, &actor.home())?;
    }
    if let Some(state) = state {
        query = query.filter(redemption::Column::State.eq(state));
    }
    let order = ListOrder { key: None, id: redemption::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, RedemptionId>(query, order)?.all(connection).await?))
}

/// Closes a reservation, exactly once, and tells the member.
async fn close(tx: &Tx, row: &redemption::Model, state: RedemptionState, by: Option<AccountId>, reason: Option<&str>) -> Result<()> {
    let closed = redemption::Entity::update_many()
        .col_expr(redemption::Column::State, Expr::value(state))
        .col_expr(redemption::Column::ClosedAt, Expr::value(tx.now))
        .col_expr(redemption::Column::ClosedBy, Expr::value(by))
        .col_expr(redemption::Column::CloseReason, Expr::value(reason.map(str::to_owned)))
        .filter(redemption::Column::Id.eq(row.id))
        .filter(redemption::Column::State.eq(RedemptionState::Reserved))
        .exec(&tx.connection)
        .await?;
    if closed.rows_affected == 0 {
        return Err(Error::from(Code::StateChanged));
    }
    let owner = volunteer::Entity::find_by_id(row.volunteer_id).one(&tx.connection).await?;
    let account_id = owner.and_then(|volunteer| volunteer.account_id);
    let state = sea_orm::ActiveEnum::to_value(&state);
    outbox::record(tx, &Event::RedemptionChanged { redemption_id: row.id, state, account_id }).await
}

/// Returns points, quota and stock, in that order of locks.
async fn give_back(tx: &Tx, row: &redemption::Model, state: RedemptionState, by: Option<AccountId>, reason: Option<&str>) -> Result<()> {
    movement::lock(tx, row.wallet_id).await?;
    close(tx, row, state, by, reason).await?;
    let cause = Cause {
        community_id: row.community_id,
        idem_key: format!("refund:{}", row.id.0),
        kind: OperationKind::Refund,
        cause_id: row.id.into(),
        reverses: Some(row.operation_id),
        actor_id: by,
        approver_id: None,
        reason: reason.map(str::to_owned),
        policy_version: None,
    };
    let back = Movement { credits: 0, debits: -row.cost, debt: 0, lapsed: 0, contra: Contra::Shop, expires_on: None };
    let posted = movement::post(tx, &cause, sha256(row.id.0.as_bytes()), row.wallet_id, back).await?;
    posted.ok_or_else(|| Error::from(Code::AlreadyReversed))?;
    // Points that fell back into a bucket whose day is over are for the next expiry run.
    bucket::Entity::update_many()
        .col_expr(bucket::Column::Closed, Expr::value(false))
        .filter(bucket::Column::WalletId.eq(row.wallet_id))
        .filter(bucket::Column::Closed.eq(true))
        .exec(&tx.connection)
        .await?;
    let quota = "UPDATE reward_quota SET taken = taken - $4 WHERE reward_id = $1 AND wallet_id = $2 AND (period = 0 OR period = $3)";
    let values = [row.reward_id.into(), row.wallet_id.into(), row.quota_month.into(), row.quantity.into()];
    tx.connection.execute_raw(sql(&tx.connection, quota, values)).await?;
    let stock = "UPDATE reward SET stock = stock + $2 WHERE id = $1";
    tx.connection.execute_raw(sql(&tx.connection, stock, [row.reward_id.into(), row.quantity.into()])).await?;
    Ok(())
}
