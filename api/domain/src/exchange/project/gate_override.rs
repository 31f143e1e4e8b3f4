//! Overrides (特批): leave to take a step whose facts are not there. One person says why, another agrees; it holds for one passage.
//!
//! PROPOSED → APPROVED → USED, and REJECTED.

use std::collections::HashMap;

use entity::gate_override::{self, Model, OverrideState};
use entity::id::{GateOverrideId, ProjectId};
use entity::project_step::ProjectStep;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{Entry, gate, get, in_charge_of, state};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// Asks for leave to take the project's next step without its facts.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`; `BAD_INPUT` on `step` for one without a gate; `STATE_CHANGED` unless it is the step that
/// comes next, and while another leave for it stands.
pub async fn propose(tx: &Tx, actor: &Actor, id: ProjectId, step: ProjectStep, reason: &str) -> Result<Entry> {
    in_charge_of(&tx.connection, actor, Action::ProposeGateOverride, id).await?;
    let reason = wording::reason(reason)?;
    if gate::needed(step).is_empty() {
        return Err(Error::from(Code::BadInput).on("step"));
    }
    let row = state::lock(tx, id).await?;
    state::after(row.state, step)?;
    let standing = [OverrideState::Proposed, OverrideState::Approved];
    let known = of(&tx.connection, &[id]).await?.remove(&id).unwrap_or_default();
    if known.iter().any(|one| one.step == step && standing.contains(&one.state)) {
        return Err(Code::StateChanged.into());
    }
    let row = Model {
        id: GateOverrideId::new(tx.now),
        community_id: row.community_id,
        project_id: id,
        step,
        reason,
        proposed_by: actor.account_id,
        proposed_at: tx.now,
        state: OverrideState::Proposed,
        decided_by: None,
        decided_at: None,
    };
    gate_override::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    get(&tx.connection, actor, id).await
}

/// Agrees to a leave or does not: a second person.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`; `SECOND_PERSON_REQUIRED` for who asked.
pub async fn decide(tx: &Tx, actor: &Actor, id: GateOverrideId, approve: bool) -> Result<Entry> {
    let row = gate_override::Entity::find_by_id(id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    in_charge_of(&tx.connection, actor, Action::DecideGateOverride, row.project_id).await?;
    if row.proposed_by == actor.account_id {
        return Err(Code::SecondPersonRequired.into());
    }
    state::lock(tx, row.project_id).await?;
    let to = if approve { OverrideState::Approved } else { OverrideState::Rejected };
    let written = gate_override::Entity::update_many()
        .col_expr(gate_override::Column::State, Expr::value(to))
        .col_expr(gate_override::Column::DecidedBy, Expr::value(actor.account_id))
        .col_expr(gate_override::Column::DecidedAt, Expr::value(tx.now))
        .filter(gate_override::Column::Id.eq(id))
        .filter(gate_override::Column::State.eq(OverrideState::Proposed))
        .exec(&tx.connection)
        .await?;
    if written.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    get(&tx.connection, actor, row.project_id).await
}

/// Uses up an approved leave, if there is one.
pub(super) async fn spend(tx: &Tx, id: ProjectId, step: ProjectStep) -> Result<bool> {
    let written = gate_override::Entity::update_many()
        .col_expr(gate_override::Column::State, Expr::value(OverrideState::Used))
        .filter(gate_override::Column::ProjectId.eq(id))
        .filter(gate_override::Column::Step.eq(step))
        .filter(gate_override::Column::State.eq(OverrideState::Approved))
        .exec(&tx.connection)
        .await?;
    Ok(written.rows_affected == 1)
}

/// The leaves of several projects, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Vec<Model>>> {
    let query = gate_override::Entity::find().filter(gate_override::Column::ProjectId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ProjectId, Vec<Model>> = HashMap::new();
    for row in query.order_by_asc(gate_override::Column::Id).all(connection).await? {
        lists.entry(row.project_id).or_default().push(row);
    }
    Ok(lists)
}
