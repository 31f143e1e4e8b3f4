//! The attendance of a session as it changes.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject, Subscription};
use domain::bus::Change;
use domain::error::Code;
use domain::insight::live::{self, Attendance, Channel, told};
use entity::id::ActivitySessionId;
use futures_util::stream::{BoxStream, StreamExt};

use super::{Events, follow, in_turn, page, still_within};
use crate::graphql::error::{ApiError, ApiResult};
use crate::graphql::service::loader;
use crate::graphql::service::session::{ActivitySession, ActivitySessionState};
use crate::graphql::{ContextExt, id};

/// Someone signed up for the session, gave a seat back, came or left, or the session was called off or closed. The numbers are those of the event;
/// `session` is as it stands now.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct AttendanceEvent {
    /// Id of the event.
    event_id: ID,
    /// How far the session is.
    state: ActivitySessionState,
    /// Seats.
    capacity: i32,
    /// Seats taken, open offers of the waitlist included.
    seats_taken: i32,
    /// How many wait for a seat.
    waitlisted: i32,
    /// How many came.
    checked_in: i64,
    /// How many of those who came have left.
    checked_out: i64,
    #[graphql(skip)]
    session_id: ActivitySessionId,
}

#[ComplexObject]
impl AttendanceEvent {
    /// The session as it stands now, with its sign-ups and attendance for those who lead it. Many people follow one session: ask for it only
    /// where the numbers are not enough.
    async fn session(&self, ctx: &Context<'_>) -> ApiResult<ActivitySession> {
        Ok(ActivitySession(loader::one(ctx, self.session_id).await?.ok_or(Code::NotFound)?))
    }
}

impl AttendanceEvent {
    fn of(change: &Change) -> ApiResult<Self> {
        let Attendance { session_id, state, capacity, seats_taken, waitlisted, checked_in, checked_out } = told(change)?;
        Ok(Self { event_id: change.id.into(), state: state.into(), capacity, seats_taken, waitlisted, checked_in, checked_out, session_id })
    }
}

#[derive(Default)]
pub struct AttendanceEventQuery;

#[Object]
impl AttendanceEventQuery {
    /// What `attendanceChanged` tells, for a client that asks from time to time.
    async fn attendance_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] session_id: ID,
        #[graphql(desc = "The last event seen; without it no events are given, only where to begin.")] after: Option<ID>,
        #[graphql(desc = "How many events, 1 to 100.", default = 20)] first: i32,
    ) -> ApiResult<Events<AttendanceEvent>> {
        let session_id = id::parse(&session_id, "sessionId")?;
        live::attendance_place(ctx.app().db.reader(), ctx.actor()?, session_id).await?;
        let found = page(ctx, Channel::Attendance(session_id), after.as_ref(), first).await?;
        Events::of(found, |change| AttendanceEvent::of(&change))
    }
}

#[derive(Default)]
pub struct AttendanceSubscription;

#[Subscription]
impl AttendanceSubscription {
    /// Tells who comes and goes at a session, in numbers. Its polling twin is `attendanceEvents`.
    async fn attendance_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] session_id: ID,
        #[graphql(desc = "Begin after this event; from now on when left out.")] after: Option<ID>,
    ) -> Result<BoxStream<'static, ApiResult<AttendanceEvent>>, ApiError> {
        let session_id = id::parse(&session_id, "sessionId")?;
        let begun_by = Arc::clone(ctx.actor()?);
        let place = in_turn(ctx, async || live::attendance_place(ctx.app().db.reader(), &begun_by, session_id).await).await?;
        let check = move |actor: &_| {
            // What lies below `session` is answered to the reader as it was at the beginning.
            still_within(&begun_by, actor)?;
            live::sees(actor, &place)
        };
        let changes = follow(ctx, Channel::Attendance(session_id), after.as_ref(), check).await?;
        Ok(changes.map(|told| AttendanceEvent::of(&told?.1)).boxed())
    }
}
