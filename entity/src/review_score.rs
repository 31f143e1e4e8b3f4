//! Points for one criterion; never changed.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ReviewRoundId};

/// Points for one criterion; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_score")]
pub struct Model {
    /// The round.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: ReviewRoundId,
    /// The reviewer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// The criterion.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// 0 to 100.
    pub points: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
