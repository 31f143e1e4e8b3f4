//! What administrators and liaisons say about task lists and tasks.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::exchange::task_list::answer::{self, Return};
use domain::exchange::task_list::issue::{self, NewTask};
use domain::exchange::task_list::policy::{self, CUT_OFF_DAY, Terms, WARN_DAYS};
use domain::exchange::task_list::{self as lists};
use entity::time::BusinessDate;

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::task::Task;
use crate::graphql::exchange::task_list::{TaskList, TaskListPolicy, need_id};
use crate::graphql::{ContextExt, id};

/// The next version of the task list policy. Numbers left out keep those of the last version; of the first they are 25 and 5.
#[derive(InputObject)]
pub struct PublishTaskListPolicyInput {
    /// First day it governs: tomorrow or later.
    effective_from: NaiveDate,
    /// Day of the month on which the list is drawn and the last one is due, 1 to 28.
    cut_off_day: Option<i32>,
    /// Days before a task is due from which its light is yellow, 0 to 27.
    warn_days: Option<i32>,
}

/// A task to put on a list: for a need, or with a title of its own.
#[derive(InputObject)]
pub struct AddTaskInput {
    /// The list; it is not closed.
    task_list_id: ID,
    /// The need it is for, which says what and where.
    need_id: Option<ID>,
    /// Title of a task without a need, 1 to 60 characters.
    title: Option<String>,
    /// What is to be done, up to 1000 characters.
    description: Option<String>,
    /// Where; my community when left out.
    region_id: Option<ID>,
    /// Names this intention; sending it again gives the same task.
    idempotency_key: String,
}

/// A task to take off its list.
#[derive(InputObject)]
pub struct WithdrawTaskInput {
    /// The task.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// A list to issue.
#[derive(InputObject)]
pub struct IssueTaskListInput {
    /// The list.
    id: ID,
}

/// A task to claim for a unit.
#[derive(InputObject)]
pub struct ClaimTaskInput {
    /// The task.
    id: ID,
    /// The unit I speak for.
    unit_id: ID,
}

/// A task that a unit will not take, or gives back.
#[derive(InputObject)]
pub struct DeclineTaskInput {
    /// The task.
    id: ID,
    /// The unit I speak for.
    unit_id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// What came of a task.
#[derive(InputObject)]
pub struct ReturnTaskInput {
    /// The task.
    id: ID,
    /// The unit I speak for, which claimed it.
    unit_id: ID,
    /// What was done, 1 to 500 characters.
    result: String,
    /// Minutes of service of all people together, 0 to 1000000.
    minutes: i64,
    /// How many people served, 1 to 100000.
    people: i64,
}

#[derive(Default)]
pub struct TaskListMutation;

#[Object]
impl TaskListMutation {
    /// Publishes the next version of the task list policy (administrators). From then on a list is drawn every month on the cut-off day.
    async fn publish_task_list_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The next version of the task list policy. Numbers left out keep those of the last version; of the first they are 25 and 5."
        )]
        input: PublishTaskListPolicyInput,
    ) -> ApiResult<TaskListPolicy> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let last = policy::list(&tx.connection, actor.community_id).await?.into_iter().next();
        let (cut_off_day, warn_days) = last.map_or((CUT_OFF_DAY, WARN_DAYS), |row| (row.cut_off_day, row.warn_days));
        let terms = Terms {
            effective_from: BusinessDate::from_naive(input.effective_from),
            cut_off_day: input.cut_off_day.unwrap_or(cut_off_day),
            warn_days: input.warn_days.unwrap_or(warn_days),
        };
        let row = policy::publish(&tx, actor, terms).await?;
        tx.commit().await?;
        Ok(TaskListPolicy(row))
    }

    /// Puts a task on a list beside those that were drawn (administrators).
    async fn add_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A task to put on a list: for a need, or with a title of its own.")] input: AddTaskInput,
    ) -> ApiResult<Task> {
        let actor = ctx.actor()?;
        let new = NewTask {
            task_list_id: id::parse(&input.task_list_id, "taskListId")?,
            need_id: need_id(input.need_id.as_ref())?,
            title: input.title,
            description: input.description,
            region_id: id::parse_opt(input.region_id.as_ref(), "regionId")?,
        };
        let tx = ctx.app().db.begin().await?;
        let id = issue::add(&tx, actor, &input.idempotency_key, &new).await?;
        let (row, _) = lists::get_task(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(Task(row))
    }

    /// Takes a task off its list, with a word why; the unit that claimed it is told (administrators).
    async fn withdraw_task(&self, ctx: &Context<'_>, #[graphql(desc = "A task to take off its list.")] input: WithdrawTaskInput) -> ApiResult<Task> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = issue::withdraw(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(Task(row))
    }

    /// Issues a list to the units that sit in the alliance today, and tells their liaisons; again changes nothing (administrators).
    async fn issue_task_list(&self, ctx: &Context<'_>, #[graphql(desc = "A list to issue.")] input: IssueTaskListInput) -> ApiResult<TaskList> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = issue::issue(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(TaskList(row))
    }

    /// Claims a task for my unit; of two units that claim it at once, one gets it. Again changes nothing (its liaison).
    async fn claim_task(&self, ctx: &Context<'_>, #[graphql(desc = "A task to claim for a unit.")] input: ClaimTaskInput) -> ApiResult<Task> {
        let actor = ctx.actor()?;
        let (id, unit_id) = (id::parse(&input.id, "id")?, id::parse(&input.unit_id, "unitId")?);
        let tx = ctx.app().db.begin().await?;
        let row = answer::claim(&tx, actor, id, unit_id).await?;
        tx.commit().await?;
        Ok(Task(row))
    }

    /// Says that my unit will not take a task, or gives back one that it claimed, with a reason (its liaison).
    async fn decline_task(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A task that a unit will not take, or gives back.")] input: DeclineTaskInput,
    ) -> ApiResult<Task> {
        let actor = ctx.actor()?;
        let (id, unit_id) = (id::parse(&input.id, "id")?, id::parse(&input.unit_id, "unitId")?);
        let tx = ctx.app().db.begin().await?;
        let row = answer::decline(&tx, actor, id, unit_id, &input.reason).await?;
        tx.commit().await?;
        Ok(Task(row))
    }

    /// Returns what came of a task that my unit claimed; also late, which shows. Sending the same again changes nothing (its liaison).
    async fn return_task(&self, ctx: &Context<'_>, #[graphql(desc = "What came of a task.")] input: ReturnTaskInput) -> ApiResult<Task> {
        let actor = ctx.actor()?;
        let (id, unit_id) = (id::parse(&input.id, "id")?, id::parse(&input.unit_id, "unitId")?);
        let new = Return { result: input.result, minutes: input.minutes, people: input.people };
        let tx = ctx.app().db.begin().await?;
        let row = answer::hand_in(&tx, actor, id, unit_id, &new).await?;
        tx.commit().await?;
        Ok(Task(row))
    }
}
