//! What is offered to volunteers (活动).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ActivityId, CommunityId, RegionId, TeamId};
use crate::time::UtcMicros;

/// How risky an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskLevel {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High, insurance is required.
    High,
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityState {
    /// Being written.
    Draft,
    /// Open to volunteers.
    Published,
    /// Called off.
    Cancelled,
}

/// What is offered to volunteers (活动).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivityId,
    /// The community.
    pub community_id: CommunityId,
    /// The team that runs it.
    pub team_id: TeamId,
    /// Where its service counts.
    pub region_id: RegionId,
    /// Title.
    pub title: String,
    /// What is done.
    pub description: String,
    /// Code of the `SERVICE_TYPE` list.
    pub service_type: String,
    /// Code of the OCCASION list.
    pub occasion: Option<String>,
    /// Where to come.
    pub place: String,
    /// How risky.
    pub risk_level: RiskLevel,
    /// The risks, truthfully.
    pub risk_note: String,
    /// Accident insurance; required where the risk is high.
    pub insurance_ref: Option<String>,
    /// Youngest age.
    pub min_age: i32,
    /// Required codes of the QUALIFICATION list, separated by commas.
    pub qualifications: String,
    /// How far it is.
    pub state: ActivityState,
    /// Repeats on this day of each month.
    pub monthly_on: Option<i32>,
    /// Minute of the day a repeated session starts.
    pub monthly_start: Option<i32>,
    /// Its length in minutes.
    pub monthly_minutes: Option<i32>,
    /// Its seats.
    pub monthly_capacity: Option<i32>,
    /// Who wrote it.
    pub created_by: AccountId,
    /// When.
    pub created_at: UtcMicros,
    /// When published.
    pub published_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
