//! Two people of one family, as far as it is on record.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, KinshipId};
use crate::time::UtcMicros;

/// How two people are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relationship {
    /// 配偶
    Spouse,
    /// 父母子女
    ParentChild,
    /// 兄弟姐妹
    Sibling,
    /// 其他近亲属
    OtherRelative,
}

/// Two people of one family, as far as it is on record.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kinship")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KinshipId,
    /// The community.
    pub community_id: CommunityId,
    /// The one with the smaller id.
    pub first_id: AccountId,
    /// The other.
    pub second_id: AccountId,
    /// How they are related.
    pub relation: Relationship,
    /// Who recorded it.
    pub recorded_by: AccountId,
    /// When.
    pub recorded_at: UtcMicros,
    /// Until when.
    pub ended_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
