//! The stars a volunteer has been told of (星级).

use sea_orm::entity::prelude::*;

use crate::id::VolunteerId;
use crate::time::UtcMicros;

/// The stars a volunteer has been told of (星级).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_star")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// 0 to 5.
    pub stars: i32,
    /// Since when.
    pub since: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
