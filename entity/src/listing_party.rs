//! Who accepted, and so may know the exact place and telephone of a listing.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ListingId};
use crate::time::UtcMicros;

/// Who accepted, and so may know the exact place and telephone of a listing.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_party")]
pub struct Model {
    /// The listing.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// The match.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cause_id: Uuid,
    /// Since when.
    pub admitted_at: UtcMicros,
    /// Until when.
    pub dismissed_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
