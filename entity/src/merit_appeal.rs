//! An appeal against an entry.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, MeritAppealId, MeritEntryId};
use crate::time::UtcMicros;

/// How far an appeal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AppealState {
    /// Waits.
    Open,
    /// The entry was put right.
    Upheld,
    /// The entry stands.
    Dismissed,
}

/// An appeal against an entry.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "merit_appeal")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MeritAppealId,
    /// Against which entry.
    pub entry_id: MeritEntryId,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub state: AppealState,
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
