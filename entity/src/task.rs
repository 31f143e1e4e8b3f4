//! A co-building task of a monthly list (共建任务).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, NeedId, RegionId, TaskId, TaskListId, UnitId};
use crate::time::UtcMicros;

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskState {
    /// Nobody has claimed it.
    Open,
    /// A unit has claimed it.
    Claimed,
    /// The unit has returned what came of it.
    Returned,
    /// Nobody claimed it in time.
    Lapsed,
    /// It was taken off the list.
    Withdrawn,
}

/// A co-building task of a monthly list (共建任务).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TaskId,
    /// The community.
    pub community_id: CommunityId,
    /// The list.
    pub task_list_id: TaskListId,
    /// The need it was drawn from.
    pub need_id: Option<NeedId>,
    /// Where.
    pub region_id: RegionId,
    /// Title.
    pub title: String,
    /// What is to be done.
    pub description: String,
    /// How far it is.
    pub state: TaskState,
    /// The unit that claimed it.
    pub unit_id: Option<UnitId>,
    /// Who claimed it for the unit.
    pub claimed_by: Option<AccountId>,
    /// When.
    pub claimed_at: Option<UtcMicros>,
    /// What came of it.
    pub result: Option<String>,
    /// Minutes of service, of all people together.
    pub minutes: Option<i64>,
    /// How many people served.
    pub people: Option<i64>,
    /// Who returned it for the unit.
    pub returned_by: Option<AccountId>,
    /// When.
    pub returned_at: Option<UtcMicros>,
    /// Why it was taken off the list.
    pub withdraw_reason: Option<String>,
    /// When the unit was told that it is overdue.
    pub overdue_told_at: Option<UtcMicros>,
    /// When it was put on the list.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
