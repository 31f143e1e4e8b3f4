//! The parts of a project for clients: steps, milestones, commitments, papers, gates and their overrides.

use async_graphql::{Context, Description, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use entity::project_commitment as promises;
use entity::{gate_override, listing as listings};

use crate::graphql::community::loader as territory;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, nullable};
use crate::graphql::exchange::listing::{ListingKind, ListingState};
use crate::graphql::people::loader as people;
use crate::graphql::people::team::Team;

/// How far a project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::project::ProjectState")]
pub enum ProjectState {
    /// Being written.
    Draft,
    /// Handed in; its evidence is frozen.
    Submitted,
    /// Before a panel.
    UnderReview,
    /// To be changed and handed in again.
    Returned,
    /// Found good.
    Approved,
    /// Open to partners, and to everybody of the community.
    Published,
    /// Has its partners.
    Matched,
    /// Under way.
    InProgress,
    /// Carried out.
    Completed,
    /// Looked back on.
    Evaluated,
    /// Not found good.
    Rejected,
    /// Called off.
    Cancelled,
}

/// What moves a project on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::project_step::ProjectStep")]
pub enum ProjectStepKind {
    /// Written down.
    Draft,
    /// Handed in.
    Submit,
    /// Put before a panel.
    OpenReview,
    /// The panel was called off.
    Recall,
    /// Given back to be changed.
    Return,
    /// Found good.
    Approve,
    /// Not found good.
    Reject,
    /// Opened to partners.
    Publish,
    /// Has its partners.
    Match,
    /// Begun.
    Start,
    /// Carried out.
    Complete,
    /// Looked back on.
    Evaluate,
    /// Called off.
    Cancel,
}

/// Something that happened to a project; never changed afterwards.
#[derive(SimpleObject)]
pub struct ProjectStep {
    /// What happened.
    pub kind: ProjectStepKind,
    /// When.
    pub happened_at: DateTime<Utc>,
    /// What was said; for who acts for its owner, is in charge, or judges it.
    pub note: Option<String>,
}

/// A stage on the way (里程碑).
#[derive(SimpleObject)]
pub struct ProjectMilestone {
    /// 1, 2, 3 …
    pub position: i32,
    /// What is to be reached.
    pub title: String,
    /// Weight in the whole; they add up to 100.
    pub weight: i32,
    /// Until when.
    pub due_on: NaiveDate,
    /// How much is done, 0 to 100.
    pub progress: i32,
    /// When last reported.
    pub reported_at: Option<DateTime<Utc>>,
}

/// A signed paper with the days for which it holds.
#[derive(SimpleObject)]
pub struct ProjectPaper {
    /// Number, or where it is kept; for who acts for the owner, is in charge, or judges the project.
    pub reference: Option<String>,
    /// The day it was signed, or the first day it holds.
    pub from: NaiveDate,
    /// The last day it holds.
    pub to: NaiveDate,
}

/// What came of a project.
#[derive(SimpleObject)]
pub struct ProjectEvaluation {
    /// How many people gained by it.
    pub reached: i32,
    /// How many were asked.
    pub surveyed: i32,
    /// How many of them were satisfied.
    pub satisfied: i32,
    /// The share of them, 10000 being all.
    pub satisfaction_bps: i32,
    /// In words.
    pub note: String,
}

/// A line of the three lists that a project answers or draws on.
#[derive(SimpleObject)]
pub struct ProjectListing {
    /// Id of the need, resource or service offer.
    pub id: ID,
    /// Of which list.
    pub kind: ListingKind,
    /// Title.
    pub title: String,
    /// How far it is.
    pub state: ListingState,
}

impl From<listings::Model> for ProjectListing {
    fn from(row: listings::Model) -> Self {
        let id = super::listing::outside_id(&row).into();
        Self { id, kind: row.kind.into(), title: row.title, state: row.state.into() }
    }
}

/// What can be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::project_commitment::CommitmentKind")]
pub enum CommitmentKind {
    /// 人力
    People,
    /// 物资
    Goods,
    /// 场地
    Space,
    /// 资金: as text; nothing is paid here.
    Funds,
}

/// How far a promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::project_commitment::CommitmentState")]
pub enum CommitmentState {
    /// Said.
    Promised,
    /// Signed, and confirmed by somebody else.
    Confirmed,
    /// Taken back.
    Withdrawn,
}

/// What a partner promises a project (认领承诺).
#[derive(Description)]
pub struct ProjectCommitment {
    pub(super) row: promises::Model,
    pub(super) listing: Option<ID>,
}

#[Object(use_type_description)]
impl ProjectCommitment {
    /// Id.
    async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// The partner, where it is a unit.
    async fn unit(&self, ctx: &Context<'_>) -> Option<ApiResult<Unit>> {
        let id = self.row.unit_id?;
        nullable(territory::of(ctx).load_one(id).await.map(|row| row.map(Unit)))
    }

    /// The partner, where it is a team.
    async fn team(&self, ctx: &Context<'_>) -> Option<ApiResult<Team>> {
        let id = self.row.team_id?;
        nullable(people::of(ctx).load_one(id).await.map(|row| row.map(Team)))
    }

    /// Of what.
    async fn kind(&self) -> CommitmentKind {
        self.row.kind.into()
    }

    /// How many; none for funds.
    async fn quantity(&self) -> Option<i32> {
        self.row.quantity
    }

    /// What the quantity counts.
    async fn measure(&self) -> Option<&str> {
        self.row.measure.as_deref()
    }

    /// In words.
    async fn note(&self) -> &str {
        &self.row.note
    }

    /// Id of the resource or service it comes from.
    async fn listing_id(&self) -> Option<ID> {
        self.listing.clone()
    }

    /// How far it is.
    async fn state(&self) -> CommitmentState {
        self.row.state.into()
    }

    /// When it was promised.
    async fn promised_at(&self) -> DateTime<Utc> {
        self.row.promised_at.date_time()
    }
}

/// A fact that a step of a project needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::exchange::project::gate::Fact")]
pub enum GateFact {
    /// A partner's promise is confirmed.
    CommitmentConfirmed,
    /// The agreement is signed and holds to the last day.
    AgreementSigned,
    /// The insurance covers every day.
    InsuranceCovers,
    /// Every milestone is reached.
    MilestonesReached,
    /// As many minutes as were aimed at have been served and certified.
    MinutesLogged,
}

/// A fact and whether it is there.
#[derive(SimpleObject)]
pub struct GateFinding {
    /// The fact.
    pub fact: GateFact,
    /// Whether it is there now.
    pub met: bool,
}

/// The gate (阶段门) before a project's next step.
#[derive(SimpleObject)]
pub struct ProjectGate {
    /// The step.
    pub step: ProjectStepKind,
    /// The facts it needs.
    pub findings: Vec<GateFinding>,
    /// Whether all of them are there.
    pub open: bool,
}

/// How far a leave to pass a gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::gate_override::OverrideState")]
pub enum GateOverrideState {
    /// Waits for a second person.
    Proposed,
    /// Agreed, and not used yet.
    Approved,
    /// Not agreed.
    Rejected,
    /// The gate was passed by it.
    Used,
}

/// Leave to take a step whose facts are not there (特批): one person says why, another agrees.
#[derive(Description)]
pub struct GateOverride(pub gate_override::Model);

#[Object(use_type_description)]
impl GateOverride {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The step it is for.
    async fn step(&self) -> ProjectStepKind {
        self.0.step.into()
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Account that asked.
    async fn proposed_by(&self) -> ID {
        self.0.proposed_by.into()
    }

    /// Account that agreed or did not.
    async fn decided_by(&self) -> Option<ID> {
        self.0.decided_by.map(Into::into)
    }

    /// How far it is.
    async fn state(&self) -> GateOverrideState {
        self.0.state.into()
    }
}
