//! A change that people follow.

use sea_orm::entity::prelude::*;

use crate::id::ChangeId;
use crate::time::UtcMicros;

/// A change that people follow.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    /// Id; grows in the order of commits.
    #[sea_orm(primary_key)]
    pub id: ChangeId,
    /// Whom it concerns, as the bus writes it.
    pub channel: String,
    /// What is told with it, as JSON.
    pub payload: String,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
