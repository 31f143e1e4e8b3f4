//! What a volunteer can do for others: how far, how much, and whether they pause.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// How far a volunteer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reach {
    /// Their own grid.
    Grid,
    /// The area around it.
    Area,
    /// The whole community.
    Community,
}

/// What a volunteer can do for others: how far, how much, and whether they pause.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer_supply")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// The community.
    pub community_id: CommunityId,
    /// How far they come.
    pub reach: Reach,
    /// Most tasks a week.
    pub weekly_tasks_max: i32,
    /// Most minutes a week.
    pub weekly_minutes_max: i32,
    /// Where they set out from, rounded to a cell; millionths of a degree.
    pub latitude: Option<i64>,
    /// The same.
    pub longitude: Option<i64>,
    /// Asks not to be asked before this day.
    pub paused_until: Option<BusinessDate>,
    /// Last change.
    pub updated_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
