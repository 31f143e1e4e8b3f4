//! The monthly co-building task list (月任务清单).
//!
//! On its cut-off day the community's open needs are drawn into a *list* ([`cut_off`]); an administrator looks it through, adds and withdraws
//! *tasks*, and issues it to the member units of the alliance ([`issue`]). A unit's liaison claims a task or declines it with a reason, and returns
//! what came of it by the next cut-off day ([`answer`]). What was not claimed by then lapses, what was not returned is overdue ([`overdue`]); the
//! *light* of a task ([`light`]) is worked out from dates and never stored.
//!
//! OPEN → CLAIMED → RETURNED; a claimed task that is given back is OPEN again; LAPSED when nobody claimed it in time; WITHDRAWN by an administrator.
//!
//! Invariant: a task is claimed by at most one unit, by one conditional statement. Invariant: a community has at most one list a month, and a need
//! stands on a list at most once. A task does not touch the need it was drawn from: that is met, replied to and closed on its own path.

use std::collections::HashMap;

use entity::id::{CommunityId, TaskId, TaskListId, UnitId};
use entity::task::TaskState;
use entity::task_list::{Model, TaskListState};
use entity::time::BusinessDate;
use entity::{task, task_decline, task_list, task_list_unit};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::db::{sql, tuples};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};

pub mod answer;
mod cut_off;
pub mod issue;
pub mod light;
mod overdue;
pub mod policy;

pub use cut_off::cut_off;
pub use light::Light;
pub use overdue::{close_due, remind_due};

/// Most tasks of a list.
pub const TASKS_MAX: u64 = 500;

/// How far the tasks of a list are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Nobody has claimed them.
    pub open: i64,
    /// Claimed and not returned.
    pub claimed: i64,
    /// Returned.
    pub returned: i64,
    /// Of those, after the day they were due.
    pub late: i64,
    /// Not claimed in time.
    pub lapsed: i64,
    /// Taken off the list.
    pub withdrawn: i64,
}

/// Which tasks to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only of this list.
    pub task_list_id: Option<TaskListId>,
    /// Only those that this unit claimed.
    pub unit_id: Option<UnitId>,
    /// Only in this state.
    pub state: Option<TaskState>,
    /// Only with this light; needs the list.
    pub light: Option<Light>,
}

/// Whether the actor looks lists through before they are issued.
#[must_use]
pub fn prepares(actor: &Actor) -> bool {
    actor.may(Action::IssueTaskList, &actor.home())
}

/// A list of the actor's community; a draft exists for those alone who prepare it.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: TaskListId) -> Result<Model> {
    let row = task_list::Entity::find_by_id(id).filter(task_list::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.filter(|row| row.issued_at.is_some() || prepares(actor)).ok_or_else(|| Code::NotFound.into())
}

/// A task of a list that exists for the actor, with the list.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_task(connection: &impl ConnectionTrait, actor: &Actor, id: TaskId) -> Result<(task::Model, Model)> {
    let row = task::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
    let list = get(connection, actor, row.task_list_id).await?;
    Ok((row, list))
}

/// A page of the lists of the actor's community, newest month first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, state: Option<TaskListState>, page: &Page) -> Result<Rows<Model>> {
    let mut query = task_list::Entity::find().filter(task_list::Column::CommunityId.eq(actor.community_id));
    if !prepares(actor) {
        query = query.filter(task_list::Column::IssuedAt.is_not_null());
    }
    if let Some(state) = state {
        query = query.filter(task_list::Column::State.eq(state));
    }
    let order = ListOrder { key: None, id: task_list::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, TaskListId>(query, order)?.all(connection).await?))
}

/// A page of tasks that exist for the actor, in the order they were put on their lists.
///
/// # Errors
/// `NOT_FOUND` on `taskListId`; `BAD_INPUT` on `light` without a list; `BAD_CURSOR`.
pub async fn tasks(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, today: BusinessDate, page: &Page) -> Result<Rows<task::Model>> {
    let mut query = task::Entity::find().filter(task::Column::CommunityId.eq(actor.community_id));
    if let Some(id) = filter.task_list_id {
        let list = get(connection, actor, id).await.map_err(|error| error.on("taskListId"))?;
        query = query.filter(task::Column::TaskListId.eq(id));
        if let Some(light) = filter.light {
            query = query.filter(light::shown(light, &list, today));
        }
    } else if filter.light.is_some() {
        return Err(Error::from(Code::BadInput).on("light"));
    } else if !prepares(actor) {
        let issued = sea_orm::sea_query::Query::select()
            .column(task_list::Column::Id)
            .from(task_list::Entity)
            .and_where(task_list::Column::CommunityId.eq(actor.community_id))
            .and_where(task_list::Column::IssuedAt.is_not_null())
            .to_owned();
        query = query.filter(task::Column::TaskListId.in_subquery(issued));
    }
    if let Some(id) = filter.unit_id {
        query = query.filter(task::Column::UnitId.eq(id));
    }
    if let Some(state) = filter.state {
        query = query.filter(task::Column::State.eq(state));
    }
    let order = ListOrder { key: None, id: task::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, TaskId>(query, order)?.all(connection).await?))
}

/// How far the tasks of several lists are, with one query.
///
/// # Errors
/// When the database cannot be read.
pub async fn progress(connection: &impl ConnectionTrait, lists: &[Model]) -> Result<HashMap<TaskListId, Progress>> {
    let mut found: HashMap<TaskListId, Progress> = lists.iter().map(|row| (row.id, Progress::default())).collect();
    if lists.is_empty() {
        return Ok(found);
    }
    let text = format!(
        "WITH l(id, late) AS (VALUES {}) SELECT l.id, t.state, COUNT(*) AS n, SUM(CASE WHEN t.returned_at >= l.late THEN 1 ELSE 0 END) AS late \
         FROM l JOIN task t ON t.task_list_id = l.id GROUP BY l.id, t.state",
        tuples(lists.len(), 2)
    );
    let values = lists.iter().flat_map(|row| [row.id.into(), light::late_from(row).into()]);
    for row in connection.query_all_raw(sql(connection, &text, values)).await? {
        let Some(sum) = found.get_mut(&row.try_get::<TaskListId>("", "id")?) else { continue };
        let count = row.try_get("", "n")?;
        match TaskState::try_from_value(&row.try_get("", "state")?)? {
            TaskState::Open => sum.open = count,
            TaskState::Claimed => sum.claimed = count,
            TaskState::Returned => (sum.returned, sum.late) = (count, row.try_get("", "late")?),
            TaskState::Lapsed => sum.lapsed = count,
            TaskState::Withdrawn => sum.withdrawn = count,
        }
    }
    Ok(found)
}

/// The units that several lists were issued to.
///
/// # Errors
/// When the database cannot be read.
pub async fn units(connection: &impl ConnectionTrait, ids: &[TaskListId]) -> Result<HashMap<TaskListId, Vec<UnitId>>> {
    let query = task_list_unit::Entity::find().filter(task_list_unit::Column::TaskListId.is_in(ids.iter().copied()));
    let mut lists: HashMap<TaskListId, Vec<UnitId>> = HashMap::new();
    for row in query.order_by_asc(task_list_unit::Column::UnitId).all(connection).await? {
        lists.entry(row.task_list_id).or_default().push(row.unit_id);
    }
    Ok(lists)
}

/// Why units would not take several tasks, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn declines(connection: &impl ConnectionTrait, ids: &[TaskId]) -> Result<HashMap<TaskId, Vec<task_decline::Model>>> {
    let query = task_decline::Entity::find().filter(task_decline::Column::TaskId.is_in(ids.iter().copied()));
    let mut lists: HashMap<TaskId, Vec<task_decline::Model>> = HashMap::new();
    for row in query.order_by_asc(task_decline::Column::DeclinedAt).all(connection).await? {
        lists.entry(row.task_id).or_default().push(row);
    }
    Ok(lists)
}

/// Whether the actor may read why a unit declined: who prepares the lists, and the unit itself.
#[must_use]
pub fn reads_decline(actor: &Actor, unit_id: UnitId) -> bool {
    prepares(actor) || actor.liaises(unit_id)
}

/// Whether a list of a community was issued to a unit.
async fn issued_to(connection: &impl ConnectionTrait, list: &Model, community_id: CommunityId, unit_id: UnitId) -> Result<bool> {
    let there = task_list_unit::Entity::find_by_id((list.id, unit_id)).one(connection).await?;
    Ok(list.community_id == community_id && there.is_some())
}
