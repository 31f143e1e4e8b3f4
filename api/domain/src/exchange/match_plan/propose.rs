//! Proposing a plan as it was drawn, in batches.

use entity::id::{ListingId, MatchPlanId};
use entity::match_plan::{self, Model};
use entity::match_plan_line::{self, PlanLineState};
use entity::need_match::MatchSide;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::helper;
use crate::db::Db;
use crate::error::{Code, Result};
use crate::exchange::matching::load::{self, HelperId, Loaded, NeedScope, Scope};
use crate::exchange::matching::policy::Policy;
use crate::exchange::need::Window;
use crate::exchange::need_match::{self, Proposal, Score};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Pairs of one batch.
const BATCH: u64 = 50;
/// Batches of one turn of what is due.
const TURNS: usize = 20;

/// Begins to propose a plan, once per `key`: the pairs follow in batches, see [`propose_batch`].
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `PLAN_STALE`, `STATE_CHANGED` for a plan that was proposed already.
pub async fn propose(tx: &Tx, actor: &Actor, key: &str, id: MatchPlanId) -> Result<MatchPlanId> {
    actor.require(Action::ProposePlan, &actor.home())?;
    idempotency::once(tx, actor.account_id, "proposePlan", key, &id, async {
        let plan = super::get(&tx.connection, actor, id).await?;
        if plan.expires_at <= tx.now {
            return Err(Code::PlanStale.into());
        }
        let begun = match_plan::Entity::update_many()
            .col_expr(match_plan::Column::ProposedBy, Expr::value(actor.account_id))
            .col_expr(match_plan::Column::ProposedAt, Expr::value(tx.now))
            .filter(match_plan::Column::Id.eq(id))
            .filter(match_plan::Column::ProposedAt.is_null())
            .exec(&tx.connection)
            .await?;
        if begun.rows_affected == 1 { Ok(id) } else { Err(Code::StateChanged.into()) }
    })
    .await
}

/// Proposes what is left of the plans that were begun, some batches at a time; gives how many pairs it dealt with.
///
/// # Errors
/// When the database refuses.
pub async fn propose_due(db: &Db) -> Result<u64> {
    let waiting = match_plan::Entity::find()
        .filter(match_plan::Column::ProposedAt.gte(db.now().plus(-2 * super::VALID)))
        .order_by_asc(match_plan::Column::ProposedAt)
        .all(db.reader())
        .await?;
    let mut done = 0;
    for plan in waiting {
        for _ in 0..TURNS {
            match propose_batch(db, &plan).await? {
                0 => break,
                some => done += some,
            }
        }
    }
    Ok(done)
}

/// Proposes the next pairs of a plan; gives how many it dealt with, 0 when none is left.
///
/// # Errors
/// When the database refuses.
pub async fn propose_batch(db: &Db, plan: &Model) -> Result<u64> {
    let lines = match_plan_line::Entity::find()
        .filter(match_plan_line::Column::PlanId.eq(plan.id))
        .filter(match_plan_line::Column::State.eq(PlanLineState::Planned))
        .order_by_asc(match_plan_line::Column::Position)
        .limit(BATCH)
        .all(db.reader())
        .await?;
    if lines.is_empty() {
        return Ok(0);
    }
    let loaded = look_again(db, plan, &lines).await?;
    let tx = db.begin().await?;
    // Whoever else proposes this plan takes turns.
    match_plan::Entity::find_by_id(plan.id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    let mut done = 0;
    for line in lines {
        done += 1;
        if let Some(code) = refused(&loaded, &line)? {
            settle(&tx, &line, PlanLineState::Planned, Some(code)).await?;
            continue;
        }
        let Err(error) = take(&tx, plan, &line).await else { continue };
        if error.source.is_none() {
            settle(&tx, &line, PlanLineState::Proposed, Some(error.code)).await?;
            continue;
        }
        if matches!(error.code, Code::Internal | Code::Unavailable | Code::Conflict) {
            return Err(error);
        }
        // A statement that a constraint refused takes the transaction with it: this pair alone is settled, the others come with the next batch.
        drop(tx);
        let alone = db.begin().await?;
        settle(&alone, &line, PlanLineState::Planned, Some(error.code)).await?;
        alone.commit().await?;
        return Ok(1);
    }
    tx.commit().await?;
    Ok(done)
}

/// Reads the pairs of some lines as they are now.
async fn look_again(db: &Db, plan: &Model, lines: &[match_plan_line::Model]) -> Result<Loaded> {
    let mut helpers: Vec<HelperId> = lines.iter().map(helper).collect::<Result<_>>()?;
    helpers.sort_unstable();
    helpers.dedup();
    let mut needs: Vec<ListingId> = lines.iter().map(|line| line.need_id).collect();
    needs.sort_unstable();
    needs.dedup();
    let frame = load::frame(db.reader(), plan.community_id, db.now()).await?;
    load::problem(db.reader(), frame, Scope::These(&helpers), NeedScope::These(&needs), Policy::default()).await
}

/// The code of what is in the way of a line by now.
fn refused(loaded: &Loaded, line: &match_plan_line::Model) -> Result<Option<Code>> {
    let (need, helper) = (loaded.need(line.need_id), loaded.helpers.get(&helper(line)?));
    let (Some(need), Some(helper)) = (need, helper) else { return Ok(Some(Code::ListingNotOpen)) };
    let row = &loaded.needs[need as usize];
    if !row.open || !row.can_be_met() {
        return Ok(Some(Code::ListingNotOpen));
    }
    let span = row.times.span(loaded.frame.horizon, line.starts_at.zip(line.ends_at));
    Ok(if loaded.market.fits_at(need, *helper, span) { None } else { Some(Code::PlanStale) })
}

/// Proposes a line, unless somebody else dealt with it.
async fn take(tx: &Tx, plan: &Model, line: &match_plan_line::Model) -> Result<()> {
    if !settle(tx, line, PlanLineState::Planned, None).await? {
        return Ok(());
    }
    let span = line.starts_at.zip(line.ends_at).map(|(starts_at, ends_at)| Window { starts_at, ends_at });
    let proposal = Proposal {
        need_id: line.need_id,
        helper: helper(line)?,
        slot_id: line.slot_id,
        span,
        quantity: line.quantity,
        score: Some(Score { micros: line.score, reasons: line.reasons.clone() }),
        plan_id: Some(plan.id),
        by: plan.proposed_by,
        awaits: MatchSide::Helper,
    };
    need_match::propose(tx, proposal).await.map(|_| ())
}

/// Notes what became of a line that was in a state: with a refusal it is skipped, without one proposed. Whether it was in that state.
async fn settle(tx: &Tx, line: &match_plan_line::Model, from: PlanLineState, refusal: Option<Code>) -> Result<bool> {
    use match_plan_line::Column;
    let state = if refusal.is_some() { PlanLineState::Skipped } else { PlanLineState::Proposed };
    let changed = match_plan_line::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Refusal, Expr::value(refusal.map(Code::text)))
        .filter(Column::PlanId.eq(line.plan_id))
        .filter(Column::Position.eq(line.position))
        .filter(Column::State.eq(from))
        .exec(&tx.connection)
        .await?;
    Ok(changed.rows_affected == 1)
}
