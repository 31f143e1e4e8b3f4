//! Steps of a project for clients: handed in, published, matched, begun, completed, evaluated, called off; gates passed by leave; the year after.

use async_graphql::{Context, ID, InputObject, Object};
use domain::exchange::project::{self, Evaluation, gate_override, milestone};
use entity::id::ProjectId;

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::project::Project;
use crate::graphql::exchange::project_parts::ProjectStepKind;
use crate::graphql::{ContextExt, id};

/// A project to hand in.
#[derive(InputObject)]
pub struct SubmitProjectInput {
    /// The project.
    id: ID,
}

/// An approved project.
#[derive(InputObject)]
pub struct PublishProjectInput {
    /// The project.
    id: ID,
}

/// A project that has its partners.
#[derive(InputObject)]
pub struct MatchProjectInput {
    /// The project.
    id: ID,
}

/// A project to begin.
#[derive(InputObject)]
pub struct StartProjectInput {
    /// The project.
    id: ID,
}

/// A project that was carried out.
#[derive(InputObject)]
pub struct CompleteProjectInput {
    /// The project.
    id: ID,
}

/// A project that was carried out.
#[derive(InputObject)]
pub struct RepeatProjectInput {
    /// The project.
    id: ID,
}

/// What came of a project.
#[derive(InputObject)]
pub struct EvaluateProjectInput {
    /// The project.
    id: ID,
    /// How many people gained by it, 0 to 1000000.
    reached: i32,
    /// How many were asked, 1 to 1000000.
    surveyed: i32,
    /// How many of them were satisfied.
    satisfied: i32,
    /// In words, 1 to 1000 characters.
    note: String,
}

/// A project to call off.
#[derive(InputObject)]
pub struct CancelProjectInput {
    /// The project.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// How far a milestone is.
#[derive(InputObject)]
pub struct ReportMilestoneInput {
    /// The project.
    project_id: ID,
    /// Which milestone, from 1.
    position: i32,
    /// How much is done, 0 to 100.
    progress: i32,
}

/// Leave to take the next step without its facts.
#[derive(InputObject)]
pub struct ProposeGateOverrideInput {
    /// The project.
    project_id: ID,
    /// The step that comes next: MATCH, START or COMPLETE.
    step: ProjectStepKind,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// A leave to agree to or not.
#[derive(InputObject)]
pub struct DecideGateOverrideInput {
    /// The leave.
    id: ID,
    /// Whether I agree.
    approve: bool,
}

#[derive(Default)]
pub struct ProjectStepMutation;

#[Object]
impl ProjectStepMutation {
    /// Hands a draft or a returned project in (who leads the team, or a team of the unit; the unit's liaison; staff): the evidence is frozen as a new pack.
    async fn submit_project(&self, ctx: &Context<'_>, #[graphql(desc = "A project to hand in.")] input: SubmitProjectInput) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::submit(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Opens an approved project to partners (grid workers, administrators; not who applied).
    async fn publish_project(&self, ctx: &Context<'_>, #[graphql(desc = "An approved project.")] input: PublishProjectInput) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::publish(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Notes that a published project has its partners (grid workers, administrators; not who applied). Its gate needs a confirmed commitment and a signed agreement.
    async fn match_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A project that has its partners.")] input: MatchProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::match_partners(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Begins a matched project. Its gate needs an agreement that holds to the last day and insurance that covers every day.
    async fn start_project(&self, ctx: &Context<'_>, #[graphql(desc = "A project to begin.")] input: StartProjectInput) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::start(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Notes that a project was carried out (grid workers, administrators; not who applied). Its gate needs every milestone and the minutes aimed at.
    async fn complete_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A project that was carried out.")] input: CompleteProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::complete(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Drafts the project of the year after, once, with everything a year later.
    async fn repeat_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A project that was carried out.")] input: RepeatProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::repeat(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Looks back on a completed project (grid workers, administrators; not who applied).
    async fn evaluate_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What came of a project.")] input: EvaluateProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let EvaluateProjectInput { reached, surveyed, satisfied, note, .. } = input;
        let tx = app.db.begin().await?;
        let entry = project::evaluate(&tx, actor, id, Evaluation { reached, surveyed, satisfied, note }).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Calls a project off, with a word why; one that is before a panel is called back by `cancelReview` first.
    async fn cancel_project(&self, ctx: &Context<'_>, #[graphql(desc = "A project to call off.")] input: CancelProjectInput) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = project::cancel(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Notes how far a milestone of a project under way is.
    async fn report_milestone(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far a milestone is.")] input: ReportMilestoneInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.project_id, "projectId")?;
        let tx = app.db.begin().await?;
        let entry = milestone::report(&tx, actor, id, input.position, input.progress).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Asks for leave to take the next step without its facts (grid workers, administrators; not who applied).
    async fn propose_gate_override(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Leave to take the next step without its facts.")] input: ProposeGateOverrideInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.project_id, "projectId")?;
        let tx = app.db.begin().await?;
        let entry = gate_override::propose(&tx, actor, id, input.step.into(), &input.reason).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Agrees to a leave or does not (administrators other than who asked and who applied). It holds for one passage.
    async fn decide_gate_override(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A leave to agree to or not.")] input: DecideGateOverrideInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = gate_override::decide(&tx, actor, id, input.approve).await?;
        tx.commit().await?;
        Ok(entry.into())
    }
}
