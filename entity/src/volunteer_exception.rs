//! A day that is unlike a volunteer's others.

use sea_orm::entity::prelude::*;

use crate::id::VolunteerId;
use crate::time::BusinessDate;

/// A day that is unlike a volunteer's others.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_exception")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub date: BusinessDate,
    /// Minute of the day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts: i32,
    /// Minute of the day, up to 1440.
    pub ends: i32,
    /// There beyond the usual hours; otherwise away.
    pub available: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
