//! An honour on a profile (荣誉).

use sea_orm::entity::prelude::*;

use crate::id::{HonourId, SelectionRoundId, VolunteerId};
use crate::time::BusinessDate;

/// An honour on a profile (荣誉).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "honour")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: HonourId,
    /// Whose.
    pub volunteer_id: VolunteerId,
    /// Of which selection.
    pub round_id: SelectionRoundId,
    /// What it is called.
    pub title: String,
    /// When.
    pub given_on: BusinessDate,
    /// Whether others may see it.
    pub shown: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
