//! That somebody voted; not what.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, SelectionRoundId};

/// That somebody voted; not what.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_voter")]
pub struct Model {
    /// In which selection.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: SelectionRoundId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
