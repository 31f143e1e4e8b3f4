//! What the community told a unit about a year (年度反馈); never changed.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId, UnitFeedbackId, UnitId};
use crate::time::UtcMicros;

/// What the community told a unit about a year (年度反馈); never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_feedback")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitFeedbackId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit.
    pub unit_id: UnitId,
    /// The year.
    pub year: i32,
    /// Members who were checked in on the day it was given.
    pub members: i64,
    /// Certified records of theirs in the year.
    pub records: i64,
    /// Minutes of those records.
    pub minutes: i64,
    /// Tasks the unit returned in the year.
    pub tasks: i64,
    /// A word to the unit.
    pub comment: String,
    /// Who gave it.
    pub given_by: AccountId,
    /// When.
    pub given_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
