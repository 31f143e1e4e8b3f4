//! Commitments (认领承诺): what partners promise a project — people, goods, a space, funds as text — and from which line of the three lists it comes.
//!
//! Who speaks for a unit or team promises; somebody in charge who is not the same person confirms that it is signed. PROMISED → CONFIRMED, and either
//! may be withdrawn.

use std::collections::HashMap;

use entity::id::{ListingId, ProjectCommitmentId, ProjectId};
use entity::listing::{self as listing_row, ListingKind};
use entity::project_commitment::{self, CommitmentKind, CommitmentState, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;

use super::{Entry, get, state};
use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::exchange::listing::{self, Owner, no_contact, owner};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// What a partner promises.
#[derive(Clone, Debug, Serialize)]
pub struct Promise {
    /// Of what.
    pub kind: CommitmentKind,
    /// How many, 1 to 1000000; not for funds.
    pub quantity: Option<i32>,
    /// What the quantity counts, 1 to 10 characters; not for funds.
    pub measure: Option<String>,
    /// In words, 1 to 200 characters.
    pub note: String,
    /// The partner's resource or service it comes from.
    pub listing_id: Option<ListingId>,
}

/// Promises something to a project for a unit or team, once per `key`.
///
/// # Errors
/// `NOT_FOUND` (on `unitId`, `teamId`, `listingId`), `FORBIDDEN`, `STATE_CHANGED`, `BAD_INPUT`, `CONTACT_IN_TEXT`.
pub async fn promise(tx: &Tx, actor: &Actor, key: &str, id: ProjectId, partner: Owner, mut promise: Promise) -> Result<ProjectCommitmentId> {
    let input = (id, partner, promise.clone());
    let verb = Box::pin(async {
        get(&tx.connection, actor, id).await?;
        owner::claim(&tx.connection, actor, Action::CommitToProject, partner, None).await?;
        let (None, team_id, unit_id) = partner.columns() else { return Err(Error::from(Code::BadInput).on("unitId")) };
        check(&mut promise)?;
        let row = state::lock(tx, id).await?;
        state::within(&row, &state::TAKES_PARTNERS)?;
        if let Some(listing_id) = promise.listing_id {
            fits(&tx.connection, actor, listing_id, partner, promise.kind).await?;
        }
        let row = Model {
            id: ProjectCommitmentId::new(tx.now),
            community_id: row.community_id,
            project_id: id,
            unit_id,
            team_id,
            kind: promise.kind,
            quantity: promise.quantity,
            measure: promise.measure,
            note: promise.note,
            listing_id: promise.listing_id,
            state: CommitmentState::Promised,
            promised_by: actor.account_id,
            promised_at: tx.now,
            settled_by: None,
            settled_at: None,
        };
        project_commitment::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(row.id)
    });
    idempotency::once(tx, actor.account_id, "commitToProject", key, &input, verb).await
}

fn check(promise: &mut Promise) -> Result<()> {
    promise.note = texts::required(&promise.note, "note", 200, Code::BadInput)?;
    no_contact(&promise.note, "note")?;
    let counted = promise.kind != CommitmentKind::Funds;
    if counted != promise.quantity.is_some() || promise.quantity.is_some_and(|quantity| !(1..=1_000_000).contains(&quantity)) {
        return Err(Error::from(Code::BadInput).on("quantity").with("min", 1).with("max", 1_000_000));
    }
    if counted != promise.measure.is_some() {
        return Err(Error::from(Code::BadInput).on("measure"));
    }
    if let Some(measure) = &mut promise.measure {
        *measure = wording::label(measure, 10, "measure")?;
    }
    Ok(())
}

/// Refuses a line of the lists that is not the partner's or cannot give such a thing: goods and spaces are resources, people come with a service.
async fn fits(connection: &impl ConnectionTrait, actor: &Actor, id: ListingId, partner: Owner, kind: CommitmentKind) -> Result<()> {
    let entry = listing::get(connection, actor, id, None).await.map_err(|error| error.on("listingId"))?;
    let gives = match kind {
        CommitmentKind::People => entry.listing.kind == ListingKind::ServiceOffer,
        CommitmentKind::Goods | CommitmentKind::Space => entry.listing.kind == ListingKind::Resource,
        CommitmentKind::Funds => false,
    };
    let fits = gives && Owner::of(&entry.listing) == Some(partner);
    if fits { Ok(()) } else { Err(Error::from(Code::BadInput).on("listingId")) }
}

/// Confirms that a promise is signed: somebody in charge who did not make it.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`; `SECOND_PERSON_REQUIRED` for who promised.
pub async fn confirm(tx: &Tx, actor: &Actor, id: ProjectCommitmentId) -> Result<Entry> {
    let (row, entry) = find(tx, actor, id).await?;
    actor.require(Action::ConfirmCommitment, &entry.place())?;
    if row.promised_by == actor.account_id {
        return Err(Code::SecondPersonRequired.into());
    }
    settle(tx, actor, &row, &[CommitmentState::Promised], CommitmentState::Confirmed).await?;
    get(&tx.connection, actor, row.project_id).await
}

/// Takes a promise back: who speaks for the partner, or somebody in charge of the project.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`.
pub async fn withdraw(tx: &Tx, actor: &Actor, id: ProjectCommitmentId) -> Result<Entry> {
    let (row, entry) = find(tx, actor, id).await?;
    actor.require(Action::WithdrawCommitment, &actor.home())?;
    let partner = row.team_id.map(Owner::Team).or_else(|| row.unit_id.map(Owner::Unit));
    let led = owner::led_units(&tx.connection, actor).await?;
    let place = crate::people::permission::Place { team_id: None, ..entry.place() };
    if !owner::acts_for(actor, partner, &place, &led) {
        return Err(Code::Forbidden.into());
    }
    settle(tx, actor, &row, &[CommitmentState::Promised, CommitmentState::Confirmed], CommitmentState::Withdrawn).await?;
    get(&tx.connection, actor, row.project_id).await
}

async fn find(tx: &Tx, actor: &Actor, id: ProjectCommitmentId) -> Result<(Model, Entry)> {
    let row = project_commitment::Entity::find_by_id(id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    let entry = get(&tx.connection, actor, row.project_id).await?;
    state::within(&state::lock(tx, row.project_id).await?, &state::TAKES_PARTNERS)?;
    Ok((row, entry))
}

/// Moves a promise on; whoever comes second finds it changed.
async fn settle(tx: &Tx, actor: &Actor, row: &Model, from: &[CommitmentState], to: CommitmentState) -> Result<()> {
    let written = project_commitment::Entity::update_many()
        .col_expr(project_commitment::Column::State, Expr::value(to))
        .col_expr(project_commitment::Column::SettledBy, Expr::value(actor.account_id))
        .col_expr(project_commitment::Column::SettledAt, Expr::value(tx.now))
        .filter(project_commitment::Column::Id.eq(row.id))
        .filter(project_commitment::Column::State.is_in(from.iter().copied()))
        .exec(&tx.connection)
        .await?;
    if written.rows_affected == 1 { Ok(()) } else { Err(Code::StateChanged.into()) }
}

/// What partners promise several projects, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Vec<Model>>> {
    let query = project_commitment::Entity::find().filter(project_commitment::Column::ProjectId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ProjectId, Vec<Model>> = HashMap::new();
    for row in query.order_by_asc(project_commitment::Column::Id).all(connection).await? {
        lists.entry(row.project_id).or_default().push(row);
    }
    Ok(lists)
}

/// Titles of the lines of the lists that promises come from.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn titles(connection: &impl ConnectionTrait, rows: &[Model]) -> Result<HashMap<ListingId, String>> {
    let ids = rows.iter().filter_map(|row| row.listing_id);
    let rows = listing_row::Entity::find().filter(listing_row::Column::Id.is_in(ids)).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.title)).collect())
}
