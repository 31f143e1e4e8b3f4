//! The log of a listing: what happened, when, and what was said. Nothing in it is ever changed, so rates and waiting times are read off it.

use std::collections::HashMap;

use entity::id::{AccountId, ListingId, ListingStepId};
use entity::listing;
use entity::listing_step::{self, StepKind};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::event::Event;
use crate::outbox;
use crate::tx::Tx;

/// Something to write down.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What happened.
    pub kind: StepKind,
    /// Who did it; none for the program.
    pub by: Option<AccountId>,
    /// What was said.
    pub note: Option<String>,
    /// Of a rating, 1 to 5.
    pub stars: Option<i32>,
}

impl Entry {
    /// Somebody did something and said nothing.
    #[must_use]
    pub fn of(kind: StepKind, by: Option<AccountId>) -> Self {
        Self { kind, by, note: None, stars: None }
    }

    /// With what was said.
    #[must_use]
    pub fn saying(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

/// Writes down what happened to a listing, and tells its owner unless the owner did it.
///
/// # Errors
/// `STATE_CHANGED` for what happens once and has happened.
pub async fn write(tx: &Tx, listing: &listing::Model, entry: Entry) -> Result<()> {
    let own = entry.by.is_some() && entry.by == listing.owner_account_id;
    let row = listing_step::Model {
        id: ListingStepId::new(tx.now),
        community_id: listing.community_id,
        listing_id: listing.id,
        kind: entry.kind,
        happened_at: tx.now,
        account_id: entry.by,
        note: entry.note,
        stars: entry.stars,
    };
    listing_step::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    if own || entry.kind == StepKind::Filed {
        return Ok(());
    }
    let account_id = listing.owner_account_id.or_else(|| (listing.kind != listing::ListingKind::Need).then_some(listing.filed_by));
    outbox::record(tx, &Event::ListingChanged { listing_id: listing.id, step: entry.kind, at: tx.now, account_id }).await
}

/// What happened to several listings, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[ListingId]) -> Result<HashMap<ListingId, Vec<listing_step::Model>>> {
    let query = listing_step::Entity::find().filter(listing_step::Column::ListingId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ListingId, Vec<listing_step::Model>> = HashMap::new();
    for row in query.order_by_asc(listing_step::Column::Id).all(connection).await? {
        lists.entry(row.listing_id).or_default().push(row);
    }
    Ok(lists)
}

/// Whether something has happened to a listing.
///
/// # Errors
/// When the database cannot be read.
pub async fn has(connection: &impl ConnectionTrait, id: ListingId, kind: StepKind) -> Result<bool> {
    let query = listing_step::Entity::find().filter(listing_step::Column::ListingId.eq(id)).filter(listing_step::Column::Kind.eq(kind));
    Ok(query.one(connection).await?.is_some())
}
