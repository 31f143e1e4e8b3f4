//! A volunteer team (志愿队).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, RegionId, TeamId, UnitId};
use crate::time::UtcMicros;

/// The seven colours (七彩).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TeamColour {
    /// 红 扶贫帮困
    Red,
    /// 橙 青春助跑
    Orange,
    /// 黄 治安巡逻
    Yellow,
    /// 绿 生态环保
    Green,
    /// 青 法律维权
    Cyan,
    /// 蓝 家电维修
    Blue,
    /// 紫 卫生保健
    Purple,
}

/// A volunteer team (志愿队).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TeamId,
    /// The community.
    pub community_id: CommunityId,
    /// The unit that sponsors it.
    pub unit_id: Option<UnitId>,
    /// Where it works.
    pub region_id: RegionId,
    /// Name.
    pub name: String,
    /// One of the seven colours, or none.
    pub colour: Option<TeamColour>,
    /// What it does.
    pub description: String,
    /// When founded.
    pub created_at: UtcMicros,
    /// When dissolved.
    pub dissolved_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
