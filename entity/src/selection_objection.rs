//! An objection (异议) within a public notice.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, SelectionNomineeId, SelectionObjectionId};
use crate::time::UtcMicros;

/// How far an objection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ObjectionState {
    /// Waits.
    Open,
    /// The nominee is out.
    Upheld,
    /// The nominee stays.
    Dismissed,
}

/// An objection (异议) within a public notice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_objection")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SelectionObjectionId,
    /// Against whom.
    pub nominee_id: SelectionNomineeId,
    /// By whom.
    pub account_id: AccountId,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub state: ObjectionState,
    /// Who decided.
    pub decider_id: Option<AccountId>,
    /// What was said.
    pub decision: Option<String>,
    /// Filed.
    pub created_at: UtcMicros,
    /// Decided.
    pub decided_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
