//! A correction by hand: proposed by one person, posted by another.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, AdjustmentId, CommunityId, OperationId, VolunteerId};
use crate::time::UtcMicros;

/// How far an adjustment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AdjustmentState {
    /// Waits for a second person.
    Proposed,
    /// In the ledger.
    Posted,
    /// Refused, or taken back by its proposer.
    Rejected,
    /// Nobody decided in time.
    Lapsed,
}

/// A correction by hand: proposed by one person, posted by another.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "adjustment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AdjustmentId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose points.
    pub volunteer_id: VolunteerId,
    /// Points to add or take.
    pub delta: i64,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub state: AdjustmentState,
    /// Who proposed it.
    pub proposer_id: AccountId,
    /// Who decided.
    pub decider_id: Option<AccountId>,
    /// Why so decided.
    pub decision_reason: Option<String>,
    /// The posting.
    pub operation_id: Option<OperationId>,
    /// Proposed.
    pub created_at: UtcMicros,
    /// No longer to be approved after.
    pub lapses_at: UtcMicros,
    /// Decided.
    pub decided_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
