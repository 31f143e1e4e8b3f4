//! Something a volunteer asks to have put right (更正).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, CorrectionId, ServiceRecordId, VolunteerId};
use crate::time::UtcMicros;

/// What is to be put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionField {
    /// The name.
    Name,
    /// The birth date.
    BirthDate,
    /// Where the person lives.
    Region,
    /// What a service record says was done.
    RecordContent,
    /// The minutes of a service record.
    RecordMinutes,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CorrectionState {
    /// It waits for staff.
    Open,
    /// It was granted.
    Granted,
    /// It was refused, with a reason.
    Refused,
    /// Whoever asked took it back.
    Withdrawn,
}

/// Something a volunteer asks to have put right (更正).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "correction")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CorrectionId,
    /// The community.
    pub community_id: CommunityId,
    /// Who asks.
    pub volunteer_id: VolunteerId,
    /// What.
    pub field: CorrectionField,
    /// Of which record, where it is about one.
    pub record_id: Option<ServiceRecordId>,
    /// What is wanted and why, sealed; gone some time after the decision.
    pub request_sealed: Option<Vec<u8>>,
    /// What became of it.
    pub state: CorrectionState,
    /// Who decided.
    pub decider_id: Option<AccountId>,
    /// Why it was decided so.
    pub decision: Option<String>,
    /// When it was asked for.
    pub created_at: UtcMicros,
    /// Until when it is to be decided.
    pub due_at: UtcMicros,
    /// When staff were reminded.
    pub reminded_at: Option<UtcMicros>,
    /// When it was decided or taken back.
    pub decided_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
