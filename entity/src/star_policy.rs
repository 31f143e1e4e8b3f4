//! From how many hours on a volunteer has how many stars.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::{BusinessDate, UtcMicros};

/// From how many hours on a volunteer has how many stars.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "star_policy")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// First business date it governs.
    pub effective_from: BusinessDate,
    /// Hours of one star.
    pub hours_1: i64,
    /// Hours of two.
    pub hours_2: i64,
    /// Hours of three.
    pub hours_3: i64,
    /// Hours of four.
    pub hours_4: i64,
    /// Hours of five.
    pub hours_5: i64,
    /// Whether everybody's stars follow it.
    pub settled: bool,
    /// Who published it.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
