//! Why a record brought the points it brought.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{CommunityId, OperationId, ServiceRecordId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// Which day it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CalendarRule {
    /// No special day.
    Ordinary,
    /// 志愿服务日, the 28th.
    ServiceDay,
    /// 志愿服务月, March.
    ServiceMonth,
}

/// The cap an award ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PointsCap {
    /// Most points a day.
    Day,
    /// Most points a month.
    Month,
}

/// Why a record brought the points it brought.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "award")]
pub struct Model {
    /// The record.
    #[sea_orm(primary_key, auto_increment = false)]
    pub record_id: ServiceRecordId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose.
    pub volunteer_id: VolunteerId,
    /// The ledger operation; none when it brought nothing.
    pub operation_id: Option<OperationId>,
    /// The day of service.
    pub business_date: BusinessDate,
    /// Minutes certified.
    pub minutes: i64,
    /// Rate.
    pub points_per_hour: i64,
    /// Coefficient of the service type.
    pub type_bps: i32,
    /// Multiplier of the day.
    pub calendar_bps: i32,
    /// Which calendar rule gave it.
    pub calendar_rule: CalendarRule,
    /// Multiplier of the evidence; 10000, or less for back-fill.
    pub evidence_bps: i32,
    /// Points before caps.
    pub uncapped_points: i64,
    /// Points awarded.
    pub points: i64,
    /// The cap that was hit.
    pub cap: Option<PointsCap>,
    /// Policy followed.
    pub policy_version: i32,
    /// When the points expire.
    pub expires_on: BusinessDate,
    /// When it was taken back.
    pub reversed_at: Option<UtcMicros>,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
