//! What is written of a project, for clients: the draft, what partners promise, papers, lists and activities.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::error::{Code, Error};
use domain::exchange::listing::Owner;
use domain::exchange::project::commitment::{self, Promise};
use domain::exchange::project::{self, Draft, MilestoneDraft, Paper, link};
use entity::id::{ActivityId, ProjectId};
use entity::time::BusinessDate;

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing;
use crate::graphql::exchange::project::Project;
use crate::graphql::exchange::project_parts::CommitmentKind;
use crate::graphql::{ContextExt, id};

/// A stage on the way.
#[derive(InputObject)]
pub struct MilestoneInput {
    /// What is to be reached, 1 to 60 characters.
    title: String,
    /// Weight in the whole, 1 to 100; they add up to 100 when the project is handed in.
    weight: i32,
    /// Until when, within the time of the project.
    due_on: NaiveDate,
}

/// What a project says.
#[derive(InputObject)]
pub struct ProjectInput {
    /// Where it is carried out; the team's region or the community when left out.
    region_id: Option<ID>,
    /// Title, 1 to 60 characters.
    title: String,
    /// What is to be done and why, 1 to 2000 characters; no telephone numbers.
    summary: String,
    /// Code of the `PROJECT_CATEGORY` list.
    category: String,
    /// Code of the `CO_BUILD_MODE` list.
    mode: String,
    /// Codes of the `CO_BUILD_CONTENT` list, 1 to 10.
    contents: Vec<String>,
    /// How many people are to gain by it, 1 to 1000000.
    beneficiaries: i32,
    /// What it costs, as text, 1 to 500 characters.
    budget: String,
    /// Who pays, as text, 1 to 200 characters.
    funding_source: String,
    /// First day.
    starts_on: NaiveDate,
    /// Last day, within three years.
    ends_on: NaiveDate,
    /// Minutes of service it is to bring, 0 to 100000000.
    #[graphql(default = 0)]
    minutes_goal: i64,
    /// Whether it comes again every year.
    #[graphql(default = false)]
    yearly: bool,
    /// Stages on the way, in their order, at most 20.
    #[graphql(default)]
    milestones: Vec<MilestoneInput>,
}

impl ProjectInput {
    fn draft(self) -> ApiResult<Draft> {
        let milestones = self.milestones.into_iter();
        let stage = |one: MilestoneInput| MilestoneDraft { title: one.title, weight: one.weight, due_on: BusinessDate::from_naive(one.due_on) };
        Ok(Draft {
            region_id: id::parse_opt(self.region_id.as_ref(), "regionId")?,
            title: self.title,
            summary: self.summary,
            category: self.category,
            mode: self.mode,
            contents: self.contents,
            beneficiaries: self.beneficiaries,
            budget: self.budget,
            funding_source: self.funding_source,
            starts_on: BusinessDate::from_naive(self.starts_on),
            ends_on: BusinessDate::from_naive(self.ends_on),
            minutes_goal: self.minutes_goal,
            yearly: self.yearly,
            milestones: milestones.map(stage).collect(),
        })
    }
}

/// A project to draft, for one of `teamId` and `unitId`.
#[derive(InputObject)]
pub struct CreateProjectInput {
    #[graphql(flatten)]
    project: ProjectInput,
    /// The team that applies.
    team_id: Option<ID>,
    /// The unit that applies.
    unit_id: Option<ID>,
    /// Names this intention; sending it again gives the same project.
    idempotency_key: String,
}

/// A draft or a returned project, written anew.
#[derive(InputObject)]
pub struct UpdateProjectInput {
    /// The project; its state is DRAFT or RETURNED.
    id: ID,
    #[graphql(flatten)]
    project: ProjectInput,
}

/// Something to promise to a project, for one of `teamId` and `unitId`.
#[derive(InputObject)]
pub struct CommitToProjectInput {
    /// The project.
    project_id: ID,
    /// The partner, where it is a team.
    team_id: Option<ID>,
    /// The partner, where it is a unit.
    unit_id: Option<ID>,
    /// Of what.
    kind: CommitmentKind,
    /// How many, 1 to 1000000; for everything but funds.
    quantity: Option<i32>,
    /// What the quantity counts, 1 to 10 characters; for everything but funds.
    measure: Option<String>,
    /// In words, 1 to 200 characters.
    note: String,
    /// The partner's resource (goods, space) or service offer (people) it comes from.
    listing_id: Option<ID>,
    /// Names this intention; sending it again gives the same promise.
    idempotency_key: String,
}

/// A promise that is signed.
#[derive(InputObject)]
pub struct ConfirmCommitmentInput {
    /// The promise.
    id: ID,
}

/// A promise to take back.
#[derive(InputObject)]
pub struct WithdrawCommitmentInput {
    /// The promise.
    id: ID,
}

/// A signed paper.
#[derive(InputObject)]
pub struct ProjectPaperInput {
    /// Number, or where it is kept, 1 to 100 characters.
    reference: String,
    /// The day it was signed, or the first day it holds.
    from: NaiveDate,
    /// The last day it holds.
    to: NaiveDate,
}

impl From<ProjectPaperInput> for Paper {
    fn from(input: ProjectPaperInput) -> Self {
        Self { reference: input.reference, from: BusinessDate::from_naive(input.from), to: BusinessDate::from_naive(input.to) }
    }
}

/// Agreement or insurance of a project, or both; what is left out stays.
#[derive(InputObject)]
pub struct RecordProjectPapersInput {
    /// The project.
    id: ID,
    /// The signed agreement.
    agreement: Option<ProjectPaperInput>,
    /// The insurance.
    insurance: Option<ProjectPaperInput>,
}

/// What belongs to a project: one of `listingId` and `activityId`.
#[derive(InputObject)]
pub struct LinkProjectInput {
    /// The project.
    id: ID,
    /// A need, resource or service offer that it answers or draws on.
    listing_id: Option<ID>,
    /// An activity whose minutes count for it, of a team that I lead or administer; it counts for one project alone.
    activity_id: Option<ID>,
}

/// Whose a project or a promise is.
fn owner(team_id: Option<&ID>, unit_id: Option<&ID>) -> ApiResult<Owner> {
    match (team_id, unit_id) {
        (Some(team), None) => Ok(Owner::Team(id::parse(team, "teamId")?)),
        (None, Some(unit)) => Ok(Owner::Unit(id::parse(unit, "unitId")?)),
        _ => Err(Error::from(Code::BadInput).on("unitId").into()),
    }
}

#[derive(Default)]
pub struct ProjectMutation;

#[Object]
impl ProjectMutation {
    /// Drafts a project for a team I lead, the unit that sponsors it, or the unit whose liaison I am; grid workers and administrators act for any of the place.
    async fn create_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A project to draft, for one of `teamId` and `unitId`.")] input: CreateProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let owner = owner(input.team_id.as_ref(), input.unit_id.as_ref())?;
        let draft = input.project.draft()?;
        let tx = app.db.begin().await?;
        let id = project::create(&tx, actor, &input.idempotency_key, owner, draft).await?;
        let entry = project::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Promises something to a project for a team I lead, the unit that sponsors it, or the unit whose liaison I am; grid workers and administrators act for any of the place.
    async fn commit_to_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Something to promise to a project, for one of `teamId` and `unitId`.")] input: CommitToProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.project_id, "projectId")?;
        let partner = owner(input.team_id.as_ref(), input.unit_id.as_ref())?;
        let listing_id = input.listing_id.as_ref().map(|text| listing::parse(text, "listingId")).transpose()?.map(|parsed| parsed.0);
        let CommitToProjectInput { kind, quantity, measure, note, .. } = input;
        let promise = Promise { kind: kind.into(), quantity, measure, note, listing_id };
        let tx = app.db.begin().await?;
        commitment::promise(&tx, actor, &input.idempotency_key, id, partner, promise).await?;
        let entry = project::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Links a line of the three lists or an activity to a project; again changes nothing.
    async fn link_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What belongs to a project: one of `listingId` and `activityId`.")] input: LinkProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let activity_id = id::parse_opt::<ActivityId>(input.activity_id.as_ref(), "activityId")?;
        let listing_id = input.listing_id.as_ref().map(|text| listing::parse(text, "listingId")).transpose()?.map(|parsed| parsed.0);
        let tx = app.db.begin().await?;
        let entry = match (listing_id, activity_id) {
            (Some(listing_id), None) => link::listing(&tx, actor, id, listing_id).await?,
            (None, Some(activity_id)) => link::activity(&tx, actor, id, activity_id).await?,
            _ => return Err(Error::from(Code::BadInput).on("listingId").into()),
        };
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Writes a draft or a returned project anew (who leads the team, or a team of the unit; the unit's liaison; staff).
    async fn update_project(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A draft or a returned project, written anew.")] input: UpdateProjectInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let draft = input.project.draft()?;
        let tx = app.db.begin().await?;
        let entry = project::update(&tx, actor, id, draft).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Confirms that a promise is signed (grid workers, administrators; not who made it).
    async fn confirm_commitment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A promise that is signed.")] input: ConfirmCommitmentInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = commitment::confirm(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Takes a promise back (who speaks for the partner; staff).
    async fn withdraw_commitment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A promise to take back.")] input: WithdrawCommitmentInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = commitment::withdraw(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Records the signed agreement and the insurance of a project (grid workers, administrators; not who applied).
    async fn record_project_papers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Agreement or insurance of a project, or both; what is left out stays.")] input: RecordProjectPapersInput,
    ) -> ApiResult<Project> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ProjectId>(&input.id, "id")?;
        let (agreement, insurance) = (input.agreement.map(Into::into), input.insurance.map(Into::into));
        let tx = app.db.begin().await?;
        let entry = project::record_papers(&tx, actor, id, agreement, insurance).await?;
        tx.commit().await?;
        Ok(entry.into())
    }
}
