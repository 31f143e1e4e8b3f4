//! What an administrator does with a list: adds and withdraws tasks, and issues it to the member units.

use entity::id::{NeedId, RegionId, TaskId, TaskListId, UnitId};
use entity::listing;
use entity::task::{self, TaskState};
use entity::task_list::{self, TaskListState};
use entity::task_list_unit;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect};
use serde::Serialize;

use super::cut_off::blank;
use super::{TASKS_MAX, get, get_task};
use crate::community::{alliance, unit, wording};
use crate::error::{Code, Error, Result};
use crate::event::{CoBuilding, Event, TaskChange};
use crate::exchange::listing::owner::lies_in;
use crate::exchange::listing::state::{Step, before};
use crate::idempotency;
use crate::outbox;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// A task to put on a list beside those that were drawn.
#[derive(Clone, Debug, Serialize)]
pub struct NewTask {
    /// The list.
    pub task_list_id: TaskListId,
    /// The need it is for, which says what and where;
    pub need_id: Option<NeedId>,
    /// or a title of its own, 1 to 60 characters,
    pub title: Option<String>,
    /// what is to be done, up to 1000 characters,
    pub description: Option<String>,
    /// and where; the community when left out.
    pub region_id: Option<RegionId>,
}

/// Puts a task on a list that is not closed, once per `key`.
///
/// # Errors
/// `NOT_FOUND` on `taskListId`, `needId` or `regionId`, `FORBIDDEN`, `STATE_CHANGED` for a closed list, `BAD_INPUT`, `WORD_RESERVED`;
/// `LISTING_NOT_OPEN` for a need that can no longer be met; `TASK_EXISTS` for one that stands on the list; `TASK_LIST_FULL`.
pub async fn add(tx: &Tx, actor: &Actor, key: &str, new: &NewTask) -> Result<TaskId> {
    actor.require(Action::AddTask, &actor.home())?;
    idempotency::once(tx, actor.account_id, "addTask", key, new, async {
        get(&tx.connection, actor, new.task_list_id).await.map_err(|error| error.on("taskListId"))?;
        let list = lock(tx, new.task_list_id).await?;
        if list.state == TaskListState::Closed {
            return Err(Error::from(Code::StateChanged).on("taskListId").with("state", list.state.to_value()));
        }
        if task::Entity::find().filter(task::Column::TaskListId.eq(list.id)).count(&tx.connection).await? >= TASKS_MAX {
            return Err(Error::from(Code::TaskListFull).with("max", TASKS_MAX));
        }
        let row = match new.need_id {
            Some(id) => from_need(tx, &list, id, new).await?,
            None => of_its_own(tx, &list, new).await?,
        };
        task::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(row.id)
    })
    .await
}

async fn from_need(tx: &Tx, list: &task_list::Model, id: NeedId, new: &NewTask) -> Result<task::Model> {
    if new.title.is_some() || new.description.is_some() || new.region_id.is_some() {
        return Err(Error::from(Code::BadInput).on("needId"));
    }
    let need = listing::Entity::find_by_id(entity::id::ListingId::from(id)).one(&tx.connection).await?;
    let need = need.filter(|row| row.community_id == list.community_id && row.kind == listing::ListingKind::Need);
    let need = need.ok_or_else(|| Error::from(Code::NotFound).on("needId"))?;
    if !before(Step::Claim).any(|state| state == need.state) || need.valid_until <= tx.now {
        return Err(Error::from(Code::ListingNotOpen).on("needId").with("state", need.state.to_value()));
    }
    Ok(task::Model { need_id: Some(id), ..blank(tx, list, need.region_id, need.title, need.description) })
}

async fn of_its_own(tx: &Tx, list: &task_list::Model, new: &NewTask) -> Result<task::Model> {
    let title = wording::label(new.title.as_deref().unwrap_or_default(), 60, "title")?;
    let description = wording::text(new.description.as_deref().unwrap_or_default(), 1_000, "description")?;
    let region = lies_in(&tx.connection, list.community_id, new.region_id).await?;
    Ok(blank(tx, list, region.id, title, description))
}

/// Takes a task off its list, with a word why; the unit that claimed it is told. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED` for what was returned or has lapsed.
pub async fn withdraw(tx: &Tx, actor: &Actor, id: TaskId, reason: &str) -> Result<task::Model> {
    actor.require(Action::WithdrawTask, &actor.home())?;
    get_task(&tx.connection, actor, id).await?;
    let reason = texts::reason(reason)?;
    let changed = task::Entity::update_many()
        .col_expr(task::Column::State, Expr::value(TaskState::Withdrawn))
        .col_expr(task::Column::WithdrawReason, Expr::value(reason))
        .filter(task::Column::Id.eq(id))
        .filter(task::Column::State.is_in([TaskState::Open, TaskState::Claimed]))
        .exec(&tx.connection)
        .await?;
    let row = get_task(&tx.connection, actor, id).await?.0;
    if changed.rows_affected == 0 {
        let same = row.state == TaskState::Withdrawn;
        return if same { Ok(row) } else { Err(Error::from(Code::StateChanged).with("state", row.state.to_value())) };
    }
    if let Some(unit_id) = row.unit_id {
        tell_liaisons(tx, &row, unit_id, TaskChange::Withdrawn).await?;
    }
    Ok(row)
}

async fn tell_liaisons(tx: &Tx, row: &task::Model, unit_id: UnitId, change: TaskChange) -> Result<()> {
    let name = unit::get_of(&tx.connection, row.community_id, unit_id, "unitId").await?.name;
    let told = unit::liaisons(&tx.connection, [unit_id]).await?.into_iter().map(|(_, account_id)| Event::CoBuildingChanged {
        account_id,
        news: CoBuilding::TaskChanged { task_id: row.id, title: row.title.clone(), unit: name.clone(), change, at: tx.now },
    });
    outbox::record_all(tx, &told.collect::<Vec<_>>()).await
}

/// Issues a list to the units that sit in the alliance today; their liaisons are told. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` for a closed list, `TASK_LIST_EMPTY`, `ALLIANCE_EMPTY`.
pub async fn issue(tx: &Tx, actor: &Actor, id: TaskListId) -> Result<task_list::Model> {
    actor.require(Action::IssueTaskList, &actor.home())?;
    get(&tx.connection, actor, id).await?;
    let list = lock(tx, id).await?;
    match list.state {
        TaskListState::Draft => {}
        TaskListState::Issued => return Ok(list),
        TaskListState::Closed => return Err(Error::from(Code::StateChanged).with("state", list.state.to_value())),
    }
    let open = task::Entity::find().filter(task::Column::TaskListId.eq(id)).filter(task::Column::State.eq(TaskState::Open));
    let tasks = usize::try_from(open.count(&tx.connection).await?).unwrap_or(usize::MAX);
    if tasks == 0 {
        return Err(Code::TaskListEmpty.into());
    }
    let units = alliance::units_on(&tx.connection, list.community_id, tx.today()).await?;
    if units.is_empty() {
        return Err(Code::AllianceEmpty.into());
    }
    task_list::Entity::update_many()
        .col_expr(task_list::Column::State, Expr::value(TaskListState::Issued))
        .col_expr(task_list::Column::IssuedBy, Expr::value(actor.account_id))
        .col_expr(task_list::Column::IssuedAt, Expr::value(tx.now))
        .filter(task_list::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    let rows = units.iter().map(|unit_id| task_list_unit::Model { task_list_id: id, unit_id: *unit_id }.into_active_model());
    task_list_unit::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    let told = unit::liaisons(&tx.connection, units).await?.into_iter().map(|(_, account_id)| Event::CoBuildingChanged {
        account_id,
        news: CoBuilding::TaskListIssued { task_list_id: id, month: list.month, tasks, due_on: list.due_on },
    });
    outbox::record_all(tx, &told.collect::<Vec<_>>()).await?;
    get(&tx.connection, actor, id).await
}

/// Locks a list, so that it is issued, added to and closed one after another.
pub(super) async fn lock(tx: &Tx, id: TaskListId) -> Result<task_list::Model> {
    let row = task_list::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}
