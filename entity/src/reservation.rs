//! What of a listing is promised to whom.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, ListingId, ListingSlotId, ReservationId};
use crate::time::UtcMicros;

/// Whether a promise still stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationState {
    /// It stands.
    Held,
    /// It was given.
    Done,
    /// It was let go.
    Released,
}

/// What of a listing is promised to whom.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservation")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReservationId,
    /// The community.
    pub community_id: CommunityId,
    /// The listing.
    pub listing_id: ListingId,
    /// The slot, of a listing that has slots.
    pub slot_id: Option<ListingSlotId>,
    /// The match it was promised for.
    pub cause_id: Uuid,
    /// The key, once in a community.
    pub idem_key: String,
    /// How many.
    pub quantity: i64,
    /// Whether it still stands.
    pub state: ReservationState,
    /// When.
    pub created_at: UtcMicros,
    /// When it was given or let go.
    pub settled_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
