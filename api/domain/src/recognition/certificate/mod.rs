//! Certificates of volunteer service (志愿服务证明): certified facts of a period, frozen under a number.
//!
//! A certificate holds the five groups that the law wants recorded (basic data, service, training, commendation, evaluation; order 67 of the Ministry of
//! Civil Affairs), costs nothing, and is issued to the volunteer by the community that recorded the service (谁组织谁记录、谁记录谁证明). Words: the *snapshot*
//! is what it says, as JSON, and never changes; the *digest* is the SHA-256 of that text. Anybody may [`verify`] a number and learns no identity. A mistake is
//! corrected by revoking and issuing anew; revoked numbers stay on a public list.
//!
//! Invariant: only certified records count. Invariant: a certificate whose records no longer all stand is answered as outdated, without anybody acting.

use std::collections::HashSet;

use entity::certificate::{self, Model};
use entity::certificate_record;
use entity::id::{CertificateId, CommunityId, VolunteerId};
use entity::region as region_row;
use entity::service_record::{self, RecordState};
use entity::time::BusinessDate;
use entity::volunteer;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect};

use crate::community::region;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::people::volunteer as people;
use crate::service::wording as texts;
use crate::tx::Tx;

mod issue;
pub mod paper;
mod pdf;
mod snapshot;

pub use issue::{NewCertificate, issue};
pub use snapshot::Snapshot;

/// Whether a certificate holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Everything it says still stands.
    Valid,
    /// A record it names was taken back since; a new one has to be asked for.
    Outdated,
    /// It was revoked.
    Revoked,
}

/// What anybody may know of a number.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The certificate.
    pub row: Model,
    /// Whether it holds.
    pub standing: Standing,
    /// The community that issued it.
    pub issuer: String,
}

/// What anybody may know of a number; nothing of it names a person.
///
/// # Errors
/// `NOT_FOUND` for a number that was never given.
pub async fn verify(connection: &impl ConnectionTrait, number: &str) -> Result<Verified> {
    let row = certificate::Entity::find().filter(certificate::Column::Number.eq(number.trim())).one(connection).await?;
    let row = row.ok_or_else(|| Error::from(Code::NotFound).on("number"))?;
    let standing = standing(connection, &row).await?;
    let issuer = entity::community::Entity::find_by_id(row.community_id).one(connection).await?.ok_or(Code::NotFound)?.name;
    Ok(Verified { row, standing, issuer })
}

/// Whether a certificate holds.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(connection: &impl ConnectionTrait, row: &Model) -> Result<Standing> {
    if row.revoked_at.is_some() {
        return Ok(Standing::Revoked);
    }
    let outdated = outdated(connection, &[row.id]).await?;
    Ok(if outdated.is_empty() { Standing::Valid } else { Standing::Outdated })
}

/// Which of several certificates name a record that no longer stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn outdated(connection: &impl ConnectionTrait, ids: &[CertificateId]) -> Result<HashSet<CertificateId>> {
    let gone = certificate_record::Entity::find()
        .select_only()
        .column(certificate_record::Column::CertificateId)
        .distinct()
        .join(
            JoinType::InnerJoin,
            certificate_record::Entity::belongs_to(service_record::Entity)
                .from(certificate_record::Column::RecordId)
                .to(service_record::Column::Id)
                .into(),
        )
        .filter(certificate_record::Column::CertificateId.is_in(ids.iter().copied()))
        .filter(service_record::Column::State.ne(RecordState::Certified));
    Ok(gone.into_tuple().all(connection).await?.into_iter().collect())
}

/// Revokes a certificate; its number stays on the public list. One that is revoked already stays as it was.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED`.
pub async fn revoke(tx: &Tx, actor: &Actor, id: CertificateId, reason: &str) -> Result<Model> {
    let row = get(&tx.connection, id).await?;
    actor.require(Action::RevokeCertificate, &place(&tx.connection, &row).await?)?;
    let reason = texts::reason(reason)?;
    let changed = certificate::Entity::update_many()
        .col_expr(certificate::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(certificate::Column::RevokedBy, Expr::value(actor.account_id))
        .col_expr(certificate::Column::RevokeReason, Expr::value(reason))
        .filter(certificate::Column::Id.eq(id))
        .filter(certificate::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 { Err(Code::StateChanged.into()) } else { get(&tx.connection, id).await }
}

/// A certificate by id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: CertificateId) -> Result<Model> {
    certificate::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A certificate that exists for the actor: an own one, or one of somebody in the actor's care.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: CertificateId) -> Result<Model> {
    let row = get(connection, id).await?;
    for_actor(connection, actor, row).await
}

/// The same by its number; for the sheet.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_by_number(connection: &impl ConnectionTrait, actor: &Actor, number: &str) -> Result<Model> {
    let row = certificate::Entity::find().filter(certificate::Column::Number.eq(number)).one(connection).await?.ok_or(Code::NotFound)?;
    for_actor(connection, actor, row).await
}

async fn for_actor(connection: &impl ConnectionTrait, actor: &Actor, row: Model) -> Result<Model> {
    let own = actor.volunteer.is_some_and(|own| own.id == row.volunteer_id);
    if own || actor.may(Action::ListCertificates, &place(connection, &row).await?) { Ok(row) } else { Err(Code::NotFound.into()) }
}

async fn place(connection: &impl ConnectionTrait, row: &Model) -> Result<Place> {
    people::place(connection, &people::get(connection, row.volunteer_id).await?).await
}

/// The actor's own certificates, newest first.
///
/// # Errors
/// `NOT_VOLUNTEER`, `BAD_CURSOR`.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Model>> {
    listed(connection, Condition::all().add(certificate::Column::VolunteerId.eq(actor.volunteer()?.id)), page).await
}

/// The certificates of the people in the actor's care, newest first; of one of them when named.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, volunteer_id: Option<VolunteerId>, page: &Page) -> Result<Rows<Model>> {
    let mut reach = Condition::any();
    for path in actor.grants.iter().filter(|grant| Action::ListCertificates.roles().contains(&grant.role)).filter_map(|grant| grant.path.as_deref()) {
        let regions = Query::select().column(region_row::Column::Id).from(region_row::Entity).and_where(region::path_begins(path)).to_owned();
        let people = Query::select()
            .column(volunteer::Column::Id)
            .from(volunteer::Entity)
            .and_where(volunteer::Column::RegionId.in_subquery(regions))
            .to_owned();
        reach = reach.add(certificate::Column::VolunteerId.in_subquery(people));
    }
    // An empty condition would let every row through.
    if reach.is_empty() {
        return Err(Code::Forbidden.into());
    }
    listed(connection, Condition::all().add(reach).add_option(volunteer_id.map(|id| certificate::Column::VolunteerId.eq(id))), page).await
}

async fn listed(connection: &impl ConnectionTrait, condition: Condition, page: &Page) -> Result<Rows<Model>> {
    let order = ListOrder { key: None, id: certificate::Column::Id, descending: true };
    let query = certificate::Entity::find().filter(condition);
    Ok(page.rows(page.select::<_, CertificateId>(query, order)?.all(connection).await?))
}

/// The revoked certificates of a community, newest revocation first; public.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn revoked(connection: &impl ConnectionTrait, community_id: CommunityId, page: &Page) -> Result<Rows<Model>> {
    let query =
        certificate::Entity::find().filter(certificate::Column::CommunityId.eq(community_id)).filter(certificate::Column::RevokedAt.is_not_null());
    let order = ListOrder { key: Some(certificate::Column::RevokedAt), id: certificate::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, CertificateId>(query, order)?.all(connection).await?))
}

/// The sheet of a certificate as PDF: what the snapshot says, with a code to scan that leads to `url`. The same certificate and address give the same bytes.
///
/// # Errors
/// `NOT_FOUND` when its holder has left; `INTERNAL` when the snapshot was not written by this program or the built-in font is broken.
pub fn sheet(row: &Model, url: &str) -> Result<Vec<u8>> {
    // Of somebody who has left nothing is kept that could be drawn.
    if row.snapshot.is_empty() {
        return Err(Code::NotFound.into());
    }
    let snapshot: Snapshot = serde_json::from_str(&row.snapshot).map_err(Error::internal)?;
    pdf::write(&paper::lines(&snapshot, &row.digest), &snapshot.number, url)
}

/// A number: the official code of the community, the year, and the place in it.
pub(super) fn number(code: &str, today: BusinessDate, place: i32) -> String {
    format!("{code}-{}-{place:06}", today.year())
}
