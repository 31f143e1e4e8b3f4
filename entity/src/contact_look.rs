//! A look at a sealed contact; never changed.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ContactLookId, ListingId};
use crate::time::UtcMicros;

/// As what somebody may look at a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    /// It is their own.
    Owner,
    /// They accepted.
    Party,
    /// They are the grid worker in charge.
    GridWorker,
}

/// A look at a sealed contact; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contact_look")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ContactLookId,
    /// The community.
    pub community_id: CommunityId,
    /// The listing.
    pub listing_id: ListingId,
    /// Who looked.
    pub account_id: AccountId,
    /// As what.
    pub standing: Standing,
    /// What for.
    pub reason: String,
    /// When.
    pub looked_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
