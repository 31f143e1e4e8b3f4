//! Hours of the week in which a volunteer has time.

use sea_orm::entity::prelude::*;

use crate::id::VolunteerId;

/// Hours of the week in which a volunteer has time.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_hours")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// Monday is 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub weekday: i32,
    /// Minute of the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts: i32,
    /// Minute of the day, up to 1440.
    pub ends: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
