//! Sessions for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::Code;
use domain::service::session::{self, CHECK_IN_LEAD, CHECK_OUT_GRACE, Filter, NewSession};
use domain::service::{check_in, sign_up};
use entity::activity_session as rows;
use entity::id::ActivitySessionId;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::service::activity::Activity;
use crate::graphql::service::attendance::{Attendance, AttendancePage};
use crate::graphql::service::loader::{self, Present, Standing};
use crate::graphql::service::sign_up::{SignUp, SignUpPage, SignUpState};
use crate::graphql::{ContextExt, connection, id};

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::activity_session::SessionState")]
pub enum ActivitySessionState {
    /// Takes sign-ups until it starts, and check-ins while it runs.
    Open,
    /// Called off.
    Cancelled,
    /// Over for two hours; no-shows are noted.
    Closed,
}

/// One occurrence of an activity (场次).
#[derive(Description)]
pub struct ActivitySession(pub rows::Model);

#[Object(use_type_description)]
impl ActivitySession {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The activity.
    async fn activity(&self, ctx: &Context<'_>) -> ApiResult<Activity> {
        Ok(Activity(loader::one(ctx, self.0.activity_id).await?.ok_or(Code::NotFound)?))
    }

    /// Start.
    async fn starts_at(&self) -> DateTime<Utc> {
        self.0.starts_at.date_time()
    }

    /// End.
    async fn ends_at(&self) -> DateTime<Utc> {
        self.0.ends_at.date_time()
    }

    /// The day it counts for, in China's time.
    async fn business_date(&self) -> NaiveDate {
        self.0.business_date.naive()
    }

    /// Seats.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }

    /// Seats taken, open offers of the waitlist included.
    async fn seats_taken(&self) -> i32 {
        self.0.seats_taken
    }

    /// Seats that a sign-up gets at once; 0 while anybody waits.
    async fn seats_left(&self) -> i32 {
        if self.0.waitlisted > 0 { 0 } else { self.0.capacity - self.0.seats_taken }
    }

    /// How many wait for a seat.
    async fn waitlisted(&self) -> i32 {
        self.0.waitlisted
    }

    /// How far it is.
    async fn state(&self) -> ActivitySessionState {
        self.0.state.into()
    }

    /// Check-in opens; it ends with the session.
    async fn check_in_opens_at(&self) -> DateTime<Utc> {
        self.0.starts_at.plus(-CHECK_IN_LEAD).date_time()
    }

    /// Check-out by code ends; later a leader must state the end.
    async fn check_out_ends_at(&self) -> DateTime<Utc> {
        self.0.ends_at.plus(CHECK_OUT_GRACE).date_time()
    }

    /// My sign-up, while I stand in this session.
    async fn my_sign_up(&self, ctx: &Context<'_>) -> Option<ApiResult<SignUp>> {
        let own = ctx.actor().ok()?.volunteer?;
        nullable(loader::one(ctx, Standing(self.0.id, own.id)).await.map(|row| row.map(SignUp)))
    }

    /// My presence, once I checked in.
    async fn my_attendance(&self, ctx: &Context<'_>) -> Option<ApiResult<Attendance>> {
        let own = ctx.actor().ok()?.volunteer?;
        nullable(loader::one(ctx, Present(self.0.id, own.id)).await.map(|row| row.map(Attendance)))
    }

    /// Who signed up, in order of arrival (the team's leaders and administrators); made for the page of one session.
    async fn sign_ups(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in these states; all when left out.", default)] states: Vec<SignUpState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<SignUpPage> {
        let page = connection::args(first, after, last, before)?;
        let reader = ctx.app().db.reader();
        session::led_by(reader, ctx.actor()?, self.0.id).await?;
        let states: Vec<_> = states.into_iter().map(Into::into).collect();
        let rows = sign_up::roster(reader, self.0.id, &states, &page).await?;
        Ok(connection::of(rows, |row| (row.queued_at.0, row.id.to_string()), SignUp))
    }

    /// Who was there, first come first (the team's leaders and administrators); made for the page of one session.
    async fn attendance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<AttendancePage> {
        let page = connection::args(first, after, last, before)?;
        let reader = ctx.app().db.reader();
        session::led_by(reader, ctx.actor()?, self.0.id).await?;
        let rows = check_in::list(reader, self.0.id, &page).await?;
        Ok(connection::of(rows, |row| (row.checked_in_at.0, row.id.to_string()), Attendance))
    }

    /// When it was closed.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(ActivitySessionPage, ActivitySession, ActivitySessionNames, "ActivitySessionConnection", "ActivitySessionEdge");

/// Which sessions to list; every part narrows.
#[derive(InputObject, Default)]
pub struct ActivitySessionFilter {
    /// Ending after this moment.
    from: Option<DateTime<Utc>>,
    /// Starting before this moment.
    to: Option<DateTime<Utc>>,
    /// Of this activity.
    activity_id: Option<ID>,
    /// Of this team's activities.
    team_id: Option<ID>,
    /// Only sessions that take sign-ups now.
    #[graphql(default = false)]
    open_only: bool,
}

/// A session to add.
#[derive(InputObject)]
pub struct ScheduleSessionInput {
    /// Of this published activity.
    activity_id: ID,
    /// Start, in the future.
    starts_at: DateTime<Utc>,
    /// End, at most 24 hours later.
    ends_at: DateTime<Utc>,
    /// Seats, 1 to 100000.
    capacity: i32,
    /// Names this intention; sending it again gives the same session.
    idempotency_key: String,
}

/// A session to call off.
#[derive(InputObject)]
pub struct CancelSessionInput {
    /// The session.
    id: ID,
    /// Why, 1 to 200 characters; everybody signed up reads it.
    reason: String,
}

/// A session just changed, as the transaction sees it.
pub(super) async fn changed(tx: &domain::tx::Tx, id: ActivitySessionId) -> ApiResult<ActivitySession> {
    let row = session::by_ids(&tx.connection, &[id]).await?.pop();
    Ok(ActivitySession(row.ok_or(Code::NotFound)?))
}

#[derive(Default)]
pub struct SessionQuery;

#[Object]
impl SessionQuery {
    /// Sessions of my community, by start.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "ActivitySessionFilter::default()")] filter: ActivitySessionFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ActivitySessionPage> {
        let page = connection::args(first, after, last, before)?;
        let app = ctx.app();
        let filter = Filter {
            from: filter.from.map(Into::into),
            to: filter.to.map(Into::into),
            activity_id: id::parse_opt(filter.activity_id.as_ref(), "activityId")?,
            team_id: id::parse_opt(filter.team_id.as_ref(), "teamId")?,
            open_at: filter.open_only.then(|| app.db.now()),
        };
        let rows = session::list(app.db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, |row| (row.starts_at.0, row.id.to_string()), ActivitySession))
    }

    /// One session.
    async fn session(&self, ctx: &Context<'_>, #[graphql(desc = "The session.")] id: ID) -> ApiResult<ActivitySession> {
        let id = id::parse(&id, "id")?;
        Ok(ActivitySession(session::get(ctx.app().db.reader(), ctx.actor()?, id).await?.session))
    }
}

#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Adds a session to a published activity (its team's leaders, administrators).
    async fn schedule_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A session to add.")] input: ScheduleSessionInput,
    ) -> ApiResult<ActivitySession> {
        let actor = ctx.actor()?;
        let new = NewSession {
            activity_id: id::parse(&input.activity_id, "activityId")?,
            starts_at: input.starts_at.into(),
            ends_at: input.ends_at.into(),
            capacity: input.capacity,
        };
        let tx = ctx.app().db.begin().await?;
        let id = session::schedule(&tx, actor, &input.idempotency_key, new).await?;
        let object = changed(&tx, id).await?;
        tx.commit().await?;
        Ok(object)
    }

    /// Calls off a session that has not started; everybody signed up is told. Sending it again changes nothing.
    async fn cancel_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A session to call off.")] input: CancelSessionInput,
    ) -> ApiResult<ActivitySession> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = session::cancel(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(ActivitySession(row))
    }
}

/// The session behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<ActivitySession>> {
    let (actor, id) = (ctx.actor()?, id::parse::<ActivitySessionId>(id, "id")?);
    let Some(row) = loader::one(ctx, id).await? else { return Ok(None) };
    if row.community_id == actor.community_id {
        return Ok(Some(ActivitySession(row)));
    }
    Ok(found(session::get(ctx.app().db.reader(), actor, id).await)?.map(|found| ActivitySession(found.session)))
}
