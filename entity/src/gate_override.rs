//! Leave to pass a gate whose facts are not there.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, GateOverrideId, ProjectId};
use crate::project_step::ProjectStep;
use crate::time::UtcMicros;

/// How far a leave is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OverrideState {
    /// Waits for a second person.
    Proposed,
    /// Agreed, and not used yet.
    Approved,
    /// Not agreed.
    Rejected,
    /// The gate was passed by it.
    Used,
}

/// Leave to pass a gate whose facts are not there.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "gate_override")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: GateOverrideId,
    /// The community.
    pub community_id: CommunityId,
    /// The project.
    pub project_id: ProjectId,
    /// The step it is for.
    pub step: ProjectStep,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub proposed_by: AccountId,
    /// When.
    pub proposed_at: UtcMicros,
    /// How far it is.
    pub state: OverrideState,
    /// Who agreed or did not.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
