//! What clients do with matches.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::{Code, Error};
use domain::exchange::need::Window;
use domain::exchange::need_match::{self, Acceptance, Confirmation, Ending, Helper, Pair, Proposal, Resolution};
use domain::people::permission::Actor;
use entity::id::{NeedId, NeedMatchId, VolunteerId};
use entity::need_match::MatchSide;

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing;
use crate::graphql::exchange::need_match::{ConfirmChannel, DisputeOutcome, NeedMatch, seen};
use crate::graphql::{ContextExt, id};

/// A helper to propose for a need; exactly one of `volunteerId`, `teamId` and `offeringId`.
#[derive(InputObject)]
pub struct ProposeMatchInput {
    /// The need; it is open.
    need_id: ID,
    /// A volunteer.
    volunteer_id: Option<ID>,
    /// A team.
    team_id: Option<ID>,
    /// A resource or a service offer.
    offering_id: Option<ID>,
    /// The slot of a space or a bookable service.
    slot_id: Option<ID>,
    /// How many places or things; one for a volunteer.
    #[graphql(default = 1)]
    quantity: i64,
    /// From when, within a time of the need; left to the helper when left out.
    starts_at: Option<DateTime<Utc>>,
    /// Until when, 15 minutes to 24 hours later.
    ends_at: Option<DateTime<Utc>>,
    /// Names this intention; sending it again gives the same match.
    idempotency_key: String,
}

/// Help to offer; mine when neither team nor offering is named.
#[derive(InputObject)]
pub struct OfferHelpInput {
    /// The need; it is open.
    need_id: ID,
    /// A team that I lead.
    team_id: Option<ID>,
    /// A resource or a service offer of mine, of a team I lead or of the unit behind it.
    offering_id: Option<ID>,
    /// The slot of a space or a bookable service.
    slot_id: Option<ID>,
    /// How many places or things; one for a volunteer.
    #[graphql(default = 1)]
    quantity: i64,
    /// From when, within a time of the need; may be left out for an offering only.
    starts_at: Option<DateTime<Utc>>,
    /// Until when, 15 minutes to 24 hours later.
    ends_at: Option<DateTime<Utc>>,
    /// How my guardian agreed, when I am under eighteen, 1 to 200 characters.
    guardian_consent: Option<String>,
    /// Names this intention; sending it again gives the same match.
    idempotency_key: String,
}

/// A yes to a proposal.
#[derive(InputObject)]
pub struct AcceptMatchInput {
    /// The match; its state is PROPOSED.
    id: ID,
    /// To so many of what was proposed; to all of it when left out.
    quantity: Option<i64>,
    /// From when; the helper's to choose.
    starts_at: Option<DateTime<Utc>>,
    /// Until when.
    ends_at: Option<DateTime<Utc>>,
    /// How my guardian agreed, when I am under eighteen and was proposed, 1 to 200 characters.
    guardian_consent: Option<String>,
    /// Names this intention; sending it again gives the same answer.
    idempotency_key: String,
}

/// A no to a proposal.
#[derive(InputObject)]
pub struct DeclineMatchInput {
    /// The match; its state is PROPOSED.
    id: ID,
    /// Why, 1 to 200 characters; told to staff alone.
    reason: String,
    /// Names this intention; sending it again gives the same answer.
    idempotency_key: String,
}

/// A match to begin.
#[derive(InputObject)]
pub struct StartMatchInput {
    /// The match; its state is ACCEPTED.
    id: ID,
    /// Who of the team came, each once and not more than agreed; for teams alone.
    #[graphql(default)]
    volunteer_ids: Vec<ID>,
}

/// A match to end.
#[derive(InputObject)]
pub struct FinishMatchInput {
    /// The match; its state is `IN_PROGRESS`.
    id: ID,
    /// When it ended, for a helper who forgot; grid workers and administrators of the place alone.
    finished_at: Option<DateTime<Utc>>,
}

/// What the person served says of it.
#[derive(InputObject)]
pub struct ConfirmMatchInput {
    /// The match; its state is DONE.
    id: ID,
    /// How it was, 1 to 5.
    rating: i32,
    /// What was said, up to 200 characters; needed where somebody passes it on.
    word: Option<String>,
    /// How it was said.
    #[graphql(default_with = "ConfirmChannel::App")]
    channel: ConfirmChannel,
    /// Names this intention; sending it again gives the same answer.
    idempotency_key: String,
}

/// A word to take back.
#[derive(InputObject)]
pub struct WithdrawMatchInput {
    /// The match; its state is PROPOSED, ACCEPTED or `IN_PROGRESS`.
    id: ID,
    /// Why, 1 to 200 characters; the other side is told.
    reason: String,
    /// Names this intention; sending it again gives the same answer.
    idempotency_key: String,
}

/// A match that was not as it is said to have been.
#[derive(InputObject)]
pub struct DisputeMatchInput {
    /// The match; its state is DONE, or for the need's side CONFIRMED.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// How a dispute is decided.
#[derive(InputObject)]
pub struct ResolveDisputeInput {
    /// The match; its state is DISPUTED.
    id: ID,
    /// Whether who disputed it is right.
    outcome: DisputeOutcome,
    /// Why, 1 to 200 characters; both sides read it.
    explanation: String,
    /// Names this intention; sending it again gives the same answer.
    idempotency_key: String,
}

/// A pair to leave alone; me when no helper is named.
#[derive(InputObject)]
pub struct DismissMatchInput {
    /// The need.
    need_id: ID,
    /// A volunteer; at most one of volunteer, team and offering.
    volunteer_id: Option<ID>,
    /// A team.
    team_id: Option<ID>,
    /// A resource or a service offer.
    offering_id: Option<ID>,
    /// Why, 1 to 200 characters.
    reason: String,
}

/// A pair that is left alone.
#[derive(SimpleObject)]
pub struct MatchDismissal {
    /// The need.
    need_id: ID,
    /// The first day on which the pair may be proposed again.
    until: NaiveDate,
}

/// A time with both ends, or none.
fn window(starts_at: Option<DateTime<Utc>>, ends_at: Option<DateTime<Utc>>) -> ApiResult<Option<Window>> {
    match (starts_at, ends_at) {
        (Some(starts_at), Some(ends_at)) => Ok(Some(Window { starts_at: starts_at.into(), ends_at: ends_at.into() })),
        (None, None) => Ok(None),
        _ => Err(Error::from(Code::BadInput).on("endsAt").into()),
    }
}

/// At most one of three ids, as a helper.
pub(super) fn helper(volunteer: Option<&ID>, team: Option<&ID>, offering: Option<&ID>) -> ApiResult<Option<Helper>> {
    Ok(match (volunteer, team, offering) {
        (None, None, None) => None,
        (Some(id), None, None) => Some(Helper::Volunteer(id::parse(id, "volunteerId")?)),
        (None, Some(id), None) => Some(Helper::Team(id::parse(id, "teamId")?)),
        (None, None, Some(id)) => match listing::parse(id, "offeringId")? {
            (_, Some(entity::listing::ListingKind::Need)) => return Err(Error::from(Code::BadId).on("offeringId").into()),
            (id, _) => Some(Helper::Offering(id)),
        },
        _ => return Err(Error::from(Code::BadInput).on("volunteerId").into()),
    })
}

/// The helper that is named, or the actor.
fn or_me(named: Option<Helper>, actor: &Actor) -> ApiResult<Helper> {
    Ok(named.map_or_else(|| actor.volunteer().map(|own| Helper::Volunteer(own.id)), Ok)?)
}

#[derive(Default)]
pub struct NeedMatchMutation;

#[Object]
impl NeedMatchMutation {
    /// Proposes a helper for a need; the helper decides (grid workers and administrators of the place).
    async fn propose_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A helper to propose for a need.")] input: ProposeMatchInput,
    ) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let named = helper(input.volunteer_id.as_ref(), input.team_id.as_ref(), input.offering_id.as_ref())?;
        let proposal = Proposal {
            need_id: id::parse::<NeedId>(&input.need_id, "needId")?.into(),
            helper: named.ok_or_else(|| Error::from(Code::BadInput).on("volunteerId"))?,
            slot_id: id::parse_opt(input.slot_id.as_ref(), "slotId")?,
            span: window(input.starts_at, input.ends_at)?,
            quantity: input.quantity,
            score: None,
            plan_id: None,
            by: None,
            awaits: MatchSide::Helper,
        };
        let tx = app.db.begin().await?;
        let id = need_match::propose_match(&tx, actor, &input.idempotency_key, proposal).await?;
        answer(ctx, tx, id).await
    }

    /// Offers help for a need; its owner or the grid worker decides.
    async fn offer_help(&self, ctx: &Context<'_>, #[graphql(desc = "Help to offer.")] input: OfferHelpInput) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let proposal = Proposal {
            need_id: id::parse::<NeedId>(&input.need_id, "needId")?.into(),
            helper: or_me(helper(None, input.team_id.as_ref(), input.offering_id.as_ref())?, actor)?,
            slot_id: id::parse_opt(input.slot_id.as_ref(), "slotId")?,
            span: window(input.starts_at, input.ends_at)?,
            quantity: input.quantity,
            score: None,
            plan_id: None,
            by: None,
            awaits: MatchSide::Need,
        };
        let tx = app.db.begin().await?;
        let id = need_match::offer_help(&tx, actor, &input.idempotency_key, proposal, input.guardian_consent).await?;
        answer(ctx, tx, id).await
    }

    /// Accepts a match: the helper, or for help that was offered the need's owner or the grid worker. Places and things are promised at once; when fewer
    /// are left, `QUANTITY_INSUFFICIENT` says how many.
    async fn accept_match(&self, ctx: &Context<'_>, #[graphql(desc = "A yes to a proposal.")] input: AcceptMatchInput) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let acceptance = Acceptance {
            match_id: id::parse(&input.id, "id")?,
            quantity: input.quantity,
            span: window(input.starts_at, input.ends_at)?,
            guardian_consent: input.guardian_consent,
        };
        let tx = app.db.begin().await?;
        let id = need_match::accept(&tx, actor, &input.idempotency_key, acceptance).await?;
        answer(ctx, tx, id).await
    }

    /// Says no to a match. The pair is left alone for a while, and nobody is the worse for it.
    async fn decline_match(&self, ctx: &Context<'_>, #[graphql(desc = "A no to a proposal.")] input: DeclineMatchInput) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let ending = Ending { match_id: id::parse(&input.id, "id")?, reason: input.reason };
        let tx = app.db.begin().await?;
        let id = need_match::decline(&tx, actor, &input.idempotency_key, ending).await?;
        answer(ctx, tx, id).await
    }

    /// Begins, by the server's clock: the volunteer, or the leader of the team with those who came.
    async fn start_match(&self, ctx: &Context<'_>, #[graphql(desc = "A match to begin.")] input: StartMatchInput) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id: NeedMatchId = id::parse(&input.id, "id")?;
        let came = input.volunteer_ids.iter().map(|id| id::parse(id, "volunteerIds")).collect::<Result<Vec<VolunteerId>, _>>()?;
        let tx = app.db.begin().await?;
        need_match::start(&tx, actor, id, &came).await?;
        answer(ctx, tx, id).await
    }

    /// Ends, by the server's clock; the person served is asked to confirm.
    async fn finish_match(&self, ctx: &Context<'_>, #[graphql(desc = "A match to end.")] input: FinishMatchInput) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id: NeedMatchId = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        need_match::finish(&tx, actor, id, input.finished_at.map(Into::into)).await?;
        answer(ctx, tx, id).await
    }

    /// Confirms and rates: the person served, or who passes on their word, their card or what was seen. Who served gets minutes and points.
    async fn confirm_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the person served says of it.")] input: ConfirmMatchInput,
    ) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let confirmation =
            Confirmation { match_id: id::parse(&input.id, "id")?, rating: input.rating, word: input.word, channel: input.channel.into() };
        let tx = app.db.begin().await?;
        let id = need_match::confirm(&tx, actor, &input.idempotency_key, confirmation).await?;
        answer(ctx, tx, id).await
    }

    /// Takes one's word back; what was promised is free and the need is open again.
    async fn withdraw_match(&self, ctx: &Context<'_>, #[graphql(desc = "A word to take back.")] input: WithdrawMatchInput) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let ending = Ending { match_id: id::parse(&input.id, "id")?, reason: input.reason };
        let tx = app.db.begin().await?;
        let id = need_match::withdraw(&tx, actor, &input.idempotency_key, ending).await?;
        answer(ctx, tx, id).await
    }

    /// Disputes a match that is done; an administrator who is on neither side decides.
    async fn dispute_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A match that was not as it is said to have been.")] input: DisputeMatchInput,
    ) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id: NeedMatchId = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        need_match::dispute(&tx, actor, id, &input.reason).await?;
        answer(ctx, tx, id).await
    }

    /// Decides a dispute. A match that does not count loses its records, minutes and points (administrators on neither side).
    async fn resolve_dispute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How a dispute is decided.")] input: ResolveDisputeInput,
    ) -> ApiResult<NeedMatch> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let resolution = Resolution { match_id: id::parse(&input.id, "id")?, outcome: input.outcome.into(), explanation: input.explanation };
        let tx = app.db.begin().await?;
        let id = need_match::resolve(&tx, actor, &input.idempotency_key, resolution).await?;
        answer(ctx, tx, id).await
    }

    /// Leaves a pair alone for a while: it is neither suggested nor proposed.
    async fn dismiss_match(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A pair to leave alone; me when no helper is named.")] input: DismissMatchInput,
    ) -> ApiResult<MatchDismissal> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let need_id: NeedId = id::parse(&input.need_id, "needId")?;
        let named = helper(input.volunteer_id.as_ref(), input.team_id.as_ref(), input.offering_id.as_ref())?;
        let pair = Pair { need_id: need_id.into(), helper: or_me(named, actor)? };
        let tx = app.db.begin().await?;
        let row = need_match::dismiss_pair(&tx, actor, pair, &input.reason).await?;
        tx.commit().await?;
        Ok(MatchDismissal { need_id: need_id.into(), until: row.until.naive() })
    }
}

/// Commits, tells those concerned, and shows the match as it is now.
async fn answer(ctx: &Context<'_>, tx: domain::tx::Tx, id: NeedMatchId) -> ApiResult<NeedMatch> {
    let row = need_match::row(&tx.connection, id).await?;
    let seen = seen(ctx, &tx.connection, row).await?;
    tx.commit().await?;
    ctx.app().wake.notify_one();
    Ok(seen)
}
