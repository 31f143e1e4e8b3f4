//! A member's merit of a year.

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, MeritAccountId, PartyMemberId};
use crate::time::UtcMicros;

/// A member's merit of a year.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merit_account")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MeritAccountId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose.
    pub member_id: PartyMemberId,
    /// Of which year.
    pub year: i32,
    /// Points.
    pub points: i64,
    /// Counts its changes.
    pub version: i64,
    /// The grade of the closed year.
    pub grade: Option<String>,
    /// When the year was closed.
    pub closed_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
