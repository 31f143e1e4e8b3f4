//! A place: an official division, or a level that a community defined below itself.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, RegionId};
use crate::time::UtcMicros;

/// Kind of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RegionKind {
    /// 省
    Province,
    /// 市
    City,
    /// 区县
    County,
    /// 街道或镇
    Subdistrict,
    /// 社区居委会
    Community,
    /// A level below a community, under its own label.
    Level,
}

/// A place: an official division, or a level that a community defined below itself.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "region")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RegionId,
    /// The place it lies in; none for a province.
    pub parent_id: Option<RegionId>,
    /// The community it is, or lies in.
    pub community_id: Option<CommunityId>,
    /// Official code (2, 4, 6, 9 or 12 digits), or the community's own below that.
    pub code: Option<String>,
    /// Year of the official code list.
    pub edition: i32,
    /// Name as people say it.
    pub name: String,
    /// Which kind of place.
    pub kind: RegionKind,
    /// Steps from the province.
    pub depth: i32,
    /// Ids from the root down to this row, each followed by `/`; a subtree is a prefix.
    pub path: String,
    /// When the row was made.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
