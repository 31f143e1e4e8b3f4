//! The monthly task list for clients.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::exchange::task_list::{self, Filter, Progress, light, policy};
use entity::id::{NeedId, TaskListId};
use entity::time::UtcMicros;
use entity::{task_list as rows, task_list_policy};

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::exchange::loader::{self, ProgressOf, UnitsOf};
use crate::graphql::exchange::task::{Light, TaskPage, TaskState};
use crate::graphql::{ContextExt, connection, id};

/// How far a task list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::task_list::TaskListState")]
pub enum TaskListState {
    /// Drawn on its cut-off day, waits to be issued; administrators alone see it.
    Draft,
    /// Given to the member units.
    Issued,
    /// Its time is over; what is overdue may still be returned.
    Closed,
}

/// How many tasks of a list are where.
#[derive(SimpleObject)]
pub struct TaskListProgress {
    /// Claimed by nobody yet.
    open: i64,
    /// Claimed and not returned.
    claimed: i64,
    /// Returned.
    returned: i64,
    /// Claimed by nobody in time.
    lapsed: i64,
    /// Taken off the list; without a light.
    withdrawn: i64,
    /// With a green light.
    green: i64,
    /// With a yellow light.
    yellow: i64,
    /// With a red light.
    red: i64,
}

impl TaskListProgress {
    fn of(sum: Progress, pending: light::Light) -> Self {
        let waiting = sum.open + sum.claimed;
        let when = |light| if pending == light { waiting } else { 0 };
        Self {
            open: sum.open,
            claimed: sum.claimed,
            returned: sum.returned,
            lapsed: sum.lapsed,
            withdrawn: sum.withdrawn,
            green: when(light::Light::Green) + sum.returned - sum.late,
            yellow: when(light::Light::Yellow) + sum.late,
            red: when(light::Light::Red) + sum.lapsed,
        }
    }
}

/// The co-building tasks of a month (月任务清单): drawn from the open needs on the cut-off day, issued to the member units, returned by the next.
#[derive(Description)]
pub struct TaskList(pub rows::Model);

#[Object(use_type_description)]
impl TaskList {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Its month, such as `2026-03`.
    async fn month(&self) -> String {
        format!("{:04}-{:02}", self.0.month / 100, self.0.month % 100)
    }

    /// The cut-off day it was drawn on.
    async fn cut_off_on(&self) -> NaiveDate {
        self.0.cut_off_on.naive()
    }

    /// The next cut-off day: the last on which a task is returned in time.
    async fn due_on(&self) -> NaiveDate {
        self.0.due_on.naive()
    }

    /// How far it is.
    async fn state(&self) -> TaskListState {
        self.0.state.into()
    }

    /// When it was drawn.
    async fn drawn_at(&self) -> DateTime<Utc> {
        self.0.drawn_at.date_time()
    }

    /// When it was issued.
    async fn issued_at(&self) -> Option<DateTime<Utc>> {
        self.0.issued_at.map(UtcMicros::date_time)
    }

    /// When its time was over.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at.map(UtcMicros::date_time)
    }

    /// The units it was issued to: those that sat in the alliance on that day.
    async fn units(&self, ctx: &Context<'_>) -> ApiResult<Vec<Unit>> {
        let ids = loader::of(ctx).load_one(UnitsOf(self.0.id)).await?.unwrap_or_default();
        let mut rows = territory::of(ctx).load_many(ids.iter().copied()).await?;
        Ok(ids.into_iter().filter_map(|id| rows.remove(&id)).map(Unit).collect())
    }

    /// How many tasks are where, and under which light.
    async fn progress(&self, ctx: &Context<'_>) -> ApiResult<TaskListProgress> {
        let sum = loader::of(ctx).load_one(ProgressOf(self.0.id)).await?.unwrap_or_default();
        Ok(TaskListProgress::of(sum, light::pending(&self.0, ctx.app().db.now().business_date())))
    }
}

connection_of!(TaskListPage, TaskList, TaskListNames, "TaskListConnection", "TaskListEdge");

/// When the monthly task list is cut off, one version after another.
#[derive(Description)]
pub struct TaskListPolicy(pub task_list_policy::Model);

#[Object(use_type_description)]
impl TaskListPolicy {
    /// 1, 2, 3 …
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// First day it governs.
    async fn effective_from(&self) -> NaiveDate {
        self.0.effective_from.naive()
    }

    /// Day of the month, 1 to 28.
    async fn cut_off_day(&self) -> i32 {
        self.0.cut_off_day
    }

    /// Days before a task is due from which its light is yellow.
    async fn warn_days(&self) -> i32 {
        self.0.warn_days
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime<Utc> {
        self.0.published_at.date_time()
    }
}

#[derive(Default)]
pub struct TaskListQuery;

#[Object]
impl TaskListQuery {
    /// The task lists of my community, newest month first; drafts for administrators alone.
    async fn task_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state.")] state: Option<TaskListState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<TaskListPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = task_list::list(ctx.app().db.reader(), ctx.actor()?, state.map(Into::into), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), TaskList))
    }

    /// One task list.
    async fn task_list(&self, ctx: &Context<'_>, #[graphql(desc = "The list.")] id: ID) -> ApiResult<TaskList> {
        let id = id::parse(&id, "id")?;
        Ok(TaskList(task_list::get(ctx.app().db.reader(), ctx.actor()?, id).await?))
    }

    /// Tasks of my community, in the order they were put on their lists.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn tasks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this list.")] task_list_id: Option<ID>,
        #[graphql(desc = "Only those this unit claimed.")] unit_id: Option<ID>,
        #[graphql(desc = "Only in this state.")] state: Option<TaskState>,
        #[graphql(desc = "Only with this light; needs the list.")] light: Option<Light>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<TaskPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = Filter {
            task_list_id: id::parse_opt(task_list_id.as_ref(), "taskListId")?,
            unit_id: id::parse_opt(unit_id.as_ref(), "unitId")?,
            state: state.map(Into::into),
            light: light.map(Into::into),
        };
        let db = &ctx.app().db;
        let rows = task_list::tasks(db.reader(), ctx.actor()?, &filter, db.now().business_date(), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), super::task::Task))
    }

    /// Every version of my community's task list policy, newest first; none means that no list is drawn.
    async fn task_list_policies(&self, ctx: &Context<'_>) -> ApiResult<Vec<TaskListPolicy>> {
        let rows = policy::list(ctx.app().db.reader(), ctx.actor()?.community_id).await?;
        Ok(rows.into_iter().map(TaskListPolicy).collect())
    }
}

/// Reads the need that a new task is for.
pub(super) fn need_id(id: Option<&ID>) -> ApiResult<Option<NeedId>> {
    Ok(id::parse_opt(id, "needId")?)
}

/// The list behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<TaskList>> {
    let id = id::parse::<TaskListId>(id, "id")?;
    Ok(found(task_list::get(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(TaskList))
}
