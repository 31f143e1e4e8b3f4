//! Co-building projects for clients: what they are, and finding them.

use std::sync::Arc;

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::error::Code;
use domain::exchange::project::{self, Entry, Filter, gate, milestone, state};
use entity::id::{ActivityId, ProjectId};
use entity::project as rows;
use entity::review_round::SubjectKind;
use entity::time::BusinessDate;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::evidence::EvidencePack;
use crate::graphql::exchange::loader;
use crate::graphql::exchange::project_loader::{ActivitiesOf, CommitmentsOf, FactsOf, ListingsOf, MilestonesOf, OverridesOf, PacksOf, StepsOf};
use crate::graphql::exchange::project_parts::{
    GateFinding, GateOverride, ProjectCommitment, ProjectEvaluation, ProjectGate, ProjectListing, ProjectMilestone, ProjectPaper, ProjectState,
    ProjectStep,
};
use crate::graphql::exchange::review::ReviewRound;
use crate::graphql::exchange::review_loader::RoundsOf;
use crate::graphql::people::loader as people;
use crate::graphql::people::team::Team;
use crate::graphql::{ContextExt, connection, id};

/// A co-building project (共建项目) of a unit or a team with the community.
#[derive(Description)]
pub struct Project(pub Arc<Entry>);

impl From<Entry> for Project {
    fn from(entry: Entry) -> Self {
        Self(Arc::new(entry))
    }
}

impl Project {
    /// The project of a round, for somebody who sees it whole.
    pub(super) fn whole(project: rows::Model, path: String) -> Self {
        Entry { project, path, whole: true }.into()
    }

    fn row(&self) -> &rows::Model {
        &self.0.project
    }

    fn paper(&self, reference: Option<&String>, from: Option<BusinessDate>, to: Option<BusinessDate>) -> Option<ProjectPaper> {
        let reference = reference.cloned().filter(|_| self.0.whole);
        Some(ProjectPaper { reference, from: from?.naive(), to: to?.naive() })
    }

    async fn facts(&self, ctx: &Context<'_>) -> ApiResult<gate::Facts> {
        Ok(loader::of(ctx).load_one(FactsOf(self.row().id)).await?.unwrap_or_default())
    }
}

#[Object(use_type_description)]
impl Project {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.row().id.into()
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.row().title
    }

    /// What is to be done, and why.
    async fn summary(&self) -> &str {
        &self.row().summary
    }

    /// Code of the `PROJECT_CATEGORY` list.
    async fn category(&self) -> &str {
        &self.row().category
    }

    /// Code of the `CO_BUILD_MODE` list (共建方式).
    async fn mode(&self) -> &str {
        &self.row().mode
    }

    /// Codes of the `CO_BUILD_CONTENT` list (联建内容).
    async fn contents(&self) -> Vec<String> {
        project::contents(self.row())
    }

    /// Where it is carried out.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(territory::of(ctx).load_one(self.row().region_id).await?.ok_or(Code::NotFound)?))
    }

    /// The unit that applies.
    async fn unit(&self, ctx: &Context<'_>) -> Option<ApiResult<Unit>> {
        let id = self.row().owner_unit_id?;
        nullable(territory::of(ctx).load_one(id).await.map(|row| row.map(Unit)))
    }

    /// The team that applies.
    async fn team(&self, ctx: &Context<'_>) -> Option<ApiResult<Team>> {
        let id = self.row().owner_team_id?;
        nullable(people::of(ctx).load_one(id).await.map(|row| row.map(Team)))
    }

    /// How many people are to gain by it.
    async fn beneficiaries(&self) -> i32 {
        self.row().beneficiaries
    }

    /// What it costs, as text.
    async fn budget(&self) -> &str {
        &self.row().budget
    }

    /// Who pays, as text.
    async fn funding_source(&self) -> &str {
        &self.row().funding_source
    }

    /// First day.
    async fn starts_on(&self) -> NaiveDate {
        self.row().starts_on.naive()
    }

    /// Last day.
    async fn ends_on(&self) -> NaiveDate {
        self.row().ends_on.naive()
    }

    /// Minutes of service it is to bring.
    async fn minutes_goal(&self) -> i64 {
        self.row().minutes_goal
    }

    /// Certified minutes that its activities have brought.
    async fn minutes(&self, ctx: &Context<'_>) -> ApiResult<i64> {
        Ok(self.facts(ctx).await?.minutes)
    }

    /// How much of its milestones is done by their weights, 10000 being all.
    async fn progress_bps(&self, ctx: &Context<'_>) -> ApiResult<i32> {
        let rows = loader::of(ctx).load_one(MilestonesOf(self.row().id)).await?.unwrap_or_default();
        Ok(milestone::progress_bps(&rows))
    }

    /// Whether it comes again every year; the next one is drafted two months ahead.
    async fn yearly(&self) -> bool {
        self.row().yearly
    }

    /// Id of the project of the year before.
    async fn repeats_id(&self) -> Option<ID> {
        self.row().repeats_id.map(Into::into)
    }

    /// The signed agreement.
    async fn agreement(&self) -> Option<ProjectPaper> {
        let row = self.row();
        self.paper(row.agreement_ref.as_ref(), row.agreement_signed_on, row.agreement_valid_to)
    }

    /// The insurance.
    async fn insurance(&self) -> Option<ProjectPaper> {
        let row = self.row();
        self.paper(row.insurance_ref.as_ref(), row.insurance_from, row.insurance_to)
    }

    /// How far it is.
    async fn state(&self) -> ProjectState {
        self.row().state.into()
    }

    /// Whether I see the whole of it: because I act for its owner, am in charge, or judge it.
    async fn seen_whole(&self) -> bool {
        self.0.whole
    }

    /// What came of it.
    async fn evaluation(&self) -> Option<ProjectEvaluation> {
        let row = self.row();
        let (reached, surveyed, satisfied) = (row.reached?, row.surveyed?, row.satisfied?);
        let share = i64::from(satisfied) * 10_000 / i64::from(surveyed.max(1));
        let satisfaction_bps = i32::try_from(share).unwrap_or(i32::MAX);
        Some(ProjectEvaluation { reached, surveyed, satisfied, satisfaction_bps, note: row.evaluation.clone()? })
    }

    /// Stages on the way.
    async fn milestones(&self, ctx: &Context<'_>) -> ApiResult<Vec<ProjectMilestone>> {
        let rows = loader::of(ctx).load_one(MilestonesOf(self.row().id)).await?.unwrap_or_default();
        let one = |row: entity::project_milestone::Model| ProjectMilestone {
            position: row.position,
            title: row.title,
            weight: row.weight,
            due_on: row.due_on.naive(),
            progress: row.progress,
            reported_at: row.reported_at.map(entity::time::UtcMicros::date_time),
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// What partners promise, in the order in which they promised it.
    async fn commitments(&self, ctx: &Context<'_>) -> ApiResult<Vec<ProjectCommitment>> {
        let rows = loader::of(ctx).load_one(CommitmentsOf(self.row().id)).await?.unwrap_or_default();
        let one = |row: entity::project_commitment::Model| {
            let people = row.kind == entity::project_commitment::CommitmentKind::People;
            // People come with a service, everything else is a resource.
            let outside = |id| if people { entity::id::ServiceOfferId::from(id).into() } else { entity::id::ResourceId::from(id).into() };
            ProjectCommitment { listing: row.listing_id.map(outside), row }
        };
        Ok(rows.into_iter().map(one).collect())
    }

    /// Lines of the three lists that it answers or draws on; open ones, and for those who see the whole of it all.
    async fn listings(&self, ctx: &Context<'_>) -> ApiResult<Vec<ProjectListing>> {
        let rows = loader::of(ctx).load_one(ListingsOf(self.row().id)).await?.unwrap_or_default();
        let shown = |row: &entity::listing::Model| self.0.whole || domain::exchange::listing::state::OPEN_TO_ALL.contains(&row.state);
        Ok(rows.into_iter().filter(shown).map(Into::into).collect())
    }

    /// Ids of the activities whose minutes count for it.
    async fn activity_ids(&self, ctx: &Context<'_>) -> ApiResult<Vec<ID>> {
        let rows: Vec<ActivityId> = loader::of(ctx).load_one(ActivitiesOf(self.row().id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// The gate before its next step; null where no step with a gate comes next.
    async fn gate(&self, ctx: &Context<'_>) -> Option<ApiResult<ProjectGate>> {
        let next = gate::GATES.iter().map(|gate| gate.0).find(|step| state::after(self.row().state, *step).is_ok())?;
        let today = ctx.app().db.now().business_date();
        Some(self.facts(ctx).await.map(|facts| {
            let findings = gate::look(self.row(), facts, next, today);
            let open = findings.iter().all(|found| found.met);
            let findings = findings.into_iter().map(|found| GateFinding { fact: found.fact.into(), met: found.met }).collect();
            ProjectGate { step: next.into(), findings, open }
        }))
    }

    /// Leaves to pass its gates; for who sees the whole of it.
    async fn gate_overrides(&self, ctx: &Context<'_>) -> ApiResult<Vec<GateOverride>> {
        if !self.0.whole {
            return Ok(Vec::new());
        }
        let rows = loader::of(ctx).load_one(OverridesOf(self.row().id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(GateOverride).collect())
    }

    /// Its evidence packs, one for each time it was handed in; for who sees the whole of it.
    async fn packs(&self, ctx: &Context<'_>) -> ApiResult<Vec<EvidencePack>> {
        if !self.0.whole {
            return Ok(Vec::new());
        }
        let rows = loader::of(ctx).load_one(PacksOf(self.row().id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(EvidencePack).collect())
    }

    /// Its rounds of review that exist for me, oldest first.
    async fn rounds(&self, ctx: &Context<'_>) -> ApiResult<Vec<ReviewRound>> {
        let key = RoundsOf(SubjectKind::Project, self.row().id.0, Arc::clone(ctx.actor()?));
        Ok(loader::of(ctx).load_one(key).await?.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// What happened to it, oldest first.
    async fn steps(&self, ctx: &Context<'_>) -> ApiResult<Vec<ProjectStep>> {
        let rows = loader::of(ctx).load_one(StepsOf(self.row().id)).await?.unwrap_or_default();
        let one = |row: entity::project_step::Model| ProjectStep {
            kind: row.kind.into(),
            happened_at: row.happened_at.date_time(),
            note: row.note.filter(|_| self.0.whole),
        };
        Ok(rows.into_iter().map(one).collect())
    }
}

connection_of!(ProjectPage, Project, ProjectNames, "ProjectConnection", "ProjectEdge");

/// Which projects to list; what is left out narrows nothing.
#[derive(InputObject, Default)]
pub struct ProjectFilter {
    /// Only in these states.
    states: Option<Vec<ProjectState>>,
    /// Only this code of the `PROJECT_CATEGORY` list.
    category: Option<String>,
    /// Only this code of the `CO_BUILD_MODE` list.
    mode: Option<String>,
    /// Only of this unit.
    unit_id: Option<ID>,
    /// Only of this team.
    team_id: Option<ID>,
}

#[derive(Default)]
pub struct ProjectQuery;

#[Object]
impl ProjectQuery {
    /// Projects that exist for me, newest first: open ones of my community, those I act for, and those I am in charge of.
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "ProjectFilter::default()")] filter: ProjectFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ProjectPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = Filter {
            states: filter.states.map(|states| states.into_iter().map(Into::into).collect()),
            category: filter.category,
            mode: filter.mode,
            unit_id: id::parse_opt(filter.unit_id.as_ref(), "unitId")?,
            team_id: id::parse_opt(filter.team_id.as_ref(), "teamId")?,
        };
        let rows = project::list(ctx.app().db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, |entry| (0, entry.project.id.to_string()), Into::into))
    }

    /// One project.
    async fn project(&self, ctx: &Context<'_>, #[graphql(desc = "The project.")] id: ID) -> ApiResult<Project> {
        let id = id::parse::<ProjectId>(&id, "id")?;
        Ok(project::get(ctx.app().db.reader(), ctx.actor()?, id).await?.into())
    }
}

/// The project behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Project>> {
    let id = id::parse::<ProjectId>(id, "id")?;
    Ok(found(project::get(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(Into::into))
}
