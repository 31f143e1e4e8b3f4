//! The co-building tasks of a month (月任务清单).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, TaskListId};
use crate::time::{BusinessDate, UtcMicros};

/// How far a task list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskListState {
    /// Drawn, and still to be looked through.
    Draft,
    /// Given to the member units.
    Issued,
    /// Its time is over.
    Closed,
}

/// The co-building tasks of a month (月任务清单).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_list")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskListId,
    /// The community.
    pub community_id: CommunityId,
    /// `yyyymm`.
    pub month: i32,
    /// The policy it was drawn by.
    pub policy_version: i32,
    /// The cut-off day it was drawn on.
    pub cut_off_on: BusinessDate,
    /// The next cut-off day, by which tasks are returned.
    pub due_on: BusinessDate,
    /// Days before that from which a task is yellow.
    pub warn_days: i32,
    /// How far it is.
    pub state: TaskListState,
    /// When it was drawn.
    pub drawn_at: UtcMicros,
    /// Who issued it.
    pub issued_by: Option<AccountId>,
    /// When.
    pub issued_at: Option<UtcMicros>,
    /// When its time was over.
    pub closed_at: Option<UtcMicros>,
    /// When units were reminded of it.
    pub warned_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
