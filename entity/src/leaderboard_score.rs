//! The total of one member on one board.

use sea_orm::entity::prelude::*;

use crate::id::BoardId;

/// The total of one member on one board.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leaderboard_score")]
pub struct Model {
    /// The board.
    #[sea_orm(primary_key, auto_increment = false)]
    pub board_id: BoardId,
    /// Volunteer, team, unit or region.
    #[sea_orm(primary_key, auto_increment = false)]
    pub member_id: Uuid,
    /// Points earned.
    pub points: i64,
    /// Minutes certified.
    pub minutes: i64,
    /// Order by points.
    pub points_score: i64,
    /// Order by minutes.
    pub minutes_score: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
