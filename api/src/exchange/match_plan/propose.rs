//! Proposing a plan as it was drawn, in batches.

use entity::id::{ListingId, MatchPlanId};
use entity::match_plan::{self, Model};
use entity::match_plan_line::{self, PlanLineState};
use entity::need_match::MatchSide;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::helper;
use crate::db::Db;
use crate::error::{Code, Error, Result};
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
        let outcome = match refused(plan, &tx, &loaded, &line)? {
            Some(code) => Err(Error::from(code)),
            None => take(&tx, plan, &line).await,
        };
        done += 1;
        match outcome {
            Ok(()) => {}
            // A statement that the database refused takes the transaction with it: what came before is proposed again by the next batch.
            Err(error) if error.source.is_some() => {
                drop(tx);
                let one = db.begin().await?;
                return if is_business(error.code) { skip(&one, &line, error.code).await.map(|()| 1)?.commit(one).await } else { Err(error) };
            }
            Err(error) => skip(&tx, &line, error.code).await?,
        }
    }
    tx.commit().await?;
    Ok(done)
}
