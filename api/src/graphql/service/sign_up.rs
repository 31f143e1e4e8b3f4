//! Sign-ups for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::service::sign_up::{self, NewSignUp, Withdrawal};
use entity::sign_up as rows;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::service::loader;
use crate::graphql::service::session::ActivitySession;
use crate::graphql::{ContextExt, connection, id};

/// How far a sign-up is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::sign_up::SignUpState")]
pub enum SignUpState {
    /// Has a seat.
    Confirmed,
    /// Waits for a seat, in order of arrival.
    Waitlisted,
    /// A seat is held until `offerUntil`; accept it or withdraw.
    Offered,
    /// Given back.
    Withdrawn,
    /// The offer ended without an answer, or the session ended without a seat.
    Lapsed,
    /// Had a seat and did not come.
    NoShow,
    /// Came.
    Attended,
    /// The session was called off.
    Cancelled,
}

/// A seat in a session, or a place in the queue for one (报名).
#[derive(Description)]
pub struct SignUp(pub rows::Model);

#[Object(use_type_description)]
impl SignUp {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The session.
    async fn session(&self, ctx: &Context<'_>) -> ApiResult<ActivitySession> {
        Ok(ActivitySession(loader::one(ctx, self.0.session_id).await?.ok_or(Code::NotFound)?))
    }

    /// Who signed up.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// How far it is.
    async fn state(&self) -> SignUpState {
        self.0.state.into()
    }

    /// When it arrived, which decides the order of the queue.
    async fn queued_at(&self) -> DateTime<Utc> {
        self.0.queued_at.date_time()
    }

    /// An offered seat is held until this moment.
    async fn offer_until(&self) -> Option<DateTime<Utc>> {
        self.0.offer_until.map(entity::time::UtcMicros::date_time)
    }

    /// Why it was withdrawn, or why the session was called off.
    async fn reason(&self) -> Option<&str> {
        self.0.withdraw_reason.as_deref()
    }

    /// Last change.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at.date_time()
    }
}

connection_of!(SignUpPage, SignUp, SignUpNames, "SignUpConnection", "SignUpEdge");

/// A session to sign up for.
#[derive(InputObject)]
pub struct SignUpInput {
    /// The session.
    session_id: ID,
    /// Queue up when it is full; false answers `SESSION_FULL` instead.
    #[graphql(default = true)]
    waitlist: bool,
    /// Names this intention; sending it again gives the same sign-up.
    idempotency_key: String,
}

/// A seat to accept.
#[derive(InputObject)]
pub struct AcceptOfferInput {
    /// The sign-up whose state is OFFERED.
    id: ID,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

/// A sign-up to take back.
#[derive(InputObject)]
pub struct WithdrawSignUpInput {
    /// The sign-up: a seat, an offer or a place in the queue.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

#[derive(Default)]
pub struct SignUpQuery;

#[Object]
impl SignUpQuery {
    /// My sign-ups, newest first.
    async fn my_sign_ups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in these states; all when left out.", default)] states: Vec<SignUpState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<SignUpPage> {
        let page = connection::args(first, after, last, before)?;
        let states: Vec<_> = states.into_iter().map(Into::into).collect();
        let rows = sign_up::list_own(ctx.app().db.reader(), ctx.actor()?, &states, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), SignUp))
    }
}

#[derive(Default)]
pub struct SignUpMutation;

#[Object]
impl SignUpMutation {
    /// Signs me up for a session: a seat while one is free and nobody waits, otherwise a place in the queue.
    async fn sign_up(&self, ctx: &Context<'_>, #[graphql(desc = "A session to sign up for.")] input: SignUpInput) -> ApiResult<SignUp> {
        let actor = ctx.actor()?;
        let wish = NewSignUp { session_id: id::parse(&input.session_id, "sessionId")?, waitlist: input.waitlist };
        let tx = ctx.app().db.begin().await?;
        let id = sign_up::enter(&tx, actor, &input.idempotency_key, wish).await?;
        let row = sign_up::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(SignUp(row))
    }

    /// Takes the seat that is offered to me.
    async fn accept_offer(&self, ctx: &Context<'_>, #[graphql(desc = "A seat to accept.")] input: AcceptOfferInput) -> ApiResult<SignUp> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let id = sign_up::accept(&tx, actor, &input.idempotency_key, id).await?;
        let row = sign_up::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(SignUp(row))
    }

    /// Gives my seat, my offer or my place in the queue back; the seat is offered to the first who waits.
    async fn withdraw_sign_up(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A sign-up to take back.")] input: WithdrawSignUpInput,
    ) -> ApiResult<SignUp> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let withdrawal = Withdrawal { sign_up_id: id::parse(&input.id, "id")?, reason: input.reason };
        let tx = app.db.begin().await?;
        let id = sign_up::withdraw(&tx, actor, &input.idempotency_key, withdrawal).await?;
        let row = sign_up::get(&tx.connection, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(SignUp(row))
    }
}

/// The sign-up behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<SignUp>> {
    let row = sign_up::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(SignUp))
}
