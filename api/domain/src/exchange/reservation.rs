//! Reservations (预留): what of a listing is promised, given, or let go.
//!
//! A promise is taken by one conditional statement on the listing (or its slot), never from a count read earlier, so of two who want the last one only
//! one gets it. One *key* is one promise, whatever becomes of it: a repeated key with the same claim gives the first answer, with another claim it is
//! refused. A refused claim leaves nothing and the transaction usable, so a caller may take less instead.
//!
//! HELD → DONE when it was given, or RELEASED when it was let go; equipment on loan stays HELD until it is back and is then released. The caller claims
//! several listings in the order of their ids.
//!
//! Invariant: `listing.reserved` and `listing_slot.taken` are the sums of what is HELD or DONE, `listing.done` of what is DONE.

use entity::id::{ListingId, ListingSlotId, ReservationId};
use entity::listing::{self, ListingKind, ListingState};
use entity::reservation::{self, Model, ReservationState};
use entity::{listing_slot, resource, service_offer};
use sea_orm::sea_query::{Expr, LockType, OnConflict};
use sea_orm::{ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::listing::{self as listings, state};
use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::tx::Tx;
use state::Step;

/// What is to be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of which listing.
    pub listing_id: ListingId,
    /// Which slot, of a space or a bookable service.
    pub slot_id: Option<ListingSlotId>,
    /// How many, above zero.
    pub quantity: i64,
    /// The match it is for.
    pub cause_id: Uuid,
}

/// Promises some of a listing, once per `key` in its community.
///
/// # Errors
/// `NOT_FOUND`, `LISTING_NOT_OPEN`, `QUANTITY_INSUFFICIENT` (with how many are left), `SLOT_FULL`, `SLOT_REQUIRED`, `BAD_INPUT`,
/// `IDEMPOTENCY_MISMATCH`.
pub async fn reserve(tx: &Tx, key: &str, claim: Claim) -> Result<Model> {
    idempotency::check_key(key)?;
    if claim.quantity < 1 {
        return Err(Error::from(Code::BadInput).on("quantity").with("min", 1));
    }
    let listing = listing::Entity::find_by_id(claim.listing_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if claim.slot_id.is_some() != has_slots(&tx.connection, &listing).await? {
        return Err(Error::from(Code::SlotRequired).on("slotId"));
    }
    let row = Model {
        id: ReservationId::new(tx.now),
        community_id: listing.community_id,
        listing_id: claim.listing_id,
        slot_id: claim.slot_id,
        cause_id: claim.cause_id,
        idem_key: key.to_owned(),
        quantity: claim.quantity,
        state: ReservationState::Held,
        created_at: tx.now,
        settled_at: None,
    };
    let columns = [reservation::Column::CommunityId, reservation::Column::IdemKey];
    let once = OnConflict::columns(columns).do_nothing().to_owned();
    // A twin that runs at the same moment waits here for the first to end.
    let written = reservation::Entity::insert(row.clone().into_active_model()).on_conflict(once).exec_without_returning(&tx.connection).await?;
    if written == 0 {
        return first_answer(tx, &row).await;
    }
    let taken = match claim.slot_id {
        Some(slot_id) => take_slot(tx, claim, slot_id).await,
        None => take_quantity(tx, claim).await,
    };
    if let Err(refusal) = taken {
        reservation::Entity::delete_by_id(row.id).exec(&tx.connection).await?;
        return Err(refusal);
    }
    Ok(row)
}

async fn first_answer(tx: &Tx, wanted: &Model) -> Result<Model> {
    let first = reservation::Entity::find()
        .filter(reservation::Column::CommunityId.eq(wanted.community_id))
        .filter(reservation::Column::IdemKey.eq(wanted.idem_key.as_str()))
        .one(&tx.connection)
        .await?
        .ok_or_else(|| Error::from(Code::Conflict))?;
    let same =
        (first.listing_id, first.slot_id, first.quantity, first.cause_id) == (wanted.listing_id, wanted.slot_id, wanted.quantity, wanted.cause_id);
    if same { Ok(first) } else { Err(Error::from(Code::IdempotencyMismatch).on("idempotencyKey")) }
}

async fn take_quantity(tx: &Tx, claim: Claim) -> Result<()> {
    let text = format!(
        "UPDATE listing SET reserved = reserved + $2, state = CASE WHEN reserved + $2 = quantity THEN 'MATCHED' ELSE 'PARTLY_MATCHED' END \
         WHERE id = $1 AND state IN {} AND valid_until > $3 AND reserved + $2 <= quantity",
        state::before_sql(Step::Claim)
    );
    let values = [claim.listing_id.into(), claim.quantity.into(), tx.now.into()];
    if tx.connection.execute_raw(sql(&tx.connection, &text, values)).await?.rows_affected() == 1 {
        return Ok(());
    }
    let now = listing::Entity::find_by_id(claim.listing_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    // All of it being promised is a matter of how many are left, not of being closed to claims.
    if now.valid_until <= tx.now || (now.state != ListingState::Matched && state::after(now.state, Step::Claim).is_err()) {
        return Err(Error::from(Code::ListingNotOpen).with("state", now.state.to_value()));
    }
    Err(Error::from(Code::QuantityInsufficient).on("quantity").with("left", now.quantity - now.reserved))
}

async fn take_slot(tx: &Tx, claim: Claim, slot_id: ListingSlotId) -> Result<()> {
    // Shared: bookings of other slots go on, while withdrawing and closing wait.
    let listing = listing::Entity::find_by_id(claim.listing_id).lock(LockType::Share).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if listing.valid_until <= tx.now || state::after(listing.state, Step::Claim).is_err() {
        return Err(Error::from(Code::ListingNotOpen).with("state", listing.state.to_value()));
    }
    let text = "UPDATE listing_slot SET taken = taken + $3 WHERE id = $1 AND listing_id = $2 AND closed_at IS NULL AND starts_at > $4 \
                AND taken + $3 <= capacity";
    // The column is an INTEGER; what does not fit in one does not fit in the slot either.
    let quantity = i32::try_from(claim.quantity).map_err(|_| Error::from(Code::SlotFull).on("quantity"))?;
    let values = [slot_id.into(), claim.listing_id.into(), quantity.into(), tx.now.into()];
    if tx.connection.execute_raw(sql(&tx.connection, text, values)).await?.rows_affected() == 1 {
        return Ok(());
    }
    let slot = listing_slot::Entity::find_by_id(slot_id).filter(listing_slot::Column::ListingId.eq(claim.listing_id)).one(&tx.connection).await?;
    let slot = slot.ok_or_else(|| Error::from(Code::NotFound).on("slotId"))?;
    if slot.closed_at.is_some() || slot.starts_at <= tx.now {
        return Err(Error::from(Code::ListingNotOpen).on("slotId"));
    }
    Err(Error::from(Code::SlotFull).on("slotId").with("left", slot.capacity - slot.taken))
}

/// Lets a promise go; what it held is free again. Letting it go twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`; `STATE_CHANGED` for what was given.
pub async fn release(tx: &Tx, id: ReservationId) -> Result<Model> {
    let Some(row) = settle(tx, id, ReservationState::Released).await? else { return get(&tx.connection, id).await };
    if let Some(slot_id) = row.slot_id {
        let text = "UPDATE listing_slot SET taken = taken - $2 WHERE id = $1";
        let quantity = i32::try_from(row.quantity).map_err(Error::internal)?;
        tx.connection.execute_raw(sql(&tx.connection, text, [slot_id.into(), quantity.into()])).await?;
        return Ok(row);
    }
    let text = format!(
        "UPDATE listing SET reserved = reserved - $2, state = CASE WHEN reserved - $2 = 0 THEN 'PUBLISHED' ELSE 'PARTLY_MATCHED' END \
         WHERE id = $1 AND state IN {}",
        state::before_sql(Step::Free)
    );
    let freed = tx.connection.execute_raw(sql(&tx.connection, &text, [row.listing_id.into(), row.quantity.into()])).await?;
    if freed.rows_affected() == 1 { Ok(row) } else { Err(Error::internal("a listing with a promise is in a state without one")) }
}

/// Notes that what was promised has been given. When it was the last of a listing, the listing is FULFILLED and resolved. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`; `STATE_CHANGED` for what was let go.
pub async fn give(tx: &Tx, id: ReservationId) -> Result<Model> {
    let Some(row) = settle(tx, id, ReservationState::Done).await? else { return get(&tx.connection, id).await };
    if row.slot_id.is_some() {
        return Ok(row);
    }
    let text = "UPDATE listing SET done = done + $2, state = CASE WHEN done + $2 = quantity THEN 'FULFILLED' ELSE state END WHERE id = $1";
    tx.connection.execute_raw(sql(&tx.connection, text, [row.listing_id.into(), row.quantity.into()])).await?;
    let now = listing::Entity::find_by_id(row.listing_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if now.state == ListingState::Fulfilled {
        listings::fulfilled(tx, &now).await?;
    }
    Ok(row)
}

/// Ends a promise; nothing when it has ended so before.
async fn settle(tx: &Tx, id: ReservationId, to: ReservationState) -> Result<Option<Model>> {
    let changed = reservation::Entity::update_many()
        .col_expr(reservation::Column::State, Expr::value(to))
        .col_expr(reservation::Column::SettledAt, Expr::value(tx.now))
        .filter(reservation::Column::Id.eq(id))
        .filter(reservation::Column::State.eq(ReservationState::Held))
        .exec(&tx.connection)
        .await?;
    let row = get(&tx.connection, id).await?;
    match (changed.rows_affected, row.state == to) {
        (1, _) => Ok(Some(row)),
        (_, true) => Ok(None),
        (_, false) => Err(Code::StateChanged.into()),
    }
}

/// A promise by its id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: ReservationId) -> Result<Model> {
    reservation::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// Whether a listing is had by the slot.
///
/// # Errors
/// When the database cannot be read.
pub async fn has_slots(connection: &impl ConnectionTrait, row: &listing::Model) -> Result<bool> {
    Ok(match row.kind {
        ListingKind::Need => false,
        ListingKind::Resource => {
            let row = resource::Entity::find_by_id(row.id).one(connection).await?;
            row.is_some_and(|row| row.form == resource::ResourceForm::Space)
        }
        ListingKind::ServiceOffer => {
            let row = service_offer::Entity::find_by_id(row.id).one(connection).await?;
            row.is_some_and(|row| row.mode == service_offer::ServiceMode::Bookable)
        }
    })
}
