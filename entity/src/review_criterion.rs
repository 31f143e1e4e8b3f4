//! What a round judges by.

use sea_orm::entity::prelude::*;

use crate::id::ReviewRoundId;

/// What a round judges by.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_criterion")]
pub struct Model {
    /// The round.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: ReviewRoundId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Stable code.
    pub code: String,
    /// The word shown.
    pub label: String,
    /// Weight among the others.
    pub weight: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
