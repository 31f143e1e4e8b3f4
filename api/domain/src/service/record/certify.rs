//! Making records, and counting those that are certified; always for a batch, in a fixed number of statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::id::{AccountId, CommunityId, ServiceRecordId, VolunteerId};
use entity::service_day;
use entity::service_record::{self, RecordSource, RecordState};
use entity::taxonomy_term::TaxonomyKind;
use entity::time::BusinessDate;
use entity::volunteer;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{Days, Draft, Span, colour, live_between};
use crate::community::taxonomy::{self, COEFFICIENT_ONE};
use crate::error::{Code, Error, Result};
use crate::event::{Event, RecordFact, ReviewKind};
use crate::outbox;
use crate::points::award::{self, Service};
use crate::points::policy;
use crate::service::sign_up as sign_ups;
use crate::tx::Tx;

/// Minutes of a day; no policy certifies more by itself.
const DAY_MINUTES: i64 = 1_440;

/// Makes records of `drafts`, in their order. Those within the day's limit are certified and bring points; the others, and all back-fill, wait.
///
/// # Errors
/// `NOT_FOUND` for an unknown person, `TOO_SHORT`, `RECORD_OVERLAP`, `DAY_FULL`, and what the ledger refuses.
pub async fn certify(tx: &Tx, actor_id: AccountId, drafts: Vec<Draft>) -> Result<Vec<service_record::Model>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let people = sign_ups::lock_people(tx, drafts.iter().map(|draft| draft.volunteer_id)).await?;
    check_apart(tx, &drafts).await?;
    let limits = limits(tx, &drafts).await?;
    let mut days = days(tx, &drafts).await?;
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let minutes = draft.span.minutes();
        let day = days.entry((draft.volunteer_id, draft.business_date)).or_default();
        let limit = limits.get(&(draft.community_id, draft.business_date)).copied().unwrap_or_default();
        let certain = draft.source != RecordSource::Backfill && *day + minutes <= limit;
        if certain {
            *day += minutes;
        }
        rows.push(row(tx, draft, certain));
    }
    tx.insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), None).await?;
    let certified: Vec<_> = rows.iter().filter(|row| row.state == RecordState::Certified).collect();
    Box::pin(count(tx, actor_id, &certified, &people)).await?;
    let waiting: BTreeSet<_> = rows.iter().filter(|row| row.state == RecordState::Pending).map(|row| row.community_id).collect();
    let waiting = waiting.into_iter().map(|community_id| Event::ReviewQueueChanged { community_id, kind: ReviewKind::Record });
    outbox::record_all(tx, &waiting.collect::<Vec<_>>()).await?;
    Ok(rows)
}

/// Lets certified records count: minutes of the day and of the person, points, and the fact for everything derived. The people's rows are locked.
///
/// # Errors
/// `DAY_FULL`, and what the ledger refuses.
pub(super) async fn count(tx: &Tx, actor_id: AccountId, records: &[&service_record::Model], people: &[volunteer::Model]) -> Result<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut days: BTreeMap<(VolunteerId, BusinessDate), i64> = BTreeMap::new();
    let mut totals: BTreeMap<VolunteerId, i64> = BTreeMap::new();
    for row in records {
        *days.entry((row.volunteer_id, row.business_date)).or_default() += row.minutes;
        *totals.entry(row.volunteer_id).or_default() += row.minutes;
    }
    let days = days
        .into_iter()
        .map(|((volunteer_id, business_date), minutes)| service_day::Model { volunteer_id, business_date, minutes }.into_active_model());
    let add = OnConflict::columns([service_day::Column::VolunteerId, service_day::Column::BusinessDate])
        .value(service_day::Column::Minutes, Expr::cust("service_day.minutes + excluded.minutes"))
        .to_owned();
    tx.insert_all(days.collect(), Some(&add)).await?;
    sign_ups::add_to_volunteers(tx, "minutes", &totals).await?;

    let weights = weights(tx, records).await?;
    let services: Vec<_> = records
        .iter()
        .map(|row| Service {
            record_id: row.id,
            community_id: row.community_id,
            volunteer_id: row.volunteer_id,
            business_date: row.business_date,
            minutes: row.minutes,
            type_bps: weights.get(&(row.community_id, row.service_type.as_str())).copied().unwrap_or(COEFFICIENT_ONE),
            source: row.source,
        })
        .collect();
    let awards = Box::pin(award_each_community(tx, actor_id, &services)).await?;
    let accounts: HashMap<_, _> = people.iter().map(|person| (person.id, person.account_id)).collect();
    let facts: Vec<_> = records
        .iter()
        .zip(&awards)
        .map(|(row, award)| Event::RecordCertified(fact(row, accounts.get(&row.volunteer_id).copied().flatten(), award.points)))
        .collect();
    outbox::record_all(tx, &facts).await
}

/// Awards in the order of `services`, one call for each community: a device may have signed for several.
async fn award_each_community(tx: &Tx, actor_id: AccountId, services: &[Service]) -> Result<Vec<entity::award::Model>> {
    let mut communities: Vec<CommunityId> = services.iter().map(|service| service.community_id).collect();
    communities.sort_unstable();
    communities.dedup();
    let mut awards = HashMap::new();
    for community_id in communities {
        let own: Vec<_> = services.iter().filter(|service| service.community_id == community_id).cloned().collect();
        awards.extend(award::award(tx, Some(actor_id), &own).await?.into_iter().map(|award| (award.record_id, award)));
    }
    let missing = || Error::internal("a record was not awarded");
    services.iter().map(|service| awards.remove(&service.record_id).ok_or_else(missing)).collect()
}

/// What everything derived needs to know about a record.
pub(super) fn fact(row: &service_record::Model, account_id: Option<AccountId>, points: i64) -> RecordFact {
    RecordFact {
        record_id: row.id,
        volunteer_id: row.volunteer_id,
        account_id,
        team_id: row.team_id,
        unit_id: row.unit_id,
        region_id: row.region_id,
        colour: colour(row),
        business_date: row.business_date,
        minutes: row.minutes,
        points,
        certified_at: row.certified_at.unwrap_or(row.created_at),
    }
}

/// Refuses time that a person has served already, in a record or in another draft.
async fn check_apart(tx: &Tx, drafts: &[Draft]) -> Result<()> {
    let people: Vec<_> = drafts.iter().map(|draft| draft.volunteer_id).collect::<BTreeSet<_>>().into_iter().collect();
    let from = drafts.iter().map(|draft| draft.span.from).min();
    let to = drafts.iter().map(|draft| draft.span.to).max();
    let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
    let mut served: HashMap<VolunteerId, Vec<Span>> = HashMap::new();
    for (id, span) in live_between(&tx.connection, &people, Span { from, to }).await? {
        served.entry(id).or_default().push(span);
    }
    for draft in drafts {
        if draft.span.minutes() == 0 {
            return Err(Error::from(Code::TooShort).with("volunteerId", draft.volunteer_id));
        }
        let own = served.entry(draft.volunteer_id).or_default();
        if own.iter().any(|other| other.overlaps(draft.span)) {
            return Err(Error::from(Code::RecordOverlap).with("volunteerId", draft.volunteer_id));
        }
        own.push(draft.span);
    }
    Ok(())
}

/// Minutes that certify by themselves, by community and day.
async fn limits(tx: &Tx, drafts: &[Draft]) -> Result<HashMap<(CommunityId, BusinessDate), i64>> {
    let mut limits = HashMap::new();
    for (community_id, date) in drafts.iter().map(|draft| (draft.community_id, draft.business_date)).collect::<BTreeSet<_>>() {
        let policy = policy::in_force(&tx.connection, community_id, date).await?;
        limits.insert((community_id, date), policy.daily_minutes_auto.min(DAY_MINUTES));
    }
    Ok(limits)
}

/// Minutes certified so far on the days of `drafts`.
async fn days(tx: &Tx, drafts: &[Draft]) -> Result<Days> {
    let people: BTreeSet<_> = drafts.iter().map(|draft| draft.volunteer_id).collect();
    let dates: BTreeSet<_> = drafts.iter().map(|draft| draft.business_date).collect();
    let query =
        service_day::Entity::find().filter(service_day::Column::VolunteerId.is_in(people)).filter(service_day::Column::BusinessDate.is_in(dates));
    let rows = query.all(&tx.connection).await?;
    Ok(rows.into_iter().map(|row| ((row.volunteer_id, row.business_date), row.minutes)).collect())
}

/// Weights of the service types.
async fn weights<'a>(tx: &Tx, records: &[&'a service_record::Model]) -> Result<HashMap<(CommunityId, &'a str), i32>> {
    let mut weights = HashMap::new();
    for community_id in records.iter().map(|row| row.community_id).collect::<BTreeSet<_>>() {
        let terms = taxonomy::list(&tx.connection, community_id, Some(TaxonomyKind::ServiceType), true).await?;
        for row in records.iter().filter(|row| row.community_id == community_id) {
            let term = terms.iter().find(|term| term.code == row.service_type);
            weights.insert((community_id, row.service_type.as_str()), term.map_or(COEFFICIENT_ONE, |term| term.coefficient_bps));
        }
    }
    Ok(weights)
}

fn row(tx: &Tx, draft: Draft, certain: bool) -> service_record::Model {
    service_record::Model {
        id: ServiceRecordId::new(tx.now),
        community_id: draft.community_id,
        volunteer_id: draft.volunteer_id,
        session_id: draft.session_id,
        team_id: draft.team_id,
        unit_id: draft.unit_id,
        region_id: draft.region_id,
        colour: draft.colour.map(|colour| colour.to_value()),
        service_type: draft.service_type,
        content: draft.content,
        business_date: draft.business_date,
        started_at: draft.span.from,
        ended_at: draft.span.to,
        minutes: draft.span.minutes(),
        source: draft.source,
        evidence: draft.evidence,
        state: if certain { RecordState::Certified } else { RecordState::Pending },
        recorder_id: draft.recorder_id,
        decider_id: None,
        reason: draft.reason,
        created_at: tx.now,
        certified_at: certain.then_some(tx.now),
        revoked_at: None,
    }
}
