//! A year whose working days a community entered.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, CommunityId};
use crate::time::UtcMicros;

/// A year whose working days a community entered.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "work_calendar_year")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// The year.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// Who entered it.
    pub set_by: AccountId,
    /// When.
    pub set_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
