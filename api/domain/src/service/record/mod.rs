//! Service records (服务记录): certified minutes, evidence, and where they count.
//!
//! A record is made by check-out, roll-call or an offline check-out, and certified at once while the person's day stays within the policy's limit
//! (8 hours by default); beyond that, and for back-fill, it is PENDING until another person decides. A certified record can be taken back. Words:
//! a *span* is the time served; *evidence* A is both ends by code, B a leader's word, C entered afterwards.
//!
//! Invariant: two live records of one person never overlap (checked under the lock of the person's row). Invariant: a person's certified minutes
//! are the sum of their certified records (`volunteer.minutes`), and so are a day's (`service_day`, at most 1440). Invariant: nobody decides on
//! their own record, nor on one they recorded.

use std::collections::HashMap;

use entity::id::{AccountId, ActivitySessionId, CommunityId, RegionId, ServiceRecordId, TeamId, UnitId, VolunteerId};
use entity::service_record::{self, EvidenceClass, RecordSource, RecordState};
use entity::team::TeamColour;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ActiveEnum, ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, PaginatorTrait, QueryFilter, QuerySelect};

use crate::error::{Code, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::service::place;

mod backfill;
mod certify;
mod decide;
mod revoke;

pub use backfill::{Backfill, request as request_backfill};
pub use certify::certify;
pub use decide::{Verdict, decide};
pub use revoke::{Revocation, revoke};

/// A stretch of time, `to` excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From.
    pub from: UtcMicros,
    /// To.
    pub to: UtcMicros,
}

impl Span {
    /// Whole minutes; nothing for a span that ends before it begins. Travel is never part of it.
    #[must_use]
    pub fn minutes(self) -> i64 {
        (self.to.0 - self.from.0).max(0) / UtcMicros::MINUTE
    }

    /// Whether both share some time.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// A piece of service before it is a record.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The community.
    pub community_id: CommunityId,
    /// Who served.
    pub volunteer_id: VolunteerId,
    /// At which session.
    pub session_id: Option<ActivitySessionId>,
    /// The team; only a match may be without one.
    pub team_id: Option<TeamId>,
    /// Its sponsor.
    pub unit_id: Option<UnitId>,
    /// Its colour.
    pub colour: Option<TeamColour>,
    /// Where it counts.
    pub region_id: RegionId,
    /// Code of the `SERVICE_TYPE` list.
    pub service_type: String,
    /// What was done.
    pub content: String,
    /// The day it counts for.
    pub business_date: BusinessDate,
    /// The time served, at least a minute.
    pub span: Span,
    /// How it came about; back-fill never certifies by itself.
    pub source: RecordSource,
    /// How strong the evidence is.
    pub evidence: EvidenceClass,
    /// Who recorded it.
    pub recorder_id: AccountId,
    /// Why it was entered afterwards.
    pub reason: Option<String>,
}

/// A record by id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: ServiceRecordId) -> Result<service_record::Model> {
    service_record::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A record that exists for the actor: an own one, or one the actor answers for.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: ServiceRecordId) -> Result<service_record::Model> {
    let row = get(connection, id).await?;
    let own = actor.volunteer.is_some_and(|own| own.id == row.volunteer_id);
    let place = place::of(connection, row.community_id, row.region_id, row.team_id).await?;
    if own || actor.may(Action::ListRecords, &place) { Ok(row) } else { Err(Code::NotFound.into()) }
}

/// A record that the actor may decide `action` on.
async fn get_for(connection: &impl ConnectionTrait, actor: &Actor, action: Action, id: ServiceRecordId) -> Result<service_record::Model> {
    let row = get(connection, id).await?;
    actor.require(action, &place::of(connection, row.community_id, row.region_id, row.team_id).await?)?;
    Ok(row)
}

/// The live records (pending or certified) of people that touch `span`, as the time they cover.
///
/// # Errors
/// When the database cannot be read.
pub async fn live_between(connection: &impl ConnectionTrait, people: &[VolunteerId], span: Span) -> Result<Vec<(VolunteerId, Span)>> {
    let rows: Vec<(VolunteerId, UtcMicros, UtcMicros)> = service_record::Entity::find()
        .select_only()
        .columns([service_record::Column::VolunteerId, service_record::Column::StartedAt, service_record::Column::EndedAt])
        .filter(service_record::Column::VolunteerId.is_in(people.iter().copied()))
        .filter(service_record::Column::State.is_in([RecordState::Pending, RecordState::Certified]))
        .filter(service_record::Column::StartedAt.lt(span.to))
        .filter(service_record::Column::EndedAt.gt(span.from))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|(id, from, to)| (id, Span { from, to })).collect())
}

/// The records of people at sessions, for lists of attendances.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_attendances(
    connection: &impl ConnectionTrait,
    sessions: &[ActivitySessionId],
    people: &[VolunteerId],
) -> Result<Vec<service_record::Model>> {
    let query = service_record::Entity::find()
        .filter(service_record::Column::SessionId.is_in(sessions.iter().copied()))
        .filter(service_record::Column::VolunteerId.is_in(people.iter().copied()));
    Ok(query.all(connection).await?)
}

/// Which records to list; every part narrows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<RecordState>,
    /// Of this team.
    pub team_id: Option<TeamId>,
    /// Of this person.
    pub volunteer_id: Option<VolunteerId>,
    /// How it came about.
    pub source: Option<RecordSource>,
    /// Counting for this day or later.
    pub from: Option<BusinessDate>,
    /// Counting for this day or earlier.
    pub to: Option<BusinessDate>,
}

impl Filter {
    fn condition(&self) -> Condition {
        use service_record::Column;
        Condition::all()
            .add_option(self.state.map(|state| Column::State.eq(state)))
            .add_option(self.team_id.map(|id| Column::TeamId.eq(id)))
            .add_option(self.volunteer_id.map(|id| Column::VolunteerId.eq(id)))
            .add_option(self.source.map(|source| Column::Source.eq(source)))
            .add_option(self.from.map(|day| Column::BusinessDate.gte(day)))
            .add_option(self.to.map(|day| Column::BusinessDate.lte(day)))
    }
}

/// The actor's own records, newest first.
///
/// # Errors
/// `NOT_VOLUNTEER`, `BAD_CURSOR`.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<service_record::Model>> {
    let own = Condition::all().add(service_record::Column::VolunteerId.eq(actor.volunteer()?.id));
    listed(connection, own.add(filter.condition()), page).await
}

/// The records the actor answers for, newest first.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<service_record::Model>> {
    let reach = place::within(actor, Action::ListRecords, service_record::Column::RegionId, service_record::Column::TeamId)?;
    listed(connection, Condition::all().add(reach).add(filter.condition()), page).await
}

/// How many records wait for the actor's decision; none where the actor may not decide.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_waiting(connection: &impl ConnectionTrait, actor: &Actor) -> Result<u64> {
    let Ok(reach) = place::within(actor, Action::DecideRecord, service_record::Column::RegionId, service_record::Column::TeamId) else {
        return Ok(0);
    };
    let query = service_record::Entity::find().filter(reach).filter(service_record::Column::State.eq(RecordState::Pending));
    Ok(query.count(connection).await?)
}

async fn listed(connection: &impl ConnectionTrait, condition: Condition, page: &Page) -> Result<Rows<service_record::Model>> {
    let order = ListOrder { key: None, id: service_record::Column::Id, descending: true };
    let query = service_record::Entity::find().filter(condition);
    Ok(page.rows(page.select::<_, ServiceRecordId>(query, order)?.all(connection).await?))
}

/// The team colour a row carries as text.
#[must_use]
pub fn colour(row: &service_record::Model) -> Option<TeamColour> {
    TeamColour::iter().find(|colour| Some(colour.to_value()) == row.colour)
}

type Days = HashMap<(VolunteerId, BusinessDate), i64>;
