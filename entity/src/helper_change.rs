//! A moment from which on somebody can be asked for something else.

use sea_orm::entity::prelude::*;

use crate::time::UtcMicros;

/// A moment from which on somebody can be asked for something else; kept for minutes.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "helper_change")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// A volunteer or a team.
    pub helper_id: Uuid,
    /// When.
    pub changed_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
