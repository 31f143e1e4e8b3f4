//! A unit that has checked in with the community (单位报到).

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, UnitCheckInId, UnitId};
use crate::time::UtcMicros;

/// A unit that has checked in with the community (单位报到).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_check_in")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitCheckInId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit.
    pub unit_id: UnitId,
    /// What it can do for the community.
    pub services: String,
    /// Who checked it in.
    pub checked_in_by: AccountId,
    /// Since when.
    pub checked_in_at: UtcMicros,
    /// Until when.
    pub ended_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
