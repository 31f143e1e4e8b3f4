//! Tasks for clients.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::exchange::task_list::{self, light};
use entity::id::TaskId;
use entity::task as rows;
use entity::time::UtcMicros;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::loader::{self, DeclinesOf};
use crate::graphql::exchange::task_list::TaskList;
use crate::graphql::{ContextExt, id};

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::task::TaskState")]
pub enum TaskState {
    /// Claimed by nobody yet.
    Open,
    /// A unit has claimed it.
    Claimed,
    /// The unit has returned what came of it.
    Returned,
    /// Claimed by nobody in time.
    Lapsed,
    /// Taken off the list.
    Withdrawn,
}

/// How something stands against the day it is due (红黄绿灯).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::exchange::task_list::Light")]
pub enum Light {
    /// In good time.
    Green,
    /// Due soon, or returned late.
    Yellow,
    /// Overdue, or claimed by nobody in time.
    Red,
}

/// Why a unit will not take a task, or gave it back.
#[derive(SimpleObject)]
pub struct TaskDecline {
    /// The unit.
    unit: Option<Unit>,
    /// Why.
    reason: String,
    /// When.
    declined_at: DateTime<Utc>,
}

/// A co-building task of a monthly list (共建任务): one unit claims it and returns what came of it.
#[derive(Description)]
pub struct Task(pub rows::Model);

#[Object(use_type_description)]
impl Task {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The list it stands on.
    async fn task_list(&self, ctx: &Context<'_>) -> ApiResult<TaskList> {
        Ok(TaskList(loader::of(ctx).load_one(self.0.task_list_id).await?.ok_or(Code::NotFound)?))
    }

    /// The need it was drawn from; read it with `need` or `node`. None for a task of its own.
    async fn need_id(&self) -> Option<ID> {
        self.0.need_id.map(Into::into)
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is to be done.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Where.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(territory::of(ctx).load_one(self.0.region_id).await?.ok_or(Code::NotFound)?))
    }

    /// How far it is.
    async fn state(&self) -> TaskState {
        self.0.state.into()
    }

    /// How it stands today against the day it is due; none for one that was taken off the list.
    async fn light(&self, ctx: &Context<'_>) -> Option<ApiResult<Light>> {
        let today = ctx.app().db.now().business_date();
        let list = loader::of(ctx).load_one(self.0.task_list_id).await;
        nullable(list.map(|list| list.and_then(|list| light::of(&self.0, &list, today)).map(Into::into)))
    }

    /// The unit that claimed it.
    async fn unit(&self, ctx: &Context<'_>) -> Option<ApiResult<Unit>> {
        nullable(territory::of(ctx).load_one(self.0.unit_id?).await.map(|row| row.map(Unit)))
    }

    /// When it was claimed.
    async fn claimed_at(&self) -> Option<DateTime<Utc>> {
        self.0.claimed_at.map(UtcMicros::date_time)
    }

    /// What came of it.
    async fn result(&self) -> Option<&str> {
        self.0.result.as_deref()
    }

    /// Minutes of service, of all people together.
    async fn minutes(&self) -> Option<i64> {
        self.0.minutes
    }

    /// How many people served.
    async fn people(&self) -> Option<i64> {
        self.0.people
    }

    /// When it was returned.
    async fn returned_at(&self) -> Option<DateTime<Utc>> {
        self.0.returned_at.map(UtcMicros::date_time)
    }

    /// Why it was taken off the list.
    async fn withdraw_reason(&self) -> Option<&str> {
        self.0.withdraw_reason.as_deref()
    }

    /// Why units would not take it, oldest first: all of them for administrators, a unit's own for its liaison, nothing for others.
    async fn declines(&self, ctx: &Context<'_>) -> ApiResult<Vec<TaskDecline>> {
        let actor = ctx.actor()?;
        let mut rows = loader::of(ctx).load_one(DeclinesOf(self.0.id)).await?.unwrap_or_default();
        rows.retain(|row| task_list::reads_decline(actor, row.unit_id));
        let mut units = territory::of(ctx).load_many(rows.iter().map(|row| row.unit_id)).await?;
        let said = |row: entity::task_decline::Model| TaskDecline {
            unit: units.remove(&row.unit_id).map(Unit),
            reason: row.reason,
            declined_at: row.declined_at.date_time(),
        };
        Ok(rows.into_iter().map(said).collect())
    }
}

connection_of!(TaskPage, Task, TaskNames, "TaskConnection", "TaskEdge");

/// The task behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Task>> {
    let id = id::parse::<TaskId>(id, "id")?;
    Ok(found(task_list::get_task(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(|(row, _)| Task(row)))
}
