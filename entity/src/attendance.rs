//! Presence at a session (签到), by the server's clock.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ActivitySessionId, AttendanceId, CommunityId, VolunteerId};
use crate::time::UtcMicros;

/// How presence was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckInMethod {
    /// The volunteer entered the rotating code.
    Code,
    /// The leader called the roll.
    RollCall,
    /// The leader's device signed it without network.
    Offline,
}

/// Presence at a session (签到), by the server's clock.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attendance")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AttendanceId,
    /// The community.
    pub community_id: CommunityId,
    /// The session.
    pub session_id: ActivitySessionId,
    /// Who.
    pub volunteer_id: VolunteerId,
    /// In.
    pub checked_in_at: UtcMicros,
    /// How.
    pub in_method: CheckInMethod,
    /// By whom.
    pub in_by: AccountId,
    /// Out; missing until someone states it.
    pub checked_out_at: Option<UtcMicros>,
    /// How.
    pub out_method: Option<CheckInMethod>,
    /// By whom.
    pub out_by: Option<AccountId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
