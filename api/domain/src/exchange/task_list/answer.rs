//! What a unit's liaison does with a task: claims it, declines it with a reason, returns what came of it.
//!
//! Who claims and who returns is the unit; any of its liaisons may speak for it, and saying the same thing twice changes nothing.

use entity::id::{ListingId, TaskId, UnitId};
use entity::task::{self, TaskState};
use entity::task_list::{self, TaskListState};
use entity::{listing, task_decline};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{get_task, issued_to};
use crate::community::unit;
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::event::{CoBuilding, Event, TaskChange};
use crate::exchange::listing::state::{Step, before};
use crate::outbox;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// Most minutes a task may be returned with: of all people together.
pub const MINUTES_MAX: i64 = 1_000_000;
/// Most people a task may be returned with.
pub const PEOPLE_MAX: i64 = 100_000;

/// What came of a task.
#[derive(Clone, Debug)]
pub struct Return {
    /// What was done, 1 to 500 characters.
    pub result: String,
    /// Minutes of service of all people together.
    pub minutes: i64,
    /// How many people served, at least one.
    pub people: i64,
}

/// A task that a liaison of `unit_id` speaks about, with its list.
struct Spoken {
    task: task::Model,
    list: task_list::Model,
    unit_name: String,
}

/// Claims a task for a unit: of two units that claim it at once, one gets it.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`; `UNIT_NOT_MEMBER` when the list was not issued to the unit; `TASK_TAKEN`; `STATE_CHANGED` for what is over;
/// `LISTING_NOT_OPEN` when the need behind it can no longer be met.
pub async fn claim(tx: &Tx, actor: &Actor, id: TaskId, unit_id: UnitId) -> Result<task::Model> {
    let spoken = spoken(tx, actor, Action::ClaimTask, id, unit_id).await?;
    if spoken.task.state == TaskState::Claimed && spoken.task.unit_id == Some(unit_id) {
        return Ok(spoken.task);
    }
    need_is_open(tx, &spoken.task).await?;
    let text = "UPDATE task SET state = 'CLAIMED', unit_id = $2, claimed_by = $3, claimed_at = $4 WHERE id = $1 AND state = 'OPEN' \
                AND EXISTS (SELECT 1 FROM task_list l WHERE l.id = task.task_list_id AND l.state = 'ISSUED')";
    let values = [id.into(), unit_id.into(), actor.account_id.into(), tx.now.into()];
    let claimed = tx.connection.execute_raw(sql(&tx.connection, text, values)).await?.rows_affected() == 1;
    let row = get_task(&tx.connection, actor, id).await?.0;
    if !claimed {
        return if row.state == TaskState::Claimed && row.unit_id == Some(unit_id) { Ok(row) } else { Err(over(&row, unit_id)) };
    }
    task_decline::Entity::delete_by_id((id, unit_id)).exec(&tx.connection).await?;
    tell_issuer(tx, &spoken, TaskChange::Claimed).await?;
    Ok(row)
}

/// Says that a unit will not take a task, or gives back one that it claimed, with a reason. A task given back can be claimed again until it is due.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `UNIT_NOT_MEMBER`, `REASON_REQUIRED`, `TASK_TAKEN` for another unit's, `STATE_CHANGED` for what is over.
pub async fn decline(tx: &Tx, actor: &Actor, id: TaskId, unit_id: UnitId, reason: &str) -> Result<task::Model> {
    let spoken = spoken(tx, actor, Action::DeclineTask, id, unit_id).await?;
    let reason = texts::reason(reason)?;
    // Nobody can claim it any more once its list is closed.
    let free = if spoken.list.state == TaskListState::Issued { TaskState::Open } else { TaskState::Lapsed };
    let given_back = task::Entity::update_many()
        .col_expr(task::Column::State, Expr::value(free))
        .col_expr(task::Column::UnitId, Expr::value(None::<UnitId>))
        .col_expr(task::Column::ClaimedBy, Expr::value(None::<entity::id::AccountId>))
        .col_expr(task::Column::ClaimedAt, Expr::value(None::<entity::time::UtcMicros>))
        .filter(task::Column::Id.eq(id))
        .filter(task::Column::State.eq(TaskState::Claimed))
        .filter(task::Column::UnitId.eq(unit_id))
        .exec(&tx.connection)
        .await?;
    let row = get_task(&tx.connection, actor, id).await?.0;
    if given_back.rows_affected == 0 && row.state != TaskState::Open {
        return Err(over(&row, unit_id));
    }
    let said = task_decline::Model { task_id: id, unit_id, reason, declined_by: actor.account_id, declined_at: tx.now };
    let columns = [task_decline::Column::TaskId, task_decline::Column::UnitId];
    let fresh = [task_decline::Column::Reason, task_decline::Column::DeclinedBy, task_decline::Column::DeclinedAt];
    let again = OnConflict::columns(columns).update_columns(fresh).to_owned();
    task_decline::Entity::insert(said.into_active_model()).on_conflict(again).exec_without_returning(&tx.connection).await?;
    tell_issuer(tx, &spoken, TaskChange::Declined).await?;
    Ok(row)
}

/// Returns a task that the unit claimed; also after it was due, which shows. Sending the same again changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `UNIT_NOT_MEMBER`, `BAD_INPUT`, `WORD_RESERVED`; `TASK_TAKEN` for another unit's, `STATE_CHANGED` for one that nobody
/// has claimed or that was returned otherwise.
pub async fn hand_in(tx: &Tx, actor: &Actor, id: TaskId, unit_id: UnitId, new: &Return) -> Result<task::Model> {
    let spoken = spoken(tx, actor, Action::ReturnTask, id, unit_id).await?;
    let result = texts::required(&new.result, "result", 500, Code::BadInput)?;
    if !(0..=MINUTES_MAX).contains(&new.minutes) {
        return Err(Error::from(Code::BadInput).on("minutes").with("min", 0).with("max", MINUTES_MAX));
    }
    if !(1..=PEOPLE_MAX).contains(&new.people) {
        return Err(Error::from(Code::BadInput).on("people").with("min", 1).with("max", PEOPLE_MAX));
    }
    let changed = task::Entity::update_many()
        .col_expr(task::Column::State, Expr::value(TaskState::Returned))
        .col_expr(task::Column::Result, Expr::value(result.as_str()))
        .col_expr(task::Column::Minutes, Expr::value(new.minutes))
        .col_expr(task::Column::People, Expr::value(new.people))
        .col_expr(task::Column::ReturnedBy, Expr::value(actor.account_id))
        .col_expr(task::Column::ReturnedAt, Expr::value(tx.now))
        .filter(task::Column::Id.eq(id))
        .filter(task::Column::State.eq(TaskState::Claimed))
        .filter(task::Column::UnitId.eq(unit_id))
        .exec(&tx.connection)
        .await?;
    let row = get_task(&tx.connection, actor, id).await?.0;
    if changed.rows_affected == 1 {
        tell_issuer(tx, &spoken, TaskChange::Returned).await?;
        return Ok(row);
    }
    let said = (row.result.as_deref(), row.minutes, row.people) == (Some(result.as_str()), Some(new.minutes), Some(new.people));
    if said && row.unit_id == Some(unit_id) { Ok(row) } else { Err(over(&row, unit_id)) }
}

/// The task a liaison speaks about. Others are refused before anything is told about the task.
async fn spoken(tx: &Tx, actor: &Actor, action: Action, id: TaskId, unit_id: UnitId) -> Result<Spoken> {
    let unit = unit::get_of(&tx.connection, actor.community_id, unit_id, "unitId").await?;
    actor.require_for_unit(action, unit_id, &actor.home()).map_err(|error| error.on("unitId"))?;
    let (task, list) = get_task(&tx.connection, actor, id).await?;
    if list.issued_at.is_none() {
        return Err(Code::NotFound.into());
    }
    if !issued_to(&tx.connection, &list, actor.community_id, unit_id).await? {
        return Err(Error::from(Code::UnitNotMember).on("unitId"));
    }
    Ok(Spoken { task, list, unit_name: unit.name })
}

async fn need_is_open(tx: &Tx, row: &task::Model) -> Result<()> {
    let Some(id) = row.need_id else { return Ok(()) };
    let need = listing::Entity::find_by_id(ListingId::from(id)).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    let open = before(Step::Claim).any(|state| state == need.state) && need.valid_until > tx.now;
    if open { Ok(()) } else { Err(Error::from(Code::ListingNotOpen).with("state", need.state.to_value())) }
}

/// Why a task is not the unit's to speak about any more.
fn over(row: &task::Model, unit_id: UnitId) -> Error {
    let taken = row.unit_id.is_some_and(|other| other != unit_id);
    if taken { Code::TaskTaken.into() } else { Error::from(Code::StateChanged).with("state", row.state.to_value()) }
}

async fn tell_issuer(tx: &Tx, spoken: &Spoken, change: TaskChange) -> Result<()> {
    let Some(account_id) = spoken.list.issued_by else { return Ok(()) };
    let news =
        CoBuilding::TaskChanged { task_id: spoken.task.id, title: spoken.task.title.clone(), unit: spoken.unit_name.clone(), change, at: tx.now };
    outbox::record(tx, &Event::CoBuildingChanged { account_id, news }).await
}
