//! A visit between the community and a unit (双向走访).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, UnitId, UnitVisitId};
use crate::time::{BusinessDate, UtcMicros};

/// Who visits whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VisitDirection {
    /// 社区走访单位
    CommunityToUnit,
    /// 单位走访社区
    UnitToCommunity,
}

/// A visit between the community and a unit (双向走访).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unit_visit")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: UnitVisitId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit.
    pub unit_id: UnitId,
    /// Who visited whom.
    pub direction: VisitDirection,
    /// When.
    pub visited_on: BusinessDate,
    /// What for.
    pub purpose: String,
    /// What came of it.
    pub outcome: String,
    /// How many visited.
    pub people: i32,
    /// Who wrote it down.
    pub filed_by: AccountId,
    /// When.
    pub filed_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
