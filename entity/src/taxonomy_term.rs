//! A word of one of a community's own lists.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, TaxonomyTermId};
use crate::time::UtcMicros;

/// A list of words that each community keeps for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaxonomyKind {
    /// 服务类型
    ServiceType,
    /// 资格证书
    Qualification,
    /// 活动主题
    Occasion,
    /// 单位类别
    UnitKind,
    /// 奖品类别
    RewardCategory,
    /// 特长
    Skill,
    /// 服务类别 (四解)
    ReliefKind,
    /// 资源类别
    ResourceCategory,
    /// 项目类别
    ProjectCategory,
    /// 共建方式
    CoBuildMode,
    /// 联建内容
    CoBuildContent,
}

/// A word of one of a community's own lists.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "taxonomy_term")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaxonomyTermId,
    /// The community.
    pub community_id: CommunityId,
    /// Which list.
    pub kind: TaxonomyKind,
    /// Stable code in capitals.
    pub code: String,
    /// The word shown.
    pub label: String,
    /// Weight of the points of a service type; 10000 is 1.0.
    pub coefficient_bps: i32,
    /// Order in the list.
    pub position: i32,
    /// Set when it is no longer offered.
    pub retired_at: Option<UtcMicros>,
    /// When it was added.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
