//! The volunteer's file (志愿者服务档案) beside basic data and service: training, commendation, evaluation.
//!
//! Together these are the five groups that must be recorded of a volunteer (Volunteer Service Regulations art. 19; order 67 of the Ministry of Civil
//! Affairs). Entries are made by staff whose grant covers the person, read by the person and by staff, and taken back with a reason; none is ever lost.
//!
//! Invariant: nobody writes in their own file.

use entity::dossier_entry::{self, DossierKind, Model};
use entity::id::{DossierEntryId, VolunteerId};
use entity::time::BusinessDate;
use entity::volunteer;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::people::volunteer as people;
use crate::service::wording as texts;
use crate::tx::Tx;

/// Most minutes of one training.
const TRAINING_MAX: i64 = 100_000;

/// An entry to make.
#[derive(Clone, Debug, Serialize)]
pub struct NewEntry {
    /// In whose file.
    pub volunteer_id: VolunteerId,
    /// What it is about.
    pub kind: DossierKind,
    /// What was taught, the honour, or what was judged; 1 to 100 characters.
    pub title: String,
    /// Who taught, honoured or judged; 1 to 60 characters.
    pub given_by: String,
    /// When; not in the future.
    pub given_on: BusinessDate,
    /// Minutes, for a training alone.
    pub minutes: Option<i64>,
    /// 1 to 5, for an evaluation alone.
    pub grade: Option<i32>,
}

/// Makes an entry in a volunteer's file, once per `key`.
///
/// # Errors
/// `NOT_FOUND` on `volunteerId`, `FORBIDDEN`, `SELF_DEALING`, `BAD_INPUT`, `WORD_RESERVED`.
pub async fn add(tx: &Tx, actor: &Actor, key: &str, input: NewEntry) -> Result<DossierEntryId> {
    idempotency::once(tx, actor.account_id, "addDossierEntry", key, &input, async {
        let person = covered(&tx.connection, actor, Action::AddDossierEntry, input.volunteer_id).await?;
        if person.account_id == Some(actor.account_id) {
            return Err(Code::SelfDealing.into());
        }
        let fault = |field| Err(Error::from(Code::BadInput).on(field));
        if input.given_on > tx.today() {
            return fault("givenOn");
        }
        match (input.kind, input.minutes) {
            (DossierKind::Training, Some(minutes)) if (1..=TRAINING_MAX).contains(&minutes) => {}
            (DossierKind::Commendation | DossierKind::Evaluation, None) => {}
            _ => return fault("minutes"),
        }
        match (input.kind, input.grade) {
            (DossierKind::Evaluation, Some(1..=5)) | (DossierKind::Training | DossierKind::Commendation, None) => {}
            _ => return fault("grade"),
        }
        let row = Model {
            id: DossierEntryId::new(tx.now),
            community_id: person.community_id,
            volunteer_id: person.id,
            kind: input.kind,
            title: wording::label(&input.title, 100, "title")?,
            given_by: wording::label(&input.given_by, 60, "givenBy")?,
            given_on: input.given_on,
            minutes: input.minutes,
            grade: input.grade,
            recorder_id: actor.account_id,
            created_at: tx.now,
            withdrawn_by: None,
            withdrawn_at: None,
            withdraw_reason: None,
        };
        Ok(row.into_active_model().insert(&tx.connection).await?.id)
    })
    .await
}

/// Takes an entry back. It stays in the file, marked so.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`, `STATE_CHANGED` when it was taken back already.
pub async fn withdraw(tx: &Tx, actor: &Actor, id: DossierEntryId, reason: &str) -> Result<Model> {
    let row = get(&tx.connection, id).await?;
    let person = covered(&tx.connection, actor, Action::WithdrawDossierEntry, row.volunteer_id).await?;
    if person.account_id == Some(actor.account_id) {
        return Err(Code::SelfDealing.into());
    }
    let reason = texts::reason(reason)?;
    let changed = dossier_entry::Entity::update_many()
        .col_expr(dossier_entry::Column::WithdrawnAt, Expr::value(tx.now))
        .col_expr(dossier_entry::Column::WithdrawnBy, Expr::value(actor.account_id))
        .col_expr(dossier_entry::Column::WithdrawReason, Expr::value(reason))
        .filter(dossier_entry::Column::Id.eq(id))
        .filter(dossier_entry::Column::WithdrawnAt.is_null())
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 { Err(Code::StateChanged.into()) } else { get(&tx.connection, id).await }
}

/// An entry by id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: DossierEntryId) -> Result<Model> {
    dossier_entry::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// An entry that exists for the actor: in the own file, or in one that the actor keeps.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: DossierEntryId) -> Result<Model> {
    let row = get(connection, id).await?;
    readable(connection, actor, row.volunteer_id).await.map_err(|_| Code::NotFound)?;
    Ok(row)
}

/// The entries of a file, newest first; the actor's own when nobody is named.
///
/// # Errors
/// `NOT_VOLUNTEER`, `NOT_FOUND` for a file that the actor may not read, `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    volunteer_id: Option<VolunteerId>,
    kind: Option<DossierKind>,
    page: &Page,
) -> Result<Rows<Model>> {
    let volunteer_id = match volunteer_id {
        Some(id) => id,
        None => actor.volunteer()?.id,
    };
    readable(connection, actor, volunteer_id).await.map_err(|error| error.on("volunteerId"))?;
    let mut query = dossier_entry::Entity::find().filter(dossier_entry::Column::VolunteerId.eq(volunteer_id));
    if let Some(kind) = kind {
        query = query.filter(dossier_entry::Column::Kind.eq(kind));
    }
    let order = ListOrder { key: None, id: dossier_entry::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, DossierEntryId>(query, order)?.all(connection).await?))
}

/// The entries that stand for a period, oldest first; for a certificate.
pub(super) async fn standing(
    connection: &impl ConnectionTrait,
    volunteer_id: VolunteerId,
    from: BusinessDate,
    to: BusinessDate,
) -> Result<Vec<Model>> {
    let query = dossier_entry::Entity::find()
        .filter(dossier_entry::Column::VolunteerId.eq(volunteer_id))
        .filter(dossier_entry::Column::WithdrawnAt.is_null())
        .filter(dossier_entry::Column::GivenOn.between(from, to));
    Ok(query.order_by_asc(dossier_entry::Column::GivenOn).order_by_asc(dossier_entry::Column::Id).all(connection).await?)
}

/// A person whom the actor may do `action` to.
pub(super) async fn covered(connection: &impl ConnectionTrait, actor: &Actor, action: Action, id: VolunteerId) -> Result<volunteer::Model> {
    let on = |error: Error| error.on("volunteerId");
    let person = people::get(connection, id).await.map_err(on)?;
    actor.require(action, &people::place(connection, &person).await?).map_err(on)?;
    Ok(person)
}

async fn readable(connection: &impl ConnectionTrait, actor: &Actor, id: VolunteerId) -> Result<()> {
    if actor.volunteer.is_some_and(|own| own.id == id) {
        return Ok(());
    }
    let person = people::get(connection, id).await?;
    let place = people::place(connection, &person).await?;
    if actor.may(Action::AddDossierEntry, &place) { Ok(()) } else { Err(Code::NotFound.into()) }
}
