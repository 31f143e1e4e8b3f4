//! How long a community keeps the lines of its audit log.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::UtcMicros;

/// How long a community keeps the lines of its audit log; the longest is in force.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_policy")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// Days.
    #[sea_orm(primary_key, auto_increment = false)]
    pub days: i32,
    /// By whom.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
