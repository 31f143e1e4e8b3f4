//! The selection of vanguards, as it is read.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::{Code, Error};
use domain::recognition::selection::{nominee, notice, round};
use entity::review_round::SubjectKind;
use entity::time::UtcMicros;
use entity::{honour as honour_row, selection_nominee, selection_objection, selection_round as rows};

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::exchange::loader as exchange;
use crate::graphql::exchange::review::ReviewRound;
use crate::graphql::exchange::review_loader::RoundsOf;
use crate::graphql::people::loader as people;
use crate::graphql::people::volunteer::Volunteer;
use crate::graphql::recognition::loader::{self, NomineesOf, ObjectionsTo, VotedIn};
use crate::graphql::{ContextExt, connection, id};

/// How far a selection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::selection_round::SelectionState")]
pub enum SelectionState {
    /// People are nominated and agree to stand.
    Nominating,
    /// Panels score and residents vote; nobody sees how it stands.
    Voting,
    /// The outcome is on public notice, open to objections (公示).
    Notice,
    /// Over.
    Announced,
    /// Called off.
    Cancelled,
}

/// Who nominated somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::selection_nominee::NominationSource")]
pub enum NominationSource {
    /// The person.
    Own,
    /// A team they belong to.
    Team,
    /// A unit.
    Unit,
    /// The frozen leaderboard.
    Automatic,
}

/// How far a nomination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::selection_nominee::NomineeState")]
pub enum NomineeState {
    /// Waits for the person's answer.
    Nominated,
    /// Stands.
    Accepted,
    /// Does not want to.
    Declined,
    /// Out: the panel rejected it, or an objection was upheld.
    Excluded,
}

/// How far an objection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::selection_objection::ObjectionState")]
pub enum ObjectionState {
    /// Waits.
    Open,
    /// The nominee is out.
    Upheld,
    /// The nominee stays.
    Dismissed,
}

/// A year's selection of vanguards (志愿先锋评选), from certified facts frozen at its opening.
#[derive(Description)]
pub struct SelectionRound(pub rows::Model);

#[Object(use_type_description)]
impl SelectionRound {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The year whose service counts.
    async fn year(&self) -> i32 {
        self.0.year
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// How far it is.
    async fn state(&self) -> SelectionState {
        self.0.state.into()
    }

    /// How many are chosen.
    async fn seats(&self) -> i32 {
        self.0.seats
    }

    /// Certified minutes of the year that a nominee needs.
    async fn min_minutes(&self) -> i64 {
        self.0.min_minutes
    }

    /// Weight of the panel's mean score, in basis points.
    async fn panel_bps(&self) -> i32 {
        self.0.panel_bps
    }

    /// Weight of the residents' vote, in basis points.
    async fn vote_bps(&self) -> i32 {
        self.0.vote_bps
    }

    /// Weight of the certified minutes, in basis points.
    async fn record_bps(&self) -> i32 {
        self.0.record_bps
    }

    /// Working days of public notice.
    async fn notice_days(&self) -> i32 {
        self.0.notice_days
    }

    /// Until when is voted.
    async fn voting_until(&self) -> Option<DateTime<Utc>> {
        self.0.voting_until.map(UtcMicros::date_time)
    }

    /// Ballots counted; null until the voting is over.
    async fn ballots(&self) -> Option<i32> {
        self.0.ballots
    }

    /// Until when objections are taken; nothing is announced before.
    async fn notice_until(&self) -> Option<DateTime<Utc>> {
        self.0.notice_until.map(UtcMicros::date_time)
    }

    /// Why it was called off.
    async fn cancel_reason(&self) -> Option<&str> {
        self.0.cancel_reason.as_deref()
    }

    /// Whether I have voted; what nobody but me is told.
    async fn voted(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        Ok(loader::of(ctx).load_one(VotedIn(self.0.id, ctx.actor()?.account_id)).await?.is_some())
    }

    /// The nominees; in the order of the outcome once it is on notice.
    async fn nominees(&self, ctx: &Context<'_>) -> ApiResult<Vec<SelectionNominee>> {
        let rows = loader::of(ctx).load_one(NomineesOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(SelectionNominee).collect())
    }

    /// Who would be, or was, chosen; empty until the outcome is on notice.
    async fn chosen(&self, ctx: &Context<'_>) -> ApiResult<Vec<SelectionNominee>> {
        let rows = loader::of(ctx).load_one(NomineesOf(self.0.id)).await?.unwrap_or_default();
        let chosen = notice::chosen(&self.0, &rows);
        Ok(rows.into_iter().filter(|row| chosen.contains(&row.id)).map(SelectionNominee).collect())
    }

    /// The objections, in the order of the nominees (administrators).
    async fn objections(&self, ctx: &Context<'_>) -> ApiResult<Vec<SelectionObjection>> {
        notice::check_reader(ctx.actor()?)?;
        let nominees = loader::of(ctx).load_one(NomineesOf(self.0.id)).await?.unwrap_or_default();
        let mut found = loader::of(ctx).load_many(nominees.iter().map(|row| ObjectionsTo(row.id))).await?;
        let rows = nominees.iter().flat_map(|row| found.remove(&ObjectionsTo(row.id)).unwrap_or_default());
        Ok(rows.map(SelectionObjection).collect())
    }
}

connection_of!(SelectionRoundPage, SelectionRound, SelectionRoundNames, "SelectionRoundConnection", "SelectionRoundEdge");

/// Somebody nominated for a selection.
#[derive(Description)]
pub struct SelectionNominee(pub selection_nominee::Model);

#[Object(use_type_description)]
impl SelectionNominee {
    /// Id; also the subject of its rounds of review.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Who; masked unless they agreed to be named (NAME_PUBLICITY), on the public notice too: the volunteer number tells who it is.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(Volunteer::masked(people::of(ctx).load_one(self.0.volunteer_id).await?.ok_or(Code::NotFound)?))
    }

    /// By whom.
    async fn source(&self) -> NominationSource {
        self.0.source.into()
    }

    /// Why.
    async fn statement(&self) -> &str {
        &self.0.statement
    }

    /// How far the nomination is.
    async fn state(&self) -> NomineeState {
        self.0.state.into()
    }

    /// Certified minutes on the frozen leaderboard.
    async fn minutes(&self) -> i64 {
        self.0.minutes
    }

    /// The rounds of review that exist for me, oldest first: for the nominee, who put them forward, the panel, and administrators who do not stand.
    async fn rounds(&self, ctx: &Context<'_>) -> ApiResult<Vec<ReviewRound>> {
        let key = RoundsOf(SubjectKind::Nomination, self.0.id.0, Arc::clone(ctx.actor()?));
        Ok(exchange::of(ctx).load_one(key).await?.unwrap_or_default().into_iter().map(Into::into).collect())
    }

    /// The panel's mean score in hundredths of 100; null until the voting is over, and where the panel has no weight.
    async fn panel(&self) -> Option<i64> {
        self.0.panel
    }

    /// Votes; null until the voting is over.
    async fn votes(&self) -> Option<i64> {
        self.0.votes
    }

    /// The weighted sum in hundredths of 100; null until the voting is over.
    async fn total(&self) -> Option<i64> {
        self.0.total
    }

    /// The place; null until the voting is over.
    async fn place(&self) -> Option<i32> {
        self.0.place
    }
}

/// An objection (异议) to a nominee on notice. Who objected is told to nobody.
#[derive(Description)]
pub struct SelectionObjection(pub selection_objection::Model);

#[Object(use_type_description)]
impl SelectionObjection {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The nominee.
    async fn nominee_id(&self) -> ID {
        self.0.nominee_id.into()
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// How far it is.
    async fn state(&self) -> ObjectionState {
        self.0.state.into()
    }

    /// What was decided, in words.
    async fn decision(&self) -> Option<&str> {
        self.0.decision.as_deref()
    }
}

/// An honour on a profile (荣誉).
#[derive(Description)]
pub struct Honour(pub honour_row::Model);

#[Object(use_type_description)]
impl Honour {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// When it was given.
    async fn given_on(&self) -> NaiveDate {
        self.0.given_on.naive()
    }

    /// Whether others may see it.
    async fn shown(&self) -> bool {
        self.0.shown
    }
}

#[derive(Default)]
pub struct SelectionQuery;

#[Object]
impl SelectionQuery {
    /// The selections of my community, newest first.
    async fn selection_rounds(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<SelectionRoundPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = round::list(ctx.app().db.reader(), ctx.actor()?.community_id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), SelectionRound))
    }

    /// A selection of my community.
    async fn selection_round(&self, ctx: &Context<'_>, #[graphql(desc = "The selection.")] id: ID) -> ApiResult<SelectionRound> {
        Ok(node(ctx, &id).await?.ok_or_else(|| Error::from(Code::NotFound).on("id"))?)
    }
}

/// The selection behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<SelectionRound>> {
    let row = round::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(SelectionRound))
}

/// The nominee behind an id, for `node`.
pub(crate) async fn nominee_node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<SelectionNominee>> {
    let row = nominee::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(SelectionNominee))
}
