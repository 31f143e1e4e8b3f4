//! A sealed ballot; not whose.

use sea_orm::entity::prelude::*;

use crate::id::{SelectionBallotId, SelectionRoundId};

/// A sealed ballot; not whose.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_ballot")]
pub struct Model {
    /// Random, so that it tells no order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SelectionBallotId,
    /// Of which selection.
    pub round_id: SelectionRoundId,
    /// The choice, sealed.
    pub sealed: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
