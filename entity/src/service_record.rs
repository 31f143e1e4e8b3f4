//! A piece of service (服务记录): minutes, evidence, and where it counts.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ActivitySessionId, CommunityId, RegionId, ServiceRecordId, TeamId, UnitId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// How a record came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordSource {
    /// The volunteer checked in and out.
    Scan,
    /// The leader stated the presence.
    LeaderConfirmed,
    /// The leader's device signed it.
    Offline,
    /// Entered afterwards.
    Backfill,
    /// A match that the person served confirmed.
    Match,
}

/// How strong the evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EvidenceClass {
    /// In and out by the system.
    A,
    /// Stated by the leader.
    B,
    /// Entered afterwards, approved by a second person.
    C,
}

/// How far a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RecordState {
    /// Waits for an approver.
    Pending,
    /// Counts.
    Certified,
    /// Refused.
    Rejected,
    /// Counted, and was taken back.
    Revoked,
}

/// A piece of service (服务记录): minutes, evidence, and where it counts.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_record")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ServiceRecordId,
    /// The community.
    pub community_id: CommunityId,
    /// Who served.
    pub volunteer_id: VolunteerId,
    /// At which session; none for back-fill without one.
    pub session_id: Option<ActivitySessionId>,
    /// The team at the time; none for a match of somebody without a team.
    pub team_id: Option<TeamId>,
    /// Its sponsor at the time.
    pub unit_id: Option<UnitId>,
    /// The place at the time.
    pub region_id: RegionId,
    /// The team's colour at the time.
    pub colour: Option<String>,
    /// Code of the `SERVICE_TYPE` list.
    pub service_type: String,
    /// What was done.
    pub content: String,
    /// Day it counts for.
    pub business_date: BusinessDate,
    /// From.
    pub started_at: UtcMicros,
    /// To.
    pub ended_at: UtcMicros,
    /// Minutes served; travel excluded.
    pub minutes: i64,
    /// How it came about.
    pub source: RecordSource,
    /// How strong the evidence is.
    pub evidence: EvidenceClass,
    /// How far it is.
    pub state: RecordState,
    /// Who recorded it.
    pub recorder_id: AccountId,
    /// Who certified, rejected or revoked it; none when it certified by itself.
    pub decider_id: Option<AccountId>,
    /// Why back-filled, rejected or revoked.
    pub reason: Option<String>,
    /// Recorded.
    pub created_at: UtcMicros,
    /// Certified.
    pub certified_at: Option<UtcMicros>,
    /// Revoked.
    pub revoked_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
