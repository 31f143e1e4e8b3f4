//! Slots (时段): the times of a space or a bookable service, each with so many places.
//!
//! Invariant: `taken` lies between 0 and `capacity` (constraint `slot_full`), and a listing has one slot per start (`slot_once`).

use std::collections::HashMap;

use entity::id::{ListingId, ListingSlotId};
use entity::listing::ListingState;
use entity::listing_slot::{self, Model};
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde::Serialize;

use super::listing::{self, state};
use super::reservation::has_slots;
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Most places of a slot.
pub const CAPACITY_MAX: i32 = 100_000;

/// A slot to add.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewSlot {
    /// Of this space or service.
    pub listing_id: ListingId,
    /// Start, in the future.
    pub starts_at: UtcMicros,
    /// End, at most 24 hours later.
    pub ends_at: UtcMicros,
    /// Places, 1 to 100000.
    pub capacity: i32,
}

/// Adds a slot to an own space or service, once per `key`.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SLOT_REQUIRED` for what has no slots, `STATE_CHANGED` for what is over, `BAD_INPUT`, `SLOT_EXISTS`.
pub async fn add(tx: &Tx, actor: &Actor, key: &str, new: NewSlot) -> Result<ListingSlotId> {
    actor.require(Action::AddSlot, &actor.home())?;
    idempotency::once(tx, actor.account_id, "addSlot", key, &new, async {
        let entry = listing::own_or_in_charge(&tx.connection, actor, new.listing_id, None).await?;
        if !has_slots(&tx.connection, &entry.listing).await? {
            return Err(Error::from(Code::SlotRequired).on("listingId"));
        }
        let row = state::lock(tx, new.listing_id).await?;
        if matches!(row.state, ListingState::Closed | ListingState::Withdrawn | ListingState::Expired) {
            return Err(Error::from(Code::StateChanged).on("listingId"));
        }
        if new.starts_at <= tx.now {
            return Err(Error::from(Code::BadInput).on("startsAt"));
        }
        let length = new.ends_at.0.saturating_sub(new.starts_at.0);
        if !(UtcMicros::MINUTE..=UtcMicros::DAY).contains(&length) || new.ends_at > row.valid_until {
            return Err(Error::from(Code::BadInput).on("endsAt").with("maxHours", 24).with("validUntil", row.valid_until.date_time().to_rfc3339()));
        }
        if !(1..=CAPACITY_MAX).contains(&new.capacity) {
            return Err(Error::from(Code::BadInput).on("capacity").with("min", 1).with("max", CAPACITY_MAX));
        }
        let slot = Model {
            id: ListingSlotId::new(tx.now),
            community_id: row.community_id,
            listing_id: row.id,
            starts_at: new.starts_at,
            ends_at: new.ends_at,
            capacity: new.capacity,
            taken: 0,
            closed_at: None,
        };
        listing_slot::Entity::insert(slot.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(slot.id)
    })
    .await
}

/// Offers a slot no longer. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `LISTING_RESERVED` when somebody has a place in it.
pub async fn close(tx: &Tx, actor: &Actor, id: ListingSlotId) -> Result<Model> {
    actor.require(Action::CloseSlot, &actor.home())?;
    let row = get(&tx.connection, id).await?;
    listing::own_or_in_charge(&tx.connection, actor, row.listing_id, None).await?;
    let changed = listing_slot::Entity::update_many()
        .col_expr(listing_slot::Column::ClosedAt, Expr::value(tx.now))
        .filter(listing_slot::Column::Id.eq(id))
        .filter(listing_slot::Column::ClosedAt.is_null())
        .filter(listing_slot::Column::Taken.eq(0))
        .exec(&tx.connection)
        .await?;
    let now = get(&tx.connection, id).await?;
    if changed.rows_affected == 1 || now.closed_at.is_some() { Ok(now) } else { Err(Code::ListingReserved.into()) }
}

/// A slot by its id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: ListingSlotId) -> Result<Model> {
    listing_slot::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The slots to come of several listings, soonest first, at most `most` each.
///
/// # Errors
/// When the database cannot be read.
pub async fn upcoming(connection: &impl ConnectionTrait, ids: &[ListingId], most: u32, now: UtcMicros) -> Result<HashMap<ListingId, Vec<Model>>> {
    let query = listing_slot::Entity::find()
        .filter(listing_slot::Column::ListingId.is_in(ids.iter().copied()))
        .filter(listing_slot::Column::ClosedAt.is_null())
        .filter(listing_slot::Column::StartsAt.gt(now));
    let mut lists: HashMap<ListingId, Vec<Model>> = HashMap::new();
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    for row in query.order_by_asc(listing_slot::Column::StartsAt).all(connection).await? {
        let list = lists.entry(row.listing_id).or_default();
        if list.len() < most {
            list.push(row);
        }
    }
    Ok(lists)
}
