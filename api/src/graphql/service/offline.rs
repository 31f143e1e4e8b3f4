//! Offline check-ins for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::service::offline::{self, Outcome, OutcomeState, Settlement, Signed};
use entity::offline_check_in as rows;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::people::volunteer::{self, Volunteer};
use crate::graphql::service::attendance::CheckInPhase;
use crate::graphql::service::loader;
use crate::graphql::service::session::ActivitySession;
use crate::graphql::{ContextExt, connection, id};

/// What became of an offline check-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::offline_check_in::OfflineState")]
pub enum OfflineState {
    /// Taken over at once.
    Applied,
    /// Set aside for another person to decide.
    Conflict,
    /// Taken over by decision.
    Accepted,
    /// Put away by decision.
    Dismissed,
}

/// A check-in or check-out that a leader's device signed without network (离线签到).
#[derive(Description)]
pub struct OfflineCheckIn(pub rows::Model);

#[Object(use_type_description)]
impl OfflineCheckIn {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The session.
    async fn session(&self, ctx: &Context<'_>) -> ApiResult<ActivitySession> {
        Ok(ActivitySession(loader::one(ctx, self.0.session_id).await?.ok_or(Code::NotFound)?))
    }

    /// Who it is about.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(volunteer::node(ctx, &self.0.volunteer_id.into()).await?.ok_or(Code::NotFound)?)
    }

    /// The device that signed it.
    async fn device_id(&self) -> ID {
        self.0.device_key_id.into()
    }

    /// The device's own count.
    async fn counter(&self) -> i64 {
        self.0.counter
    }

    /// In or out.
    async fn phase(&self) -> CheckInPhase {
        self.0.phase.into()
    }

    /// The device's time, held to half an hour around the session.
    async fn device_time(&self) -> DateTime<Utc> {
        self.0.device_at.date_time()
    }

    /// What became of it.
    async fn state(&self) -> OfflineState {
        self.0.state.into()
    }

    /// The code of the refusal that set it aside.
    async fn code(&self) -> Option<&str> {
        self.0.conflict.as_deref()
    }

    /// When it was uploaded.
    async fn received_at(&self) -> DateTime<Utc> {
        self.0.received_at.date_time()
    }

    /// When the conflict was settled.
    async fn decided_at(&self) -> Option<DateTime<Utc>> {
        self.0.decided_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(OfflineCheckInPage, OfflineCheckIn, OfflineCheckInNames, "OfflineCheckInConnection", "OfflineCheckInEdge");

/// What became of one uploaded entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum OfflineResultState {
    /// Taken over.
    Applied,
    /// Kept for another person to decide; `code` says why.
    Conflict,
    /// Uploaded before; nothing changed.
    Replayed,
}

/// What became of one uploaded entry.
#[derive(SimpleObject)]
pub struct OfflineResult {
    /// The device's own count.
    counter: i64,
    /// What became of it.
    state: OfflineResultState,
    /// Why it is a conflict.
    code: Option<String>,
    /// The row that keeps it; null for a replay.
    check_in: Option<OfflineCheckIn>,
}

impl From<Outcome> for OfflineResult {
    fn from(outcome: Outcome) -> Self {
        let state = match outcome.state {
            OutcomeState::Applied => OfflineResultState::Applied,
            OutcomeState::Conflict => OfflineResultState::Conflict,
            OutcomeState::Replayed => OfflineResultState::Replayed,
        };
        Self { counter: outcome.counter, state, code: outcome.code, check_in: outcome.row.map(OfflineCheckIn) }
    }
}

/// One signed entry. The device signs the text `qicai-offline-v1|<sessionId>|<volunteerId>|<IN or OUT>|<deviceTime as epoch seconds>|<counter>`.
#[derive(InputObject)]
pub struct OfflineEntry {
    /// The session.
    session_id: ID,
    /// Who came or left.
    volunteer_id: ID,
    /// In or out.
    phase: CheckInPhase,
    /// The device's time, to the second.
    device_time: DateTime<Utc>,
    /// The device's own count, rising with each entry; each is taken once.
    counter: i64,
    /// Ed25519 signature of the text, 128 hexadecimal digits.
    signature: String,
}

/// What a device signed without network.
#[derive(InputObject)]
pub struct SubmitOfflineCheckInsInput {
    /// My registered device.
    device_id: ID,
    /// 1 to 500 entries.
    entries: Vec<OfflineEntry>,
}

/// Which offline check-ins to list.
#[derive(InputObject, Default)]
pub struct OfflineCheckInFilter {
    /// In this state instead of CONFLICT.
    state: Option<OfflineState>,
    /// Only of this team's sessions.
    team_id: Option<ID>,
}

/// A decision on a conflict.
#[derive(InputObject)]
pub struct DecideOfflineCheckInInput {
    /// The conflict.
    id: ID,
    /// Take it over like a roll-call (true), or put it away (false).
    accept: bool,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

#[derive(Default)]
pub struct OfflineQuery;

#[Object]
impl OfflineQuery {
    /// Offline check-ins that wait for a decision of mine, newest first (team leaders, administrators).
    async fn offline_conflicts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "OfflineCheckInFilter::default()")] filter: OfflineCheckInFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<OfflineCheckInPage> {
        let page = connection::args(first, after, last, before)?;
        let team_id = id::parse_opt(filter.team_id.as_ref(), "teamId")?;
        let rows = offline::list(ctx.app().db.reader(), ctx.actor()?, filter.state.map(Into::into), team_id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), OfflineCheckIn))
    }
}

#[derive(Default)]
pub struct OfflineMutation;

#[Object]
impl OfflineMutation {
    /// Uploads what my device signed within the last 72 hours, and says for each entry what became of it. Uploading again changes nothing.
    async fn submit_offline_check_ins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What a device signed without network.")] input: SubmitOfflineCheckInsInput,
    ) -> ApiResult<Vec<OfflineResult>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let device_id = id::parse(&input.device_id, "deviceId")?;
        let entries = input.entries.into_iter().map(|entry| {
            Ok(Signed {
                session_id: id::parse(&entry.session_id, "entries")?,
                volunteer_id: id::parse(&entry.volunteer_id, "entries")?,
                phase: entry.phase.into(),
                device_at: entry.device_time.into(),
                counter: entry.counter,
                signature: entry.signature,
            })
        });
        let entries = entries.collect::<ApiResult<Vec<_>>>()?;
        let tx = app.db.begin().await?;
        let outcomes = offline::submit(&tx, actor, device_id, entries).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(outcomes.into_iter().map(Into::into).collect())
    }

    /// Settles a conflict (an administrator, or a leader other than the one whose device signed it).
    async fn decide_offline_check_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A decision on a conflict.")] input: DecideOfflineCheckInInput,
    ) -> ApiResult<OfflineCheckIn> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let settlement = Settlement { id: id::parse(&input.id, "id")?, accept: input.accept };
        let tx = app.db.begin().await?;
        let id = offline::decide(&tx, actor, &input.idempotency_key, settlement).await?;
        let row = offline::get(&tx.connection, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(OfflineCheckIn(row))
    }
}

/// The offline check-in behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<OfflineCheckIn>> {
    let row = offline::get_in(ctx.app().db.reader(), ctx.actor()?, id::parse(id, "id")?).await;
    Ok(found(row)?.map(OfflineCheckIn))
}
