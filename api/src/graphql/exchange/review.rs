//! Rounds of review for clients: what they are, and what waits for whom.

use std::sync::Arc;

use async_graphql::{ContainerType, Context, Description, ID, InputObject, Object, ScalarType, ServerResult, Value};
use chrono::{DateTime, Utc};
use domain::exchange::review::round::{self, Filter, Seen};
use entity::id::{ProjectId, ReviewRoundId};
use entity::review_round as rows;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::connection_of;
use crate::graphql::at_hand::{AtHand, AtHandList, AtHandNode};
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::evidence::EvidencePack;
use crate::graphql::exchange::loader;
use crate::graphql::exchange::project::Project;
use crate::graphql::exchange::review_loader::{CriteriaOf, SeatsOf};
use crate::graphql::exchange::review_parts::{
    ReviewBallot, ReviewCriterion, ReviewPhase, ReviewSeat, ReviewStanding, ReviewSubjectKind, ReviewVerdict, points,
};
use crate::graphql::{ContextExt, connection, id};

/// A round of review (评审): who judges what until when, and what came of it. What I may not know yet is null or empty.
#[derive(Description)]
pub struct ReviewRound(pub Arc<Seen>);

impl ReviewRound {
    fn row(&self) -> &rows::Model {
        &self.0.round
    }
}

impl From<Seen> for ReviewRound {
    fn from(seen: Seen) -> Self {
        Self(Arc::new(seen))
    }
}

#[Object(use_type_description)]
impl ReviewRound {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.row().id.into()
    }

    /// What is judged.
    async fn subject_kind(&self) -> ReviewSubjectKind {
        self.row().subject_kind.into()
    }

    /// Id of what is judged.
    async fn subject_id(&self) -> ID {
        self.row().subject_ref.clone().into()
    }

    /// Its title when the round was opened.
    async fn title(&self) -> &str {
        &self.row().title
    }

    /// The project that is judged; null for other subjects, and for a reviewer who was recused.
    async fn project(&self, ctx: &Context<'_>) -> Option<ApiResult<Project>> {
        if self.row().subject_kind != rows::SubjectKind::Project || self.0.sight == round::Sight::Recused {
            return None;
        }
        let project = loader::of(ctx).load_one(ProjectId(self.row().subject_id)).await;
        nullable(project.map(|row| row.map(|row| Project::whole(row, self.0.place.path.clone()))))
    }

    /// 1, 2, 3 … of its subject.
    async fn number(&self) -> i32 {
        self.row().number
    }

    /// How far it is.
    async fn phase(&self) -> ReviewPhase {
        self.row().phase.into()
    }

    /// As what I see it.
    async fn standing(&self) -> ReviewStanding {
        self.0.sight.into()
    }

    /// How many have scored.
    async fn votes(&self) -> i32 {
        self.row().votes
    }

    /// How many must score; with the last of them the round is closed.
    async fn votes_needed(&self) -> i32 {
        self.row().votes_needed
    }

    /// Until when to score.
    async fn due_at(&self) -> DateTime<Utc> {
        self.row().due_at.date_time()
    }

    /// End of the phase, at which the verdict is published by itself; null where an administrator publishes it.
    async fn publish_at(&self) -> Option<DateTime<Utc>> {
        self.row().publish_at.map(entity::time::UtcMicros::date_time)
    }

    /// When it was opened.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.row().opened_at.date_time()
    }

    /// When the last score needed came.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.row().closed_at.map(entity::time::UtcMicros::date_time)
    }

    /// When the verdict was made known.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.row().published_at.map(entity::time::UtcMicros::date_time)
    }

    /// Why it was called off.
    async fn cancel_reason(&self) -> Option<&str> {
        self.row().cancel_reason.as_deref()
    }

    /// What is judged by.
    async fn criteria(&self, ctx: &Context<'_>) -> ApiResult<AtHandList<ReviewCriterion>> {
        let rows = loader::of(ctx).load_one(CriteriaOf(self.row().id)).await?.unwrap_or_default();
        Ok(AtHandList(rows.into_iter().map(|row| ReviewCriterion { code: row.code, label: row.label, weight: row.weight }).collect()))
    }

    /// Who is on it, in the order in which they were seated; for the panel and those in charge.
    async fn seats(&self, ctx: &Context<'_>) -> ApiResult<AtHandList<ReviewSeat>> {
        if !self.0.inside() {
            return Ok(AtHandList(Vec::new()));
        }
        let rows = loader::of(ctx).load_one(SeatsOf(self.row().id)).await?.unwrap_or_default();
        let staff = self.0.sight == round::Sight::Staff;
        Ok(AtHandList(rows.into_iter().map(|row| ReviewSeat { shows_tie: staff || row.account_id == self.0.account_id, row }).collect()))
    }

    /// The evidence, frozen when it was handed in; for the panel and those in charge.
    async fn pack(&self, ctx: &Context<'_>) -> Option<ApiResult<EvidencePack>> {
        if !self.0.inside() {
            return None;
        }
        nullable(loader::of(ctx).load_one(self.row().pack_id).await.map(|row| row.map(EvidencePack)))
    }

    /// Ballots, in the order in which they came: my own, and everybody's once the round is closed (for the panel and those in charge).
    async fn ballots(&self, ctx: &Context<'_>) -> ApiResult<Vec<ReviewBallot>> {
        let Some(reading) = self.0.reading() else { return Ok(Vec::new()) };
        Ok(loader::of(ctx).load_one(reading).await?.unwrap_or_default().into_iter().map(ReviewBallot).collect())
    }

    /// Mean of the totals, 0 to 100; for the panel and those in charge, once it is closed.
    async fn mean(&self) -> Option<f64> {
        self.row().mean_bps.map(points)
    }

    /// Highest total less the lowest; for the panel and those in charge, once it is closed.
    async fn spread(&self) -> Option<f64> {
        self.row().spread_bps.map(points)
    }

    /// Whether the scores lie so far apart that a note of consensus is needed; for the panel and those in charge, once it is closed.
    async fn wide(&self) -> Option<bool> {
        self.row().spread_bps.map(|_| round::is_wide(self.row()))
    }

    /// What the panel agreed on; for the panel and those in charge.
    async fn consensus_note(&self) -> Option<&str> {
        self.row().consensus_note.as_deref()
    }

    /// The verdict: for the panel and those in charge once it is closed, for others once it is published.
    async fn verdict(&self) -> Option<ReviewVerdict> {
        self.row().verdict.map(Into::into)
    }

    /// Why it was returned or rejected, without names; once it is published.
    async fn reasons(&self, ctx: &Context<'_>) -> ApiResult<Vec<String>> {
        let Some(dissent) = self.0.dissent() else { return Ok(Vec::new()) };
        Ok(loader::of(ctx).load_one(dissent).await?.unwrap_or_default())
    }
}

/// What a queue shows of each of its rounds; the rest is asked for.
impl AtHand for ReviewRound {
    type Shape = Self;

    fn value(&self, field: &str) -> Option<Value> {
        let row = self.row();
        Some(match field {
            "id" => row.id.to_string().into(),
            "title" => row.title.as_str().into(),
            "number" => row.number.into(),
            "phase" => ReviewPhase::from(row.phase).into(),
            "votes" => row.votes.into(),
            "votesNeeded" => row.votes_needed.into(),
            "dueAt" => row.due_at.date_time().to_value(),
            _ => return None,
        })
    }

    fn ask<'a>(&'a self, ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>> {
        self.resolve_field(ctx).boxed()
    }
}

connection_of!(ReviewRoundPage, AtHandNode<ReviewRound>, ReviewRoundNames, "ReviewRoundConnection", "ReviewRoundEdge");

/// Which rounds to list; what is left out narrows nothing.
#[derive(InputObject, Default)]
pub struct ReviewRoundFilter {
    /// Only of this kind of subject.
    subject_kind: Option<ReviewSubjectKind>,
    /// Only in this phase.
    phase: Option<ReviewPhase>,
}

/// A round as it stands in a page.
pub(in crate::graphql) fn page_node(seen: Seen) -> AtHandNode<ReviewRound> {
    AtHandNode(seen.into())
}

/// The place of a round in a list.
pub(in crate::graphql) fn place(seen: &Seen) -> (i64, String) {
    (0, seen.round.id.to_string())
}

#[derive(Default)]
pub struct ReviewQuery;

#[Object]
impl ReviewQuery {
    /// Rounds of review that I am in charge of or sit on, newest first.
    async fn review_rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "ReviewRoundFilter::default()")] filter: ReviewRoundFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ReviewRoundPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = Filter { kind: filter.subject_kind.map(Into::into), phase: filter.phase.map(Into::into) };
        let rows = round::list(ctx.app().db.reader(), ctx.actor()?, filter, &page).await?;
        Ok(connection::of(rows, place, page_node))
    }

    /// One round of review: of those I am in charge of, sit on, was recused from, or have a stake in.
    async fn review_round(&self, ctx: &Context<'_>, #[graphql(desc = "The round.")] id: ID) -> ApiResult<ReviewRound> {
        let id = id::parse::<ReviewRoundId>(&id, "id")?;
        Ok(round::get(ctx.app().db.reader(), ctx.actor()?, id).await?.into())
    }
}

/// The round behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<ReviewRound>> {
    let id = id::parse::<ReviewRoundId>(id, "id")?;
    Ok(found(round::get(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(Into::into))
}
