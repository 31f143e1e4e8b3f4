//! A moment from which on somebody can be asked for something else.

use sea_orm::entity::prelude::*;

use crate::time::UtcMicros;

/// A moment from which on somebody can be asked for something else; kept for minutes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "helper_change")]
pub struct Model {
    /// A volunteer or a team.
    #[sea_orm(primary_key, auto_increment = false)]
    pub helper_id: Uuid,
    /// When.
    #[sea_orm(primary_key, auto_increment = false)]
    pub changed_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
