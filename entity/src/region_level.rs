//! What a community calls its levels.

use sea_orm::entity::prelude::*;

use crate::id::CommunityId;

/// What a community calls its levels.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "region_level")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// 0 the street or town, 1 the community, 2 and on below.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The word, such as 网格.
    pub label: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
