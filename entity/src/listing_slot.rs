//! A bookable time of a space or a service.

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, ListingId, ListingSlotId};
use crate::time::UtcMicros;

/// A bookable time of a space or a service.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_slot")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingSlotId,
    /// The community.
    pub community_id: CommunityId,
    /// The listing.
    pub listing_id: ListingId,
    /// Start.
    pub starts_at: UtcMicros,
    /// End.
    pub ends_at: UtcMicros,
    /// Places.
    pub capacity: i32,
    /// Places taken.
    pub taken: i32,
    /// Set when it is no longer offered.
    pub closed_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
