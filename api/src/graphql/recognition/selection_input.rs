//! The selection of vanguards, as it is written.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::recognition::selection::nominee::{self, Nomination};
use domain::recognition::selection::round::{self, Terms};
use domain::recognition::selection::{honour, notice, vote};

use crate::graphql::error::ApiResult;
use crate::graphql::recognition::selection::{Honour, SelectionNominee, SelectionObjection, SelectionRound};
use crate::graphql::{ContextExt, id};

/// A selection to open.
#[derive(InputObject)]
pub struct OpenSelectionInput {
    /// The year whose service counts, this one or the last.
    year: i32,
    /// What it is called, 1 to 60 characters; the honour bears the name.
    title: String,
    /// How many are chosen, 1 to 50.
    seats: i32,
    /// Certified minutes of the year that a nominee needs.
    min_minutes: i64,
    /// Weight of the panel's mean score in basis points; the three weights add up to 10,000.
    panel_bps: i32,
    /// Weight of the residents' vote.
    vote_bps: i32,
    /// Weight of the certified minutes.
    record_bps: i32,
    /// How many the leaderboard nominates by itself, 0 to 100.
    automatic: u64,
    /// Working days of public notice, 5 to 60.
    #[graphql(default = 5)]
    notice_days: i32,
    /// Names this intention; sending it again gives the same selection.
    idempotency_key: String,
}

/// A nomination to make.
#[derive(InputObject)]
pub struct NominateForSelectionInput {
    /// For which selection.
    round_id: ID,
    /// Who; me when left out.
    volunteer_id: Option<ID>,
    /// In the name of a team that I lead and they belong to.
    team_id: Option<ID>,
    /// In the name of a unit that I speak for: as its liaison, or at the head of a team that it sponsors.
    unit_id: Option<ID>,
    /// Why, 1 to 500 characters; everybody reads it.
    statement: String,
}

/// My answer to being nominated.
#[derive(InputObject)]
pub struct AnswerNominationInput {
    /// The nomination of me.
    id: ID,
    /// Whether I stand. The public notice shows my whole name with my consent NAME_PUBLICITY alone, else 张** with my volunteer number.
    accept: bool,
}

/// The voting to begin.
#[derive(InputObject)]
pub struct BeginSelectionVotingInput {
    /// The selection.
    id: ID,
    /// Until when is voted, at most 100 days from now; where the panel has a weight, no earlier than its time to score is over (see `reviewPolicy`).
    until: DateTime<Utc>,
}

/// My one ballot.
#[derive(InputObject)]
pub struct CastBallotInput {
    /// The selection.
    round_id: ID,
    /// Up to as many nominees as there are seats; none to abstain.
    nominee_ids: Vec<ID>,
}

/// The voting to close.
#[derive(InputObject)]
pub struct CloseSelectionVotingInput {
    /// The selection.
    id: ID,
}

/// An objection to file.
#[derive(InputObject)]
pub struct ObjectToNomineeInput {
    /// The nominee on notice.
    nominee_id: ID,
    /// Why, 1 to 200 characters; administrators read it without my name.
    reason: String,
}

/// A decision on an objection.
#[derive(InputObject)]
pub struct DecideObjectionInput {
    /// The objection.
    id: ID,
    /// Take the nominee out (true) or let them stay (false).
    uphold: bool,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// A selection to announce.
#[derive(InputObject)]
pub struct AnnounceSelectionInput {
    /// The selection.
    id: ID,
}

/// A selection to call off.
#[derive(InputObject)]
pub struct CancelSelectionInput {
    /// The selection.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// Whether an honour of mine is shown.
#[derive(InputObject)]
pub struct ShowHonourInput {
    /// The honour.
    id: ID,
    /// Whether others may see it.
    shown: bool,
}

#[derive(Default)]
pub struct SelectionMutation;

#[Object]
impl SelectionMutation {
    /// Opens the selection of a year (administrators): freezes the leaderboard of certified minutes and nominates its first.
    async fn open_selection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A selection to open.")] input: OpenSelectionInput,
    ) -> ApiResult<SelectionRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let terms = Terms {
            year: input.year,
            title: input.title,
            seats: input.seats,
            min_minutes: input.min_minutes,
            panel_bps: input.panel_bps,
            vote_bps: input.vote_bps,
            record_bps: input.record_bps,
            automatic: input.automatic,
            notice_days: input.notice_days,
        };
        let tx = app.db.begin().await?;
        let id = round::open(&tx, actor, &input.idempotency_key, terms).await?;
        let row = round::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(SelectionRound(row))
    }

    /// Nominates somebody: me, or a member of my team, or for a unit that I speak for. The frozen leaderboard says who is eligible.
    async fn nominate_for_selection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A nomination to make.")] input: NominateForSelectionInput,
    ) -> ApiResult<SelectionNominee> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let nomination = Nomination {
            round_id: id::parse(&input.round_id, "roundId")?,
            volunteer_id: id::parse_opt(input.volunteer_id.as_ref(), "volunteerId")?,
            team_id: id::parse_opt(input.team_id.as_ref(), "teamId")?,
            unit_id: id::parse_opt(input.unit_id.as_ref(), "unitId")?,
            statement: input.statement,
        };
        let tx = app.db.begin().await?;
        let row = nominee::nominate(&tx, actor, nomination).await?;
        tx.commit().await?;
        Ok(SelectionNominee(row))
    }

    /// Stands, or does not, after being nominated.
    async fn answer_nomination(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "My answer to being nominated.")] input: AnswerNominationInput,
    ) -> ApiResult<SelectionNominee> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = nominee::answer(&tx, actor, id, input.accept).await?;
        tx.commit().await?;
        Ok(SelectionNominee(row))
    }

    /// Ends the nominations, puts everybody who stands before a panel and begins the voting (administrators who do not stand).
    async fn begin_selection_voting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The voting to begin.")] input: BeginSelectionVotingInput,
    ) -> ApiResult<SelectionRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = vote::begin(&tx, &ctx.app().keys, actor, id, input.until.into()).await?;
        tx.commit().await?;
        Ok(SelectionRound(row))
    }

    /// Casts my one ballot, sealed and apart from my name. True when it is done. A second one is refused with `ALREADY_VOTED`, also when the answer to the first
    /// was lost.
    async fn cast_ballot(&self, ctx: &Context<'_>, #[graphql(desc = "My one ballot.")] input: CastBallotInput) -> ApiResult<bool> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let round_id = id::parse(&input.round_id, "roundId")?;
        let choice = input.nominee_ids.iter().map(|text| id::parse(text, "nomineeIds")).collect::<Result<Vec<_>, _>>()?;
        let tx = app.db.begin().await?;
        vote::cast(&tx, &app.keys, actor, round_id, &choice).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Counts after the time of voting and puts the outcome on public notice (administrators).
    async fn close_selection_voting(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The voting to close.")] input: CloseSelectionVotingInput,
    ) -> ApiResult<SelectionRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = vote::close(&tx, &app.keys, actor, id).await?;
        tx.commit().await?;
        Ok(SelectionRound(row))
    }

    /// Objects to a nominee on notice, once.
    async fn object_to_nominee(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An objection to file.")] input: ObjectToNomineeInput,
    ) -> ApiResult<SelectionObjection> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.nominee_id, "nomineeId")?;
        let tx = app.db.begin().await?;
        let row = notice::object(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(SelectionObjection(row))
    }

    /// Decides on an objection (administrators without a part in it). Upheld, the next in the order comes in and the notice begins anew.
    async fn decide_objection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on an objection.")] input: DecideObjectionInput,
    ) -> ApiResult<SelectionObjection> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = notice::decide(&tx, actor, id, input.uphold, &input.reason).await?;
        tx.commit().await?;
        Ok(SelectionObjection(row))
    }

    /// Announces the outcome after the notice and gives the honours (administrators).
    async fn announce_selection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A selection to announce.")] input: AnnounceSelectionInput,
    ) -> ApiResult<SelectionRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = notice::announce(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(SelectionRound(row))
    }

    /// Calls a selection off before its outcome is on notice (administrators).
    async fn cancel_selection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A selection to call off.")] input: CancelSelectionInput,
    ) -> ApiResult<SelectionRound> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = round::cancel(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(SelectionRound(row))
    }

    /// Shows an honour of mine to others, or hides it.
    async fn show_honour(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether an honour of mine is shown.")] input: ShowHonourInput,
    ) -> ApiResult<Honour> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = honour::show(&tx, actor, id, input.shown).await?;
        tx.commit().await?;
        Ok(Honour(row))
    }
}
