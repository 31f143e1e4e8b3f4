//! A reviewer's score of a nominee.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, SelectionNomineeId};
use crate::time::UtcMicros;

/// A reviewer's score of a nominee.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_score")]
pub struct Model {
    /// Of whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub nominee_id: SelectionNomineeId,
    /// By whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// 0 to 100.
    pub score: i32,
    /// When.
    pub scored_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
