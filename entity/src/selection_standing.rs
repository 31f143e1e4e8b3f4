//! A place on the frozen leaderboard of a selection.

use sea_orm::entity::prelude::*;

use crate::id::{SelectionRoundId, VolunteerId};

/// A place on the frozen leaderboard of a selection.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_standing")]
pub struct Model {
    /// The selection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: SelectionRoundId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub volunteer_id: VolunteerId,
    /// Certified minutes of the year.
    pub minutes: i64,
    /// Certified records.
    pub records: i64,
    /// The place.
    pub place: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
