//! A line of the three lists that a project answers or draws on.

use sea_orm::entity::prelude::*;

use crate::id::{ListingId, ProjectId};
use crate::time::UtcMicros;

/// A line of the three lists that a project answers or draws on.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_listing")]
pub struct Model {
    /// The project.
    #[sea_orm(primary_key, auto_increment = false)]
    pub project_id: ProjectId,
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub listing_id: ListingId,
    /// When.
    pub linked_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
