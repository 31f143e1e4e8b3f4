//! Certified minutes per person and day.

use sea_orm::entity::prelude::*;

use crate::id::VolunteerId;
use crate::time::BusinessDate;

/// Certified minutes per person and day.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_day")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub business_date: BusinessDate,
    /// Certified minutes.
    pub minutes: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
