//! A check-in signed by a leader's device without network.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ActivitySessionId, CommunityId, DeviceKeyId, OfflineCheckInId, VolunteerId};
use crate::time::UtcMicros;

/// In or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckInPhase {
    /// 签到
    In,
    /// 签退
    Out,
}

/// What became of an offline check-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OfflineState {
    /// Taken over at once.
    Applied,
    /// Set aside for a person to decide.
    Conflict,
    /// Taken over by decision.
    Accepted,
    /// Put away by decision.
    Dismissed,
}

/// A check-in signed by a leader's device without network.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "offline_check_in")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OfflineCheckInId,
    /// The community.
    pub community_id: CommunityId,
    /// The device.
    pub device_key_id: DeviceKeyId,
    /// The device's own count; each is taken once.
    pub counter: i64,
    /// The session.
    pub session_id: ActivitySessionId,
    /// Who.
    pub volunteer_id: VolunteerId,
    /// In or out.
    pub phase: CheckInPhase,
    /// The device's clock, held to the session's window.
    pub device_at: UtcMicros,
    /// What became of it.
    pub state: OfflineState,
    /// The code of the refusal that set it aside.
    pub conflict: Option<String>,
    /// Uploaded.
    pub received_at: UtcMicros,
    /// Who settled the conflict.
    pub decided_by: Option<AccountId>,
    /// When.
    pub decided_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
