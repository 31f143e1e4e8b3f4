//! One ranking.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::BoardId;

/// Kind of period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BoardPeriod {
    /// ISO week, Monday to Sunday.
    Week,
    /// Calendar month.
    Month,
    /// Quarter.
    Quarter,
    /// Year.
    Year,
    /// Since the beginning.
    All,
}

/// Who is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BoardSubject {
    /// People.
    Volunteer,
    /// Teams.
    Team,
    /// Units.
    Unit,
    /// Places.
    Grid,
}

/// One ranking.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leaderboard_board")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: BoardId,
    /// Kind of period.
    pub period: BoardPeriod,
    /// Which one.
    pub period_key: i32,
    /// A region, or a community for a colour board.
    pub scope_id: Uuid,
    /// The colour, or empty.
    pub colour: String,
    /// Who is ranked.
    pub subject: BoardSubject,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
