//! Service records for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::Code;
use domain::service::record::{self, Backfill, Filter, Revocation, Verdict};
use entity::service_record as rows;
use entity::time::BusinessDate;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::need_match::{self, NeedMatch};
use crate::graphql::people::loader as people;
use crate::graphql::people::team::{Team, TeamColour};
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::points::award::Award;
use crate::graphql::service::loader;
use crate::graphql::service::session::ActivitySession;
use crate::graphql::{ContextExt, connection, id};

/// How a record came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::service_record::RecordSource")]
pub enum RecordSource {
    /// The volunteer checked in and out with the code on site.
    Scan,
    /// The leader stated the beginning or the end.
    LeaderConfirmed,
    /// The leader's device signed it without network.
    Offline,
    /// Entered afterwards (补录).
    Backfill,
    /// It came of a match that the person served confirmed.
    Match,
}

/// How strong the evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::service_record::EvidenceClass")]
pub enum EvidenceClass {
    /// Both ends by the code on site.
    A,
    /// A leader's word.
    B,
    /// Entered afterwards, approved by a second person.
    C,
}

/// How far a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::service_record::RecordState")]
pub enum RecordState {
    /// Waits for another person: beyond the day's limit, or back-filled.
    Pending,
    /// Counts.
    Certified,
    /// Refused.
    Rejected,
    /// Counted, and was taken back.
    Revoked,
}

/// A piece of service (服务记录): minutes, evidence, and where it counts. Minutes are permanent, whatever becomes of the points.
#[derive(Description)]
pub struct ServiceRecord(pub rows::Model);

#[Object(use_type_description)]
impl ServiceRecord {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Who served.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// At which session; null for back-fill.
    async fn session(&self, ctx: &Context<'_>) -> Option<ApiResult<ActivitySession>> {
        nullable(loader::one(ctx, self.0.session_id?).await.map(|row| row.map(ActivitySession)))
    }

    /// The team it counts for; null for a match of somebody without a team.
    async fn team(&self, ctx: &Context<'_>) -> Option<ApiResult<Team>> {
        nullable(people::of(ctx).load_one(self.0.team_id?).await.map(|row| row.map(Team)))
    }

    /// The team's colour on the day.
    async fn colour(&self) -> Option<TeamColour> {
        record::colour(&self.0).map(Into::into)
    }

    /// The region it counts for.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(territory::of(ctx).load_one(self.0.region_id).await?.ok_or(Code::NotFound)?))
    }

    /// Code of the `SERVICE_TYPE` list.
    async fn service_type(&self) -> &str {
        &self.0.service_type
    }

    /// What was done.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// The day it counts for, in China's time.
    async fn business_date(&self) -> NaiveDate {
        self.0.business_date.naive()
    }

    /// From.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at.date_time()
    }

    /// To.
    async fn ended_at(&self) -> DateTime<Utc> {
        self.0.ended_at.date_time()
    }

    /// Whole minutes served within the session; travel is not counted.
    async fn minutes(&self) -> i64 {
        self.0.minutes
    }

    /// How it came about.
    async fn source(&self) -> RecordSource {
        self.0.source.into()
    }

    /// How strong the evidence is.
    async fn evidence(&self) -> EvidenceClass {
        self.0.evidence.into()
    }

    /// How far it is.
    async fn state(&self) -> RecordState {
        self.0.state.into()
    }

    /// Why it was entered afterwards, refused or taken back.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }

    /// Account that recorded it.
    async fn recorder_id(&self) -> ID {
        self.0.recorder_id.into()
    }

    /// Account that certified, refused or took it back; null when it certified by itself.
    async fn decider_id(&self) -> Option<ID> {
        self.0.decider_id.map(Into::into)
    }

    /// The points it brought, and why so many; null until it is certified.
    async fn award(&self, ctx: &Context<'_>) -> Option<ApiResult<Award>> {
        nullable(loader::one(ctx, self.0.id).await.map(|row| row.map(Award)))
    }

    /// The match it came of; null for what came of an activity, and when the match does not exist for me.
    async fn need_match(&self, ctx: &Context<'_>) -> Option<ApiResult<NeedMatch>> {
        nullable(need_match::of_record(ctx, self.0.id).await)
    }

    /// When it was recorded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was certified.
    async fn certified_at(&self) -> Option<DateTime<Utc>> {
        self.0.certified_at.map(entity::time::UtcMicros::date_time)
    }

    /// When it was taken back.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(ServiceRecordPage, ServiceRecord, ServiceRecordNames, "ServiceRecordConnection", "ServiceRecordEdge");

/// Which records to list; every part narrows.
#[derive(InputObject, Default)]
pub struct ServiceRecordFilter {
    /// In this state; PENDING ones wait for a decision.
    state: Option<RecordState>,
    /// Of this team.
    team_id: Option<ID>,
    /// Of this volunteer.
    volunteer_id: Option<ID>,
    /// How it came about.
    source: Option<RecordSource>,
    /// Counting for this day or later.
    from: Option<NaiveDate>,
    /// Counting for this day or earlier.
    to: Option<NaiveDate>,
}

impl ServiceRecordFilter {
    fn read(self) -> ApiResult<Filter> {
        Ok(Filter {
            state: self.state.map(Into::into),
            team_id: id::parse_opt(self.team_id.as_ref(), "teamId")?,
            volunteer_id: id::parse_opt(self.volunteer_id.as_ref(), "volunteerId")?,
            source: self.source.map(Into::into),
            from: self.from.map(BusinessDate::from_naive),
            to: self.to.map(BusinessDate::from_naive),
        })
    }
}

/// Past service to enter.
#[derive(InputObject)]
pub struct RequestBackfillInput {
    /// Who served, a member of the team; me when left out. For others only their team's leader or an administrator may enter it.
    volunteer_id: Option<ID>,
    /// With which team.
    team_id: ID,
    /// Code of the `SERVICE_TYPE` list.
    service_type: String,
    /// From, at most 30 days back.
    started_at: DateTime<Utc>,
    /// To, in the past.
    ended_at: DateTime<Utc>,
    /// What was done, 1 to 500 characters.
    content: String,
    /// Why it was not recorded in time, 1 to 200 characters.
    reason: String,
    /// Names this intention; sending it again gives the same record.
    idempotency_key: String,
}

/// A decision on a pending record.
#[derive(InputObject)]
pub struct DecideRecordInput {
    /// The record.
    id: ID,
    /// Certify it (true) or refuse it (false).
    approve: bool,
    /// Why; required to refuse.
    reason: Option<String>,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

/// A certified record to take back.
#[derive(InputObject)]
pub struct RevokeRecordInput {
    /// The record.
    id: ID,
    /// Why, 1 to 200 characters; the volunteer reads it.
    reason: String,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

#[derive(Default)]
pub struct RecordQuery;

#[Object]
impl RecordQuery {
    /// My service records, newest first.
    async fn my_service_records(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "ServiceRecordFilter::default()")] filter: ServiceRecordFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ServiceRecordPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = record::list_own(ctx.app().db.reader(), ctx.actor()?, &filter.read()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), ServiceRecord))
    }

    /// Service records I answer for, newest first (team leaders, grid workers, administrators).
    async fn records(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "ServiceRecordFilter::default()")] filter: ServiceRecordFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ServiceRecordPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = record::list(ctx.app().db.reader(), ctx.actor()?, &filter.read()?, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), ServiceRecord))
    }
}

#[derive(Default)]
pub struct RecordMutation;

#[Object]
impl RecordMutation {
    /// Enters past service; a second person decides on it, and by default it brings no redeemable points.
    async fn request_backfill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Past service to enter.")] input: RequestBackfillInput,
    ) -> ApiResult<ServiceRecord> {
        let actor = ctx.actor()?;
        let backfill = Backfill {
            volunteer_id: id::parse_opt(input.volunteer_id.as_ref(), "volunteerId")?,
            team_id: id::parse(&input.team_id, "teamId")?,
            service_type: input.service_type,
            started_at: input.started_at.into(),
            ended_at: input.ended_at.into(),
            content: input.content,
            reason: input.reason,
        };
        let tx = ctx.app().db.begin().await?;
        let id = record::request_backfill(&tx, actor, &input.idempotency_key, backfill).await?;
        let row = record::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(ServiceRecord(row))
    }

    /// Certifies or refuses a pending record (grid workers, administrators); not one's own, nor one that one recorded.
    async fn decide_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on a pending record.")] input: DecideRecordInput,
    ) -> ApiResult<ServiceRecord> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let verdict = Verdict { record_id: id::parse(&input.id, "id")?, approve: input.approve, reason: input.reason };
        let tx = app.db.begin().await?;
        let id = record::decide(&tx, actor, &input.idempotency_key, verdict).await?;
        let row = record::get(&tx.connection, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(ServiceRecord(row))
    }

    /// Takes a certified record back with its minutes and points (administrators); what was spent becomes debt. Not one's own.
    async fn revoke_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A certified record to take back.")] input: RevokeRecordInput,
    ) -> ApiResult<ServiceRecord> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let revocation = Revocation { record_id: id::parse(&input.id, "id")?, reason: input.reason };
        let tx = app.db.begin().await?;
        let id = record::revoke(&tx, actor, &input.idempotency_key, revocation).await?;
        let row = record::get(&tx.connection, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(ServiceRecord(row))
    }
}

/// The record behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<ServiceRecord>> {
    let row = record::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(ServiceRecord))
}
