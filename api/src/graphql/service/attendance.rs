//! Presence for clients: rotating code, check-in and check-out, roll-call.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::service::check_in::{self, code, roll_call, scan};
use entity::attendance as rows;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::service::loader::{self, Served};
use crate::graphql::service::record::ServiceRecord;
use crate::graphql::service::session::{self, ActivitySession};
use crate::graphql::{ContextExt, id};

/// How presence was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::attendance::CheckInMethod")]
pub enum CheckInMethod {
    /// The volunteer scanned the rotating code.
    Code,
    /// The leader called the roll.
    RollCall,
    /// The leader's device signed it without network.
    Offline,
}

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::offline_check_in::CheckInPhase")]
pub enum CheckInPhase {
    /// 签到
    In,
    /// 签退
    Out,
}

/// Presence at a session (签到), by the server's clock.
#[derive(Description)]
pub struct Attendance(pub rows::Model);

#[Object(use_type_description)]
impl Attendance {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The session.
    async fn session(&self, ctx: &Context<'_>) -> ApiResult<ActivitySession> {
        Ok(ActivitySession(loader::one(ctx, self.0.session_id).await?.ok_or(Code::NotFound)?))
    }

    /// Who was there.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// Came.
    async fn checked_in_at(&self) -> DateTime<Utc> {
        self.0.checked_in_at.date_time()
    }

    /// How the coming was taken.
    async fn in_method(&self) -> CheckInMethod {
        self.0.in_method.into()
    }

    /// Left; null while the person is there, or until a leader states the end of someone who forgot to check out.
    async fn checked_out_at(&self) -> Option<DateTime<Utc>> {
        self.0.checked_out_at.map(entity::time::UtcMicros::date_time)
    }

    /// How the leaving was taken.
    async fn out_method(&self) -> Option<CheckInMethod> {
        self.0.out_method.map(Into::into)
    }

    /// The service record; null before check-out, and when less than a minute of the session was served.
    async fn record(&self, ctx: &Context<'_>) -> Option<ApiResult<ServiceRecord>> {
        nullable(loader::one(ctx, Served(self.0.session_id, self.0.volunteer_id)).await.map(|row| row.map(ServiceRecord)))
    }
}

connection_of!(AttendancePage, Attendance, AttendanceNames, "AttendanceConnection", "AttendanceEdge");

/// The code to show on site. Ask again after `refreshSeconds`.
#[derive(SimpleObject)]
pub struct CheckInCode {
    /// The text to put into a QR code.
    code: String,
    /// From this moment it is no longer accepted.
    valid_until: DateTime<Utc>,
    /// Seconds until the next code is due, 1 to 30.
    refresh_seconds: i64,
}

/// A scanned code.
#[derive(InputObject)]
pub struct CheckInInput {
    /// The session.
    session_id: ID,
    /// The scanned text.
    code: String,
    /// Names this intention; sending it again gives the first answer.
    idempotency_key: String,
}

/// One person of a roll-call.
#[derive(InputObject)]
pub struct RollCallEntry {
    /// Who.
    volunteer_id: ID,
    /// From when. Left out: the check-in already taken, or else the start of the session. A check-in already taken is not replaced.
    checked_in_at: Option<DateTime<Utc>>,
    /// Until when. Left out: the person is still there, or the end is not known; nobody gets minutes for it.
    checked_out_at: Option<DateTime<Utc>>,
}

/// A roll-call.
#[derive(InputObject)]
pub struct CallRollInput {
    /// The session.
    session_id: ID,
    /// 1 to 500 people, each once.
    entries: Vec<RollCallEntry>,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

fn scanned(input: CheckInInput) -> ApiResult<(scan::Scan, String)> {
    Ok((scan::Scan { session_id: id::parse(&input.session_id, "sessionId")?, code: input.code }, input.idempotency_key))
}

#[derive(Default)]
pub struct AttendanceQuery;

#[Object]
impl AttendanceQuery {
    /// The rotating code of a session, to show on site (the team's leaders, administrators). Open from 30 minutes before the start; for check-in to
    /// the end, for check-out two hours longer.
    async fn check_in_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session.")] session_id: ID,
        #[graphql(desc = "Coming or leaving.")] phase: CheckInPhase,
    ) -> ApiResult<CheckInCode> {
        let app = ctx.app();
        let id = id::parse(&session_id, "sessionId")?;
        let shown = code::show(app.db.reader(), &app.keys, app.db.now(), ctx.actor()?, id, phase.into()).await?;
        Ok(CheckInCode { code: shown.code, valid_until: shown.valid_until.date_time(), refresh_seconds: shown.refresh_seconds })
    }
}

#[derive(Default)]
pub struct AttendanceMutation;

#[Object]
impl AttendanceMutation {
    /// Checks me in with the code on site.
    async fn check_in(&self, ctx: &Context<'_>, #[graphql(desc = "A scanned code.")] input: CheckInInput) -> ApiResult<Attendance> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (scan, key) = scanned(input)?;
        let tx = app.db.begin().await?;
        let id = scan::check_in(&tx, &app.keys, actor, &key, scan).await?;
        let row = check_in::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(Attendance(row))
    }

    /// Checks me out with the code on site; the minutes served are certified at once up to the day's limit, see `record`.
    async fn check_out(&self, ctx: &Context<'_>, #[graphql(desc = "A scanned code.")] input: CheckInInput) -> ApiResult<Attendance> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (scan, key) = scanned(input)?;
        let tx = app.db.begin().await?;
        let id = scan::check_out(&tx, &app.keys, actor, &key, scan).await?;
        let row = check_in::get(&tx.connection, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(Attendance(row))
    }

    /// Takes the roll of a session: who was there, from when to when, also for people who came without signing up while seats are free, and for those
    /// who forgot to check out. All of it stands or none; a refusal names the first `volunteerId` at fault. Nobody calls their own name.
    async fn call_roll(&self, ctx: &Context<'_>, #[graphql(desc = "A roll-call.")] input: CallRollInput) -> ApiResult<ActivitySession> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let session_id = id::parse(&input.session_id, "sessionId")?;
        let entries = input.entries.into_iter().map(|entry| {
            let volunteer_id = id::parse(&entry.volunteer_id, "entries")?;
            let [checked_in_at, checked_out_at] = [entry.checked_in_at, entry.checked_out_at].map(|time| time.map(Into::into));
            Ok(roll_call::Entry { volunteer_id, checked_in_at, checked_out_at })
        });
        let entries = entries.collect::<ApiResult<Vec<_>>>()?;
        let tx = app.db.begin().await?;
        let id = roll_call::call_roll(&tx, actor, &input.idempotency_key, session_id, &entries).await?;
        let object = session::changed(&tx, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(object)
    }
}

/// The attendance behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Attendance>> {
    let row = check_in::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(Attendance))
}
