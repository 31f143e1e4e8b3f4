//! Adjustments (积分调整): a correction by hand, proposed by one person and posted by another.
//!
//! PROPOSED → POSTED by a second person, REJECTED by anybody who may decide or taken back by the proposer, LAPSED after [`LAPSE_DAYS`]. Points
//! that are added pay an open debt first, as earnings do. Nobody proposes or decides on their own points.
//!
//! Invariant I9: a posted adjustment names two different people (CHECK on both tables).

use std::collections::BTreeSet;

use entity::adjustment::{self, AdjustmentState};
use entity::entry::Contra;
use entity::id::{AdjustmentId, CommunityId, VolunteerId};
use entity::operation::OperationKind;
use entity::time::UtcMicros;
use entity::volunteer;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::ledger::movement::{self, Cause, Movement};
use super::{policy, wallet};
use crate::error::{Code, Error, Result};
use crate::event::{Event, ReviewKind};
use crate::idempotency::request_hash;
use crate::outbox;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Days a proposal waits for a second person.
pub const LAPSE_DAYS: i64 = 14;
/// Most points of one adjustment, either way.
pub const DELTA_MAX: i64 = 100_000;

/// Proposes a correction.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`, `BAD_INPUT`.
pub async fn propose(tx: &Tx, actor: &Actor, volunteer_id: VolunteerId, delta: i64, reason: &str) -> Result<AdjustmentId> {
    actor.require(Action::ProposeAdjustment, &actor.home())?;
    let found = volunteer::Entity::find_by_id(volunteer_id).filter(volunteer::Column::CommunityId.eq(actor.community_id)).one(&tx.connection).await?;
    let Some(owner) = found else { return Err(Error::from(Code::NotFound).on("volunteerId")) };
    if owner.account_id == Some(actor.account_id) {
        return Err(Code::SelfDealing.into());
    }
    if delta == 0 || delta.unsigned_abs() > DELTA_MAX.unsigned_abs() {
        return Err(Error::from(Code::BadInput).on("delta").with("max", DELTA_MAX));
    }
    check_reason(reason)?;
    let row = adjustment::ActiveModel {
        id: Set(AdjustmentId::new(tx.now)),
        community_id: Set(actor.community_id),
        volunteer_id: Set(volunteer_id),
        delta: Set(delta),
        reason: Set(reason.to_owned()),
        state: Set(AdjustmentState::Proposed),
        proposer_id: Set(actor.account_id),
        decider_id: Set(None),
        decision_reason: Set(None),
        operation_id: Set(None),
        created_at: Set(tx.now),
        lapses_at: Set(tx.now.plus(LAPSE_DAYS * UtcMicros::DAY)),
        decided_at: Set(None),
    };
    let id = row.insert(&tx.connection).await?.id;
    queue_changed(tx, [actor.community_id]).await?;
    Ok(id)
}

/// Posts or rejects a proposal.
///
/// # Errors
/// `SECOND_PERSON_REQUIRED` when the proposer approves, `SELF_DEALING`, `STATE_CHANGED`, `POINTS_INSUFFICIENT`, `REASON_REQUIRED` for a rejection.
pub async fn decide(tx: &Tx, actor: &Actor, id: AdjustmentId, approve: bool, reason: Option<&str>) -> Result<AdjustmentId> {
    actor.require(Action::DecideAdjustment, &actor.home())?;
    let row = get(&tx.connection, actor, id).await?;
    let owner = volunteer::Entity::find_by_id(row.volunteer_id).one(&tx.connection).await?;
    if owner.and_then(|volunteer| volunteer.account_id) == Some(actor.account_id) {
        return Err(Code::SelfDealing.into());
    }
    if approve && row.proposer_id == actor.account_id {
        return Err(Code::SecondPersonRequired.into());
    }
    if !approve {
        check_reason(reason.unwrap_or_default())?;
    }
    let wallet = movement::lock(tx, wallet::get(&tx.connection, row.volunteer_id).await?.id).await?;
    let state = if approve { AdjustmentState::Posted } else { AdjustmentState::Rejected };
    let decided = adjustment::Entity::update_many()
        .col_expr(adjustment::Column::State, Expr::value(state))
        .col_expr(adjustment::Column::DeciderId, Expr::value(actor.account_id))
        .col_expr(adjustment::Column::DecisionReason, Expr::value(reason.map(str::to_owned)))
        .col_expr(adjustment::Column::DecidedAt, Expr::value(tx.now))
        .filter(adjustment::Column::Id.eq(id))
        .filter(adjustment::Column::State.eq(AdjustmentState::Proposed))
        .filter(adjustment::Column::LapsesAt.gt(tx.now))
        .exec(&tx.connection)
        .await?;
    if decided.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    if approve {
        let operation_id = post(tx, actor, &row, &wallet).await?;
        let posted = adjustment::Entity::update_many().col_expr(adjustment::Column::OperationId, Expr::value(operation_id));
        posted.filter(adjustment::Column::Id.eq(id)).exec(&tx.connection).await?;
    }
    queue_changed(tx, [row.community_id]).await?;
    Ok(id)
}

async fn post(tx: &Tx, actor: &Actor, row: &adjustment::Model, wallet: &entity::wallet::Model) -> Result<entity::id::OperationId> {
    let policy = policy::in_force(&tx.connection, row.community_id, tx.today()).await?;
    let cause = Cause {
        community_id: row.community_id,
        idem_key: format!("adjust:{}", row.id.0),
        kind: OperationKind::Adjust,
        cause_id: row.id.into(),
        reverses: None,
        actor_id: Some(row.proposer_id),
        approver_id: Some(actor.account_id),
        reason: Some(row.reason.clone()),
        policy_version: Some(policy.version),
    };
    let contra = Contra::Adjustment;
    let hash = request_hash("adjust", &(row.volunteer_id, row.delta))?;
    let already = || Error::from(Code::StateChanged);
    if row.delta < 0 {
        let out = Movement { credits: 0, debits: -row.delta, debt: 0, lapsed: 0, contra, expires_on: None };
        return movement::post(tx, &cause, hash, wallet.id, out).await?.ok_or_else(already);
    }
    let paid = wallet.debt.min(row.delta);
    let earned = row.delta - paid;
    let expires_on = policy::expires_on(&policy, tx.today());
    let into = Movement { credits: earned, debits: 0, debt: -paid, lapsed: 0, contra, expires_on: Some(expires_on) };
    let operation_id = movement::post(tx, &cause, hash, wallet.id, into).await?.ok_or_else(already)?;
    if earned > 0 {
        movement::fill_bucket(tx, wallet.id, expires_on, earned).await?;
    }
    Ok(operation_id)
}

/// Ends proposals nobody decided on; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn lapse_due(tx: &Tx) -> Result<usize> {
    let lapsed = adjustment::Entity::update_many()
        .col_expr(adjustment::Column::State, Expr::value(AdjustmentState::Lapsed))
        .col_expr(adjustment::Column::DecidedAt, Expr::value(tx.now))
        .filter(adjustment::Column::State.eq(AdjustmentState::Proposed))
        .filter(adjustment::Column::LapsesAt.lte(tx.now))
        .exec_with_returning(&tx.connection)
        .await?;
    queue_changed(tx, lapsed.iter().map(|row| row.community_id)).await?;
    Ok(lapsed.len())
}

/// Ends the proposals about somebody who leaves for good; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, volunteer_id: VolunteerId) -> Result<usize> {
    let lapsed = adjustment::Entity::update_many()
        .col_expr(adjustment::Column::State, Expr::value(AdjustmentState::Lapsed))
        .col_expr(adjustment::Column::DecidedAt, Expr::value(tx.now))
        .filter(adjustment::Column::State.eq(AdjustmentState::Proposed))
        .filter(adjustment::Column::VolunteerId.eq(volunteer_id))
        .exec_with_returning(&tx.connection)
        .await?;
    queue_changed(tx, lapsed.iter().map(|row| row.community_id)).await?;
    Ok(lapsed.len())
}

/// Files that proposals came or went in these communities.
async fn queue_changed(tx: &Tx, communities: impl IntoIterator<Item = CommunityId>) -> Result<()> {
    let communities: BTreeSet<_> = communities.into_iter().collect();
    let changed = communities.into_iter().map(|community_id| Event::ReviewQueueChanged { community_id, kind: ReviewKind::Adjustment });
    outbox::record_all(tx, &changed.collect::<Vec<_>>()).await
}

/// How many proposals wait for the actor's decision; none where the actor may not decide.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_waiting(connection: &impl ConnectionTrait, actor: &Actor) -> Result<u64> {
    if !actor.may(Action::DecideAdjustment, &actor.home()) {
        return Ok(0);
    }
    let query = adjustment::Entity::find().filter(adjustment::Column::CommunityId.eq(actor.community_id));
    Ok(query.filter(adjustment::Column::State.eq(AdjustmentState::Proposed)).count(connection).await?)
}

/// An adjustment of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: AdjustmentId) -> Result<adjustment::Model> {
    if !actor.may(Action::ListAdjustments, &actor.home()) {
        return Err(Code::NotFound.into());
    }
    let query = adjustment::Entity::find_by_id(id).filter(adjustment::Column::CommunityId.eq(actor.community_id));
    query.one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A page of adjustments, newest first.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, state: Option<AdjustmentState>, page: &Page) -> Result<Rows<adjustment::Model>> {
    actor.require(Action::ListAdjustments, &actor.home())?;
    let mut query = adjustment::Entity::find().filter(adjustment::Column::CommunityId.eq(actor.community_id));
    if let Some(state) = state {
        query = query.filter(adjustment::Column::State.eq(state));
    }
    let order = ListOrder { key: None, id: adjustment::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, AdjustmentId>(query, order)?.limit(page.size + 1).all(connection).await?))
}

fn check_reason(reason: &str) -> Result<()> {
    if reason.trim().is_empty() {
        return Err(Error::from(Code::ReasonRequired).on("reason"));
    }
    if reason.chars().count() > 500 {
        return Err(Error::from(Code::BadInput).on("reason").with("max", 500));
    }
    Ok(())
}
