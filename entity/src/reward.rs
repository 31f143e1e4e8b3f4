//! An item of the points store (积分超市).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, RewardId};
use crate::time::UtcMicros;

/// Whether a reward is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RewardState {
    /// Offered.
    Active,
    /// No longer offered.
    Withdrawn,
}

/// An item of the points store (积分超市).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reward")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RewardId,
    /// The community.
    pub community_id: CommunityId,
    /// Name.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Code of the `REWARD_CATEGORY` list.
    pub category: String,
    /// Where it is fetched.
    pub pickup_place: String,
    /// Points for one.
    pub price: i64,
    /// Left.
    pub stock: i64,
    /// Ever put in stock.
    pub loaded: i64,
    /// Most a person may ever take.
    pub per_person_max: Option<i64>,
    /// Most a person may take a month.
    pub per_month_max: Option<i64>,
    /// Whether it is offered.
    pub state: RewardState,
    /// When entered.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
