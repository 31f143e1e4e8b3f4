//! A stage on the way of a project.

use sea_orm::entity::prelude::*;

use crate::id::ProjectId;
use crate::time::{BusinessDate, UtcMicros};

/// A stage on the way of a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_milestone")]
pub struct Model {
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// What is to be reached.
    pub title: String,
    /// Weight in the whole; they add up to 100.
    pub weight: i32,
    /// Until when.
    pub due_on: BusinessDate,
    /// How much is done, 0 to 100.
    pub progress: i32,
    /// When last reported.
    pub reported_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
