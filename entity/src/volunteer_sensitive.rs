//! What is sensitive about a volunteer, each field sealed.

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, VolunteerId};
use crate::time::UtcMicros;

/// What is sensitive about a volunteer, each field sealed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_sensitive")]
pub struct Model {
    /// The volunteer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The community.
    pub community_id: CommunityId,
    /// Keyed hash of community and identity number.
    pub identity_index: Option<Vec<u8>>,
    /// The identity number, sealed.
    pub identity_sealed: Option<Vec<u8>>,
    /// When it was set.
    pub identity_set_at: Option<UtcMicros>,
    /// The health note, sealed.
    pub health_sealed: Option<Vec<u8>>,
    /// When it was set.
    pub health_set_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
