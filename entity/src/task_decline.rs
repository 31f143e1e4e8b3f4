//! Why a unit will not take a task, or gave it back.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, TaskId, UnitId};
use crate::time::UtcMicros;

/// Why a unit will not take a task, or gave it back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_decline")]
pub struct Model {
    /// The task.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: TaskId,
    /// The unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit_id: UnitId,
    /// Why.
    pub reason: String,
    /// Who said so for the unit.
    pub declined_by: AccountId,
    /// When.
    pub declined_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
