//! Steps of a project that people take: published, matched, started, completed, evaluated, called off.

use entity::id::ProjectId;
use entity::project::{self, Model};
use entity::project_step::ProjectStep;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{Entry, gate, get, in_charge_of, own_or_in_charge, state, step};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// What came of a project.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// How many people gained by it, 0 to 1000000.
    pub reached: i32,
    /// How many were asked, 1 to 1000000.
    pub surveyed: i32,
    /// How many of them were satisfied.
    pub satisfied: i32,
    /// In words, 1 to 1000 characters.
    pub note: String,
}

/// Opens an approved project to partners.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`.
pub async fn publish(tx: &Tx, actor: &Actor, id: ProjectId) -> Result<Entry> {
    in_charge_of(&tx.connection, actor, Action::PublishProject, id).await?;
    take(tx, actor, id, ProjectStep::Publish).await
}

/// Notes that a published project has its partners.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`, `GATE_CLOSED`.
pub async fn match_partners(tx: &Tx, actor: &Actor, id: ProjectId) -> Result<Entry> {
    in_charge_of(&tx.connection, actor, Action::MatchProject, id).await?;
    take(tx, actor, id, ProjectStep::Match).await
}

/// Begins a matched project.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`, `GATE_CLOSED`.
pub async fn start(tx: &Tx, actor: &Actor, id: ProjectId) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::StartProject, id).await?;
    take(tx, actor, id, ProjectStep::Start).await
}

/// Notes that a project was carried out.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`, `GATE_CLOSED`.
pub async fn complete(tx: &Tx, actor: &Actor, id: ProjectId) -> Result<Entry> {
    in_charge_of(&tx.connection, actor, Action::CompleteProject, id).await?;
    take(tx, actor, id, ProjectStep::Complete).await
}

/// Looks back on a completed project: how many it reached, and how satisfied they were.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`; `BAD_INPUT` on `reached`, `surveyed`, `satisfied` or `note`.
pub async fn evaluate(tx: &Tx, actor: &Actor, id: ProjectId, evaluation: Evaluation) -> Result<Entry> {
    in_charge_of(&tx.connection, actor, Action::EvaluateProject, id).await?;
    let note = wording::required(&evaluation.note, "note", 1_000, Code::BadInput)?;
    let bounds = [
        (evaluation.reached, 0, 1_000_000, "reached"),
        (evaluation.surveyed, 1, 1_000_000, "surveyed"),
        (evaluation.satisfied, 0, evaluation.surveyed, "satisfied"),
    ];
    for (value, least, most, field) in bounds {
        if !(least..=most).contains(&value) {
            return Err(Error::from(Code::BadInput).on(field).with("min", least).with("max", most));
        }
    }
    let row = state::lock(tx, id).await?;
    let row = Model { state: state::after(row.state, ProjectStep::Evaluate)?, ..row };
    project::Entity::update_many()
        .col_expr(project::Column::State, Expr::value(row.state))
        .col_expr(project::Column::Reached, Expr::value(evaluation.reached))
        .col_expr(project::Column::Surveyed, Expr::value(evaluation.surveyed))
        .col_expr(project::Column::Satisfied, Expr::value(evaluation.satisfied))
        .col_expr(project::Column::Evaluation, Expr::value(note))
        .filter(project::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    step::write(tx, &row, ProjectStep::Evaluate, Some(actor.account_id), None).await?;
    get(&tx.connection, actor, id).await
}

/// Calls a project off, with a word why. One that is before a panel is called back first.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED`.
pub async fn cancel(tx: &Tx, actor: &Actor, id: ProjectId, reason: &str) -> Result<Entry> {
    let entry = own_or_in_charge(&tx.connection, actor, Action::CancelProject, id).await?;
    let reason = wording::reason(reason)?;
    let row = state::lock(tx, id).await?;
    let row = state::advance(tx, &row, ProjectStep::Cancel).await?;
    step::write(tx, &row, ProjectStep::Cancel, Some(actor.account_id), Some(reason)).await?;
    Ok(Entry { project: row, ..entry })
}

async fn take(tx: &Tx, actor: &Actor, id: ProjectId, kind: ProjectStep) -> Result<Entry> {
    let row = state::lock(tx, id).await?;
    state::after(row.state, kind)?;
    gate::pass(tx, &row, kind).await?;
    let row = state::advance(tx, &row, kind).await?;
    step::write(tx, &row, kind, Some(actor.account_id), None).await?;
    get(&tx.connection, actor, id).await
}
