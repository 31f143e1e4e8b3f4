//! Issuing a certificate.

use std::collections::{BTreeSet, HashMap};

use entity::certificate::{self, Model};
use entity::certificate_record;
use entity::dossier_entry::{self, DossierKind};
use entity::id::{CertificateId, CommunityId, RegionId, TeamId, VolunteerId};
use entity::service_record::{self, EvidenceClass, RecordState};
use entity::taxonomy_term::TaxonomyKind;
use entity::time::BusinessDate;
use entity::{region, team, volunteer};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;

use super::number;
use super::snapshot::{Entry, Holder, Service, Snapshot};
use crate::community::{taxonomy, tenant};
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::keys::sha256;
use crate::people::permission::{Action, Actor};
use crate::people::volunteer as people;
use crate::recognition::{dossier, star};
use crate::tx::Tx;

/// Most records on one certificate; a longer history is asked for in parts.
const RECORDS_MAX: usize = 2_000;

/// A certificate to issue.
#[derive(Clone, Debug, Serialize)]
pub struct NewCertificate {
    /// For whom; the actor when left out.
    pub volunteer_id: Option<VolunteerId>,
    /// First day it covers.
    pub from: BusinessDate,
    /// Last day it covers, today at the latest.
    pub to: BusinessDate,
}

/// Issues a certificate, once per `key`: to the actor out of the system, or by staff to somebody in their care. It costs nothing.
///
/// # Errors
/// `NOT_VOLUNTEER`; `NOT_FOUND` or `FORBIDDEN` on `volunteerId`; `BAD_INPUT` on `to` for a period that ends before it begins, later than today, or holds
/// more than 2000 records; `NOTHING_CERTIFIED`.
pub async fn issue(tx: &Tx, actor: &Actor, key: &str, input: NewCertificate) -> Result<CertificateId> {
    idempotency::once(tx, actor.account_id, "issueCertificate", key, &input, async {
        let own = actor.volunteer.map(|own| own.id);
        let volunteer_id = input.volunteer_id.or(own).ok_or(Code::NotVolunteer)?;
        let (person, handler) = if own == Some(volunteer_id) {
            actor.require_own(Action::IssueCertificate)?;
            (people::get(&tx.connection, volunteer_id).await?, None)
        } else {
            // Everybody may have their own, so the table lets volunteers in; another's is for who keeps the files.
            let person = dossier::covered(&tx.connection, actor, Action::ListCertificates, volunteer_id).await?;
            (person, Some(name_of(&tx.connection, actor).await?))
        };
        if input.from > input.to || input.to > tx.today() {
            return Err(Error::from(Code::BadInput).on("to"));
        }
        let records = certified(&tx.connection, volunteer_id, input.from, input.to).await?;
        if records.is_empty() {
            return Err(Code::NothingCertified.into());
        }
        if records.len() > RECORDS_MAX {
            return Err(Error::from(Code::BadInput).on("to").with("maxRecords", RECORDS_MAX));
        }
        let snapshot = freeze(tx, &person, handler, &input, &records).await?;
        write(tx, actor, &input, &person, &snapshot, &records).await
    })
    .await
}

async fn name_of(connection: &impl ConnectionTrait, actor: &Actor) -> Result<String> {
    let own = actor.volunteer.map(|own| own.id);
    let Some(id) = own else { return Ok("社区工作人员".to_owned()) };
    Ok(people::get(connection, id).await?.name)
}

async fn certified(connection: &impl ConnectionTrait, id: VolunteerId, from: BusinessDate, to: BusinessDate) -> Result<Vec<service_record::Model>> {
    let query = service_record::Entity::find()
        .filter(service_record::Column::VolunteerId.eq(id))
        .filter(service_record::Column::State.eq(RecordState::Certified))
        .filter(service_record::Column::BusinessDate.between(from, to));
    Ok(query.order_by_asc(service_record::Column::StartedAt).all(connection).await?)
}

async fn freeze(
    tx: &Tx,
    person: &volunteer::Model,
    handler: Option<String>,
    input: &NewCertificate,
    records: &[service_record::Model],
) -> Result<Snapshot> {
    let connection = &tx.connection;
    let home = tenant::get(connection, person.community_id).await?;
    let code = home.region.code.as_deref().ok_or_else(|| Error::internal("a community without an official code"))?;
    let stars = star::in_force(connection, person.community_id, tx.today()).await?;
    let entries = dossier::standing(connection, person.id, input.from, input.to).await?;
    let of = |kind| entries.iter().filter(|entry| entry.kind == kind).map(entry).collect();
    Ok(Snapshot {
        number: take_number(tx, person.community_id, code).await?,
        issuer: home.community.name,
        handler,
        issued_on: day(tx.today()),
        period_from: day(input.from),
        period_to: day(input.to),
        holder: Holder {
            name: person.name.clone(),
            number: person.number.clone(),
            birth_date: day(person.birth_date),
            since: day(person.created_at.business_date()),
            stars: star::stars(&stars.hours, person.minutes),
        },
        minutes: records.iter().map(|record| record.minutes).sum(),
        service: service(connection, records).await?,
        training: of(DossierKind::Training),
        commendation: of(DossierKind::Commendation),
        evaluation: of(DossierKind::Evaluation),
    })
}

fn day(date: BusinessDate) -> String {
    date.naive().format("%Y-%m-%d").to_string()
}

fn entry(row: &dossier_entry::Model) -> Entry {
    Entry { date: day(row.given_on), title: row.title.clone(), given_by: row.given_by.clone(), minutes: row.minutes, grade: row.grade }
}

async fn service(connection: &impl ConnectionTrait, records: &[service_record::Model]) -> Result<Vec<Service>> {
    let team_ids: BTreeSet<TeamId> = records.iter().filter_map(|record| record.team_id).collect();
    let region_ids: BTreeSet<RegionId> = records.iter().map(|record| record.region_id).collect();
    let teams = team::Entity::find().filter(team::Column::Id.is_in(team_ids)).all(connection).await?;
    let teams: HashMap<_, _> = teams.into_iter().map(|row| (row.id, row.name)).collect();
    let regions = region::Entity::find().filter(region::Column::Id.is_in(region_ids)).all(connection).await?;
    let regions: HashMap<_, _> = regions.into_iter().map(|row| (row.id, row.name)).collect();
    let mut kinds: HashMap<(CommunityId, String), String> = HashMap::new();
    for community_id in records.iter().map(|record| record.community_id).collect::<BTreeSet<_>>() {
        let words = taxonomy::list(connection, community_id, Some(TaxonomyKind::ServiceType), true).await?;
        kinds.extend(words.into_iter().map(|term| ((community_id, term.code), term.label)));
    }
    let lines = records.iter().map(|record| Service {
        date: day(record.business_date),
        kind: kinds.get(&(record.community_id, record.service_type.clone())).cloned().unwrap_or_else(|| record.service_type.clone()),
        content: record.content.clone(),
        team: record.team_id.and_then(|id| teams.get(&id)).cloned().unwrap_or_default(),
        place: regions.get(&record.region_id).cloned().unwrap_or_default(),
        minutes: record.minutes,
        evidence: match record.evidence {
            EvidenceClass::A => "A",
            EvidenceClass::B => "B",
            EvidenceClass::C => "C",
        }
        .to_owned(),
    });
    Ok(lines.collect())
}

/// The next number of a community's year. The row stays locked until the commit, so a refused request leaves no gap.
async fn take_number(tx: &Tx, community_id: CommunityId, code: &str) -> Result<String> {
    let take = "INSERT INTO certificate_number (community_id, year, last) VALUES ($1, $2, 1) \
                ON CONFLICT (community_id, year) DO UPDATE SET last = certificate_number.last + 1 RETURNING last";
    let values = [community_id.into(), tx.today().year().into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, take, values)).await?.ok_or_else(|| Error::from(Code::Internal))?;
    Ok(number(code, tx.today(), row.try_get("", "last")?))
}

async fn write(
    tx: &Tx,
    actor: &Actor,
    input: &NewCertificate,
    person: &volunteer::Model,
    snapshot: &Snapshot,
    records: &[service_record::Model],
) -> Result<CertificateId> {
    let text = serde_json::to_string(snapshot).map_err(Error::internal)?;
    let row = Model {
        id: CertificateId::new(tx.now),
        community_id: person.community_id,
        volunteer_id: person.id,
        number: snapshot.number.clone(),
        period_from: input.from,
        period_to: input.to,
        minutes: snapshot.minutes,
        records: i32::try_from(records.len()).map_err(Error::internal)?,
        digest: sha256(text.as_bytes()).to_vec(),
        snapshot: text,
        issued_by: actor.account_id,
        issued_at: tx.now,
        revoked_by: None,
        revoked_at: None,
        revoke_reason: None,
    };
    let id = row.id;
    certificate::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    for chunk in records.chunks(1_000) {
        let rows = chunk.iter().map(|record| certificate_record::Model { certificate_id: id, record_id: record.id }.into_active_model());
        certificate_record::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    Ok(id)
}
