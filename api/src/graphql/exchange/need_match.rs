//! Matches for clients.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::exchange::listing::Entry as ListingEntry;
use domain::exchange::need_match::{self, Filter, Seen};
use domain::page::Rows;
use entity::id::{NeedId, NeedMatchId, ServiceRecordId};
use entity::time::UtcMicros;
use entity::{match_person, match_step};
use sea_orm::ConnectionTrait;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::listing::Listing;
use crate::graphql::exchange::loader::{self, MatchOf, MatchPeopleOf, MatchStepsOf};
use crate::graphql::exchange::need::Need;
use crate::graphql::exchange::need_match_input::helper;
use crate::graphql::people::loader as people;
use crate::graphql::people::team::Team;
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::service::record::{self, ServiceRecord};
use crate::graphql::{ContextExt, connection, id};

/// How far a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::need_match::MatchState")]
pub enum MatchState {
    /// Somebody's word is missing; nothing is promised.
    Proposed,
    /// Both sides agreed; what is needed is promised.
    Accepted,
    /// The helper has begun.
    InProgress,
    /// The helper has ended, and waits for the confirmation.
    Done,
    /// It was done, and counts.
    Confirmed,
    /// Somebody said no.
    Declined,
    /// Nobody answered, or nobody began, in time.
    Expired,
    /// Somebody took their word back; the need is open again.
    Withdrawn,
    /// The sides do not agree on what was done; an administrator decides.
    Disputed,
    /// A dispute found that it does not count.
    Voided,
}

/// One of the two sides of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::need_match::MatchSide")]
pub enum MatchSide {
    /// Who helps.
    Helper,
    /// Whose need it is, and who looks after it.
    Need,
}

/// How the person served confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::need_match::ConfirmChannel")]
pub enum ConfirmChannel {
    /// Themselves, in the mini-program.
    App,
    /// By word of mouth to the grid worker.
    Spoken,
    /// By a card that the grid worker keeps.
    Card,
    /// The leader of a team of the helper's saw it; only for somebody without an account.
    Witness,
}

/// Whether who disputed a match was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::need_match::DisputeOutcome")]
pub enum DisputeOutcome {
    /// They were.
    Upheld,
    /// They were not.
    Rejected,
}

/// What happens to a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::match_step::MatchStepKind")]
pub enum MatchStepKind {
    /// It was proposed.
    Proposed,
    /// The missing word was given.
    Accepted,
    /// The helper began.
    Started,
    /// The helper ended.
    Finished,
    /// The person served confirmed it.
    Confirmed,
    /// Somebody said no.
    Declined,
    /// The time ran out.
    Expired,
    /// Somebody took their word back.
    Withdrawn,
    /// Somebody disputed it.
    Disputed,
    /// The dispute was decided.
    Resolved,
}

/// Something that happened to a match; never changed.
#[derive(SimpleObject)]
pub struct MatchStep {
    /// What happened.
    kind: MatchStepKind,
    /// When.
    happened_at: DateTime<Utc>,
    /// Account that did it; null for the program.
    account_id: Option<ID>,
    /// What was said; why somebody declined is told to nobody but them and staff.
    note: Option<String>,
}

/// Somebody who serves in a match.
#[derive(Description)]
pub struct MatchPerson(match_person::Model);

#[Object(use_type_description)]
impl MatchPerson {
    /// Who.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// What came of it; null until it is confirmed, and but for the volunteer and staff.
    async fn record(&self, ctx: &Context<'_>) -> Option<ApiResult<ServiceRecord>> {
        nullable(record::node(ctx, &self.0.record_id?.into()).await)
    }
}

/// One helper for one need (供需对接): proposed, accepted by the side whose word is missing, served, confirmed by the person served.
#[derive(Description)]
pub struct NeedMatch(pub Seen);

#[Object(use_type_description)]
impl NeedMatch {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.row.id.into()
    }

    /// The need; null when it does not exist for me any more.
    async fn need(&self) -> Option<Need> {
        self.0.need.clone().map(Into::into)
    }

    /// The volunteer who helps; null for a team or an offering.
    async fn volunteer(&self, ctx: &Context<'_>) -> Option<ApiResult<Volunteer>> {
        nullable(volunteer::node(ctx, &self.0.row.volunteer_id?.into()).await)
    }

    /// The team that helps; null for a volunteer or an offering.
    async fn team(&self, ctx: &Context<'_>) -> Option<ApiResult<Team>> {
        nullable(people::of(ctx).load_one(self.0.row.team_id?).await.map(|row| row.map(Team)))
    }

    /// The resource or service offer that helps; null for a volunteer or a team, and when it does not exist for me.
    async fn offering(&self) -> Option<Listing> {
        self.0.offering.clone().map(Into::into)
    }

    /// The slot of the offering.
    async fn slot_id(&self) -> Option<ID> {
        self.0.row.slot_id.map(Into::into)
    }

    /// How many places or things.
    async fn quantity(&self) -> i64 {
        self.0.row.quantity
    }

    /// From when; null until it is agreed.
    async fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.0.row.starts_at.map(UtcMicros::date_time)
    }

    /// Until when; null until it is agreed.
    async fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.0.row.ends_at.map(UtcMicros::date_time)
    }

    /// How far it is.
    async fn state(&self) -> MatchState {
        self.0.row.state.into()
    }

    /// Whose word is missing while it is PROPOSED.
    async fn awaits(&self) -> MatchSide {
        self.0.row.awaits.into()
    }

    /// The score it was suggested with, in millionths; null for one that people brought together.
    async fn score_micros(&self) -> Option<i64> {
        self.0.row.score
    }

    /// The reasons that add up to the score, as JSON text.
    async fn reasons(&self) -> Option<&str> {
        self.0.row.reasons.as_deref()
    }

    /// The plan it came of.
    async fn plan_id(&self) -> Option<ID> {
        self.0.row.plan_id.map(Into::into)
    }

    /// Until when the answer, or after it the start, is waited for.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.row.expires_at.map(UtcMicros::date_time)
    }

    /// When the helper began, by the server's clock.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.row.started_at.map(UtcMicros::date_time)
    }

    /// When the helper ended.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.row.finished_at.map(UtcMicros::date_time)
    }

    /// What the person served thought of it, 1 to 5.
    async fn rating(&self) -> Option<i32> {
        self.0.row.rating
    }

    /// How the person served confirmed.
    async fn channel(&self) -> Option<ConfirmChannel> {
        self.0.row.channel.map(Into::into)
    }

    /// Which side disputed it.
    async fn disputed_side(&self) -> Option<MatchSide> {
        self.0.row.disputed_side.map(Into::into)
    }

    /// What came of the dispute.
    async fn outcome(&self) -> Option<DisputeOutcome> {
        self.0.row.outcome.map(Into::into)
    }

    /// Who serves: the volunteer from the acceptance on, of a team those who came.
    async fn people(&self, ctx: &Context<'_>) -> ApiResult<Vec<MatchPerson>> {
        let rows = loader::of(ctx).load_one(MatchPeopleOf(self.0.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(MatchPerson).collect())
    }

    /// What happened, oldest first.
    async fn steps(&self, ctx: &Context<'_>) -> ApiResult<Vec<MatchStep>> {
        let actor = ctx.actor()?;
        let rows = loader::of(ctx).load_one(MatchStepsOf(self.0.row.id)).await?.unwrap_or_default();
        let own = |row: &match_step::Model| row.account_id == Some(actor.account_id);
        let told = |row: &match_step::Model| row.kind != match_step::MatchStepKind::Declined || own(row) || self.0.staff;
        Ok(rows
            .into_iter()
            .map(|row| MatchStep {
                kind: row.kind.into(),
                happened_at: row.happened_at.date_time(),
                account_id: row.account_id.map(Into::into),
                note: row.note.clone().filter(|_| told(&row)),
            })
            .collect())
    }
}

connection_of!(NeedMatchPage, NeedMatch, NeedMatchNames, "NeedMatchConnection", "NeedMatchEdge");

/// Which matches to list; every part narrows.
#[derive(InputObject, Default)]
pub struct NeedMatchFilter {
    /// In this state.
    state: Option<MatchState>,
    /// For this need.
    need_id: Option<ID>,
    /// Of this volunteer; at most one of volunteer, team and offering.
    volunteer_id: Option<ID>,
    /// Of this team.
    team_id: Option<ID>,
    /// Of this resource or service offer.
    offering_id: Option<ID>,
}

impl NeedMatchFilter {
    fn read(&self) -> ApiResult<Filter> {
        Ok(Filter {
            state: self.state.map(Into::into),
            need_id: id::parse_opt::<NeedId>(self.need_id.as_ref(), "needId")?.map(Into::into),
            helper: helper(self.volunteer_id.as_ref(), self.team_id.as_ref(), self.offering_id.as_ref())?,
        })
    }
}

/// A page of matches, with the needs and offerings they name.
async fn page(ctx: &Context<'_>, rows: Rows<entity::need_match::Model>) -> ApiResult<NeedMatchPage> {
    let seen = need_match::seen(ctx.app().db.reader(), ctx.actor()?, rows.rows).await?;
    let rows = Rows { rows: seen, has_next: rows.has_next, has_previous: rows.has_previous };
    Ok(connection::of(rows, |seen| (0, seen.row.id.to_string()), NeedMatch))
}

#[derive(Default)]
pub struct NeedMatchQuery;

#[Object]
impl NeedMatchQuery {
    /// Matches of the places I look after, newest first (grid workers and administrators).
    async fn matches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "NeedMatchFilter::default()")] filter: NeedMatchFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<NeedMatchPage> {
        let actor = ctx.actor()?;
        let args = connection::args(first, after, last, before)?;
        page(ctx, need_match::list(ctx.app().db.reader(), actor, filter.read()?, &args).await?).await
    }

    /// My matches as a helper, newest first: my own, those of teams I lead or came with, those of what I or the unit behind my team offers.
    async fn my_matches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "NeedMatchFilter::default()")] filter: NeedMatchFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<NeedMatchPage> {
        let actor = ctx.actor()?;
        let args = connection::args(first, after, last, before)?;
        page(ctx, need_match::list_own(ctx.app().db.reader(), actor, filter.read()?, &args).await?).await
    }
}

/// The matches of a need.
#[derive(Description)]
pub struct NeedMatchFields(pub Arc<ListingEntry>);

#[Object(use_type_description)]
impl NeedMatchFields {
    /// Matches of the need, newest first: all of them for its owner and staff, for helpers their own.
    async fn matches(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<NeedMatchPage> {
        let args = connection::args(first, after, last, before)?;
        page(ctx, need_match::list_of_need(ctx.app().db.reader(), ctx.actor()?, &self.0, &args).await?).await
    }
}

/// The match behind a row, with what it names.
pub(super) async fn seen(ctx: &Context<'_>, connection: &impl ConnectionTrait, row: entity::need_match::Model) -> ApiResult<NeedMatch> {
    let mut seen = need_match::seen(connection, ctx.actor()?, vec![row]).await?;
    Ok(NeedMatch(seen.pop().ok_or(Code::NotFound)?))
}

/// The match that a record came of, where it came of one that exists for me.
pub(in crate::graphql) async fn of_record(ctx: &Context<'_>, id: ServiceRecordId) -> ApiResult<Option<NeedMatch>> {
    let Some(row) = loader::of(ctx).load_one(MatchOf(id)).await? else { return Ok(None) };
    node(ctx, &row.id.into()).await
}

/// The match behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<NeedMatch>> {
    let id = id::parse::<NeedMatchId>(id, "id")?;
    match found(need_match::get(ctx.app().db.reader(), ctx.actor()?, id).await)? {
        Some(entry) => seen(ctx, ctx.app().db.reader(), entry.row).await.map(Some),
        None => Ok(None),
    }
}
