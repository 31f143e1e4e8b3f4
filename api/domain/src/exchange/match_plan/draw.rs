//! Drawing a plan: reading a community, planning it, and writing down what came out.

use entity::id::MatchPlanId;
use entity::match_plan::{self, Model};
use entity::match_plan_line::{self, PlanLineState};
use sea_orm::{EntityTrait, IntoActiveModel};

use super::VALID;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::exchange::matching::Market;
use crate::exchange::matching::fairness::Fairness;
use crate::exchange::matching::load::{self, Loaded};
use crate::exchange::matching::plan::{Plan, Proposal};
use crate::exchange::suggestion;
use crate::people::permission::{Action, Actor};

/// What was planned: the plan, and who would be asked without rotation.
struct Drawn {
    loaded: Loaded,
    plan: Plan,
    unrotated: Option<Fairness>,
}

/// Plans for everything that waits for help in the actor's community, and keeps the plan for a day. Nobody is told. With `compare` it is planned a
/// second time without rotation, to show what that is worth.
///
/// # Errors
/// `FORBIDDEN`.
pub async fn draw(db: &Db, actor: &Actor, compare: bool) -> Result<Model> {
    actor.require(Action::PlanMatches, &actor.home())?;
    let now = db.now();
    let loaded = load::community(db.reader(), actor.community_id, now).await?;
    // Seconds of work: not on a thread that others wait for.
    let drawn = tokio::task::spawn_blocking(move || drawn(loaded, compare)).await.map_err(Error::internal)??;
    let row = row(actor, now, &drawn);
    let lines = lines(row.id, &drawn);
    let row = Model { lines: i32::try_from(lines.len()).unwrap_or(i32::MAX), ..row };
    let tx = db.begin().await?;
    match_plan::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    tx.insert_all(lines.into_iter().map(IntoActiveModel::into_active_model).collect(), None).await?;
    tx.commit().await?;
    Ok(row)
}

fn drawn(loaded: Loaded, compare: bool) -> Result<Drawn> {
    let plan = loaded.market.plan();
    let unrotated = compare.then(|| {
        let mut problem = loaded.market.problem().clone();
        problem.policy = problem.policy.without_rotation();
        Market::new(problem).map(|market| market.plan().fairness).map_err(Error::internal)
    });
    Ok(Drawn { plan, unrotated: unrotated.transpose()?, loaded })
}

fn row(actor: &Actor, now: entity::time::UtcMicros, drawn: &Drawn) -> Model {
    let count = |length: usize| i32::try_from(length).unwrap_or(i32::MAX);
    let small = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let (plan, problem) = (&drawn.plan, drawn.loaded.market.problem());
    Model {
        id: MatchPlanId::new(now),
        community_id: actor.community_id,
        drawn_by: actor.account_id,
        drawn_at: now,
        expires_at: now.plus(VALID),
        needs: count(problem.needs.len()),
        helpers: count(problem.helpers.len()),
        left_out: small(drawn.loaded.left_out),
        open_needs: count(plan.open.len()),
        open_places: plan.open.iter().map(|(_, places)| i64::from(*places)).sum(),
        lines: 0,
        candidates: i64::from(plan.candidates),
        score: plan.score,
        bound: plan.bound,
        gap_ppm: small(plan.gap_ppm),
        asked: small(plan.fairness.asked),
        busiest_ppm: small(plan.fairness.busiest_ppm),
        gini_ppm: small(plan.fairness.gini_ppm),
        unrotated_asked: drawn.unrotated.map(|fairness| small(fairness.asked)),
        unrotated_busiest_ppm: drawn.unrotated.map(|fairness| small(fairness.busiest_ppm)),
        unrotated_gini_ppm: drawn.unrotated.map(|fairness| small(fairness.gini_ppm)),
        proposed_by: None,
        proposed_at: None,
    }
}

/// The lines of a plan. Several seats of one helper for one need are one line.
fn lines(plan_id: MatchPlanId, drawn: &Drawn) -> Vec<match_plan_line::Model> {
    let mut lines: Vec<match_plan_line::Model> = Vec::with_capacity(drawn.plan.proposals.len());
    let mut last: Option<&Proposal> = None;
    for proposal in &drawn.plan.proposals {
        let again = last.is_some_and(|last| (last.need, last.helper, last.span) == (proposal.need, proposal.helper, proposal.span));
        match lines.last_mut().filter(|_| again) {
            Some(line) => line.quantity += 1,
            None => lines.push(line(plan_id, i32::try_from(lines.len()).unwrap_or(i32::MAX), &drawn.loaded, proposal)),
        }
        last = Some(proposal);
    }
    lines
}

fn line(plan_id: MatchPlanId, position: i32, loaded: &Loaded, proposal: &Proposal) -> match_plan_line::Model {
    let (volunteer_id, team_id, offering_id) = loaded.helper(proposal.helper).columns();
    let need = &loaded.needs[proposal.need as usize];
    let time = need.times.exactly(loaded.frame.horizon, proposal.span);
    let reasons = loaded.market.reasons(proposal.need, proposal.helper);
    match_plan_line::Model {
        plan_id,
        position,
        need_id: need.id,
        volunteer_id,
        team_id,
        offering_id,
        slot_id: loaded.slot(proposal.helper, proposal.span),
        quantity: 1,
        starts_at: time.map(|(starts_at, _)| starts_at),
        ends_at: time.map(|(_, ends_at)| ends_at),
        score: proposal.score,
        reasons: suggestion::json(&reasons),
        passed_over: i32::try_from(proposal.passed_over).unwrap_or(i32::MAX),
        state: PlanLineState::Planned,
        refusal: None,
    }
}
