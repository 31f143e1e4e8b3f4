//! A member who has checked in with the community (党员报到); nothing in the row names a person in clear.

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, MemberCheckInId, UnitCheckInId, UnitId};
use crate::time::UtcMicros;

/// A member who has checked in with the community (党员报到); nothing in the row names a person in clear.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "member_check_in")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MemberCheckInId,
    /// The community.
    pub community_id: CommunityId,
    /// The check-in of the unit it came with.
    pub unit_check_in_id: UnitCheckInId,
    /// The unit.
    pub unit_id: UnitId,
    /// Keyed hash of the volunteer.
    pub subject_index: Vec<u8>,
    /// Who it is, and the grid they serve, sealed.
    pub sealed: Vec<u8>,
    /// When they agreed that it is kept.
    pub consented_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
