//! Projects that come again every year (每年一次): the next one is a draft with everything a year later, made by hand or, two months ahead, by the clock.

use chrono::Months;
use entity::id::{AccountId, ProjectId};
use entity::project::{self, Model, ProjectState};
use entity::time::BusinessDate;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::draft::{MilestoneDraft, insert};
use super::{Entry, get, milestone, own_or_in_charge, state};
use crate::error::{Code, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Projects in one go.
const BATCH: u64 = 50;
/// Days before its first day at which the next project is drafted.
const AHEAD_DAYS: u32 = 60;

/// Drafts the project of the year after, once.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`; `STATE_CHANGED` unless it was carried out, and when there is a next one already.
pub async fn repeat(tx: &Tx, actor: &Actor, id: ProjectId) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::RepeatProject, id).await?;
    let row = state::lock(tx, id).await?;
    state::within(&row, &state::CARRIED_OUT)?;
    if project::Entity::find().filter(project::Column::RepeatsId.eq(id)).one(&tx.connection).await?.is_some() {
        return Err(Code::StateChanged.into());
    }
    let next = again(tx, &row, actor.account_id, Some(actor.account_id)).await?;
    get(&tx.connection, actor, next).await
}

/// Due work: drafts the next project of those that come again every year; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn repeat_due(tx: &Tx) -> Result<u64> {
    let horizon = tx.today().plus_days(AHEAD_DAYS).naive().checked_sub_months(Months::new(12));
    let Some(horizon) = horizon.map(BusinessDate::from_naive) else { return Ok(0) };
    let repeated =
        Query::select().column(project::Column::RepeatsId).from(project::Entity).and_where(project::Column::RepeatsId.is_not_null()).to_owned();
    let due = project::Entity::find()
        .filter(project::Column::Yearly.eq(true))
        .filter(project::Column::State.is_in(state::CARRIED_OUT))
        .filter(project::Column::StartsOn.lte(horizon))
        .filter(project::Column::Id.not_in_subquery(repeated))
        .order_by_asc(project::Column::Id)
        .limit(BATCH)
        .all(&tx.connection)
        .await?;
    let mut drafted = 0;
    for row in due {
        // Whoever repeats it by hand at the same moment waits here.
        let row = state::lock(tx, row.id).await?;
        if project::Entity::find().filter(project::Column::RepeatsId.eq(row.id)).one(&tx.connection).await?.is_none() {
            again(tx, &row, row.applicant_id, None).await?;
            drafted += 1;
        }
    }
    Ok(drafted)
}

fn a_year_later(day: BusinessDate) -> BusinessDate {
    day.naive().checked_add_months(Months::new(12)).map_or(BusinessDate::NEVER, BusinessDate::from_naive)
}

async fn again(tx: &Tx, row: &Model, applicant_id: AccountId, by: Option<AccountId>) -> Result<ProjectId> {
    let milestones = milestone::of(&tx.connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    let milestones: Vec<MilestoneDraft> =
        milestones.into_iter().map(|one| MilestoneDraft { title: one.title, weight: one.weight, due_on: a_year_later(one.due_on) }).collect();
    let next = Model {
        id: ProjectId::new(tx.now),
        applicant_id,
        starts_on: a_year_later(row.starts_on),
        ends_on: a_year_later(row.ends_on),
        repeats_id: Some(row.id),
        agreement_ref: None,
        agreement_signed_on: None,
        agreement_valid_to: None,
        insurance_ref: None,
        insurance_from: None,
        insurance_to: None,
        state: ProjectState::Draft,
        surveyed: None,
        satisfied: None,
        reached: None,
        evaluation: None,
        created_at: tx.now,
        ..row.clone()
    };
    insert(tx, &next, &milestones, by).await?;
    Ok(next.id)
}
