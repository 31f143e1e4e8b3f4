//! Something that happened to a listing; never changed.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ListingId, ListingStepId};
use crate::time::UtcMicros;

/// What happens to a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepKind {
    /// Written down.
    Filed,
    /// Found true.
    Verified,
    /// Opened to everybody.
    Published,
    /// Answered.
    Replied,
    /// All that was wanted was given.
    Resolved,
    /// Rated by the person served.
    Rated,
    /// Closed.
    Closed,
    /// Taken back by its owner.
    Withdrawn,
    /// Run out.
    Expired,
}

/// Something that happened to a listing; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listing_step")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ListingStepId,
    /// The community.
    pub community_id: CommunityId,
    /// The listing.
    pub listing_id: ListingId,
    /// What happened.
    pub kind: StepKind,
    /// When.
    pub happened_at: UtcMicros,
    /// Who did it; none for the program.
    pub account_id: Option<AccountId>,
    /// What was said.
    pub note: Option<String>,
    /// Of a rating, 1 to 5.
    pub stars: Option<i32>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
