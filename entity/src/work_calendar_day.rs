//! A day that is worked or not, where that differs from Monday to Friday.

use sea_orm::entity::prelude::*;

use crate::id::CommunityId;
use crate::time::BusinessDate;

/// A day that is worked or not, where that differs from Monday to Friday.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_calendar_day")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// The day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: BusinessDate,
    /// Whether it is worked.
    pub works: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
