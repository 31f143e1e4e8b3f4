//! When the monthly task list is cut off, one row per version.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::{BusinessDate, UtcMicros};

/// When the monthly task list is cut off, one row per version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_list_policy")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// First business date it governs.
    pub effective_from: BusinessDate,
    /// Day of the month, 1 to 28.
    pub cut_off_day: i32,
    /// Days before the next cut-off from which a task is yellow.
    pub warn_days: i32,
    /// Who published it.
    pub published_by: AccountId,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
