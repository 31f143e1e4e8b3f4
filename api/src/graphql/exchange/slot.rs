//! Slots for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::exchange::slot::{self, NewSlot};
use entity::listing_slot as rows;

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing;
use crate::graphql::{ContextExt, id};

/// A bookable time of a space or a service (时段).
#[derive(Description)]
pub struct ListingSlot(pub rows::Model);

#[Object(use_type_description)]
impl ListingSlot {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Start.
    async fn starts_at(&self) -> DateTime<Utc> {
        self.0.starts_at.date_time()
    }

    /// End.
    async fn ends_at(&self) -> DateTime<Utc> {
        self.0.ends_at.date_time()
    }

    /// Places.
    async fn capacity(&self) -> i32 {
        self.0.capacity
    }

    /// Places that are free.
    async fn remaining(&self) -> i32 {
        self.0.capacity - self.0.taken
    }

    /// Whether it is offered no longer.
    async fn closed(&self) -> bool {
        self.0.closed_at.is_some()
    }
}

/// A slot to add.
#[derive(InputObject)]
pub struct AddSlotInput {
    /// The space or bookable service.
    listing_id: ID,
    /// Start, in the future.
    starts_at: DateTime<Utc>,
    /// End, at most 24 hours later and within the validity.
    ends_at: DateTime<Utc>,
    /// Places, 1 to 100000; 1 for a space that one party has to itself.
    #[graphql(default = 1)]
    capacity: i32,
    /// Names this intention; sending it again gives the same slot.
    idempotency_key: String,
}

/// A slot to offer no longer.
#[derive(InputObject)]
pub struct CloseSlotInput {
    /// The slot; nobody may have a place in it.
    id: ID,
}

#[derive(Default)]
pub struct SlotMutation;

#[Object]
impl SlotMutation {
    /// Adds a bookable time to a space or a service (who offers it, who is in charge).
    async fn add_slot(&self, ctx: &Context<'_>, #[graphql(desc = "A slot to add.")] input: AddSlotInput) -> ApiResult<ListingSlot> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let listing_id = listing::parse(&input.listing_id, "listingId")?.0;
        let new = NewSlot { listing_id, starts_at: input.starts_at.into(), ends_at: input.ends_at.into(), capacity: input.capacity };
        let tx = app.db.begin().await?;
        let id = slot::add(&tx, actor, &input.idempotency_key, new).await?;
        let row = slot::get(&tx.connection, id).await?;
        tx.commit().await?;
        Ok(ListingSlot(row))
    }

    /// Offers a slot no longer. Sending it again changes nothing.
    async fn close_slot(&self, ctx: &Context<'_>, #[graphql(desc = "A slot to offer no longer.")] input: CloseSlotInput) -> ApiResult<ListingSlot> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let row = slot::close(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(ListingSlot(row))
    }
}
