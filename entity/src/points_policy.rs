//! The rules of earning, one row per version.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId};
use crate::time::{BusinessDate, UtcMicros};

/// When points expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExpiryRule {
    /// On the last day of the calendar year after the one they were earned in.
    EndOfNextYear,
    /// On the last day of the month that lies so many months after earning.
    EndOfMonthAfter,
    /// Never.
    Never,
}

/// The rules of earning, one row per version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "points_policy")]
pub struct Model {
    /// The community.
    #[sea_orm(primary_key, auto_increment = false)]
    pub community_id: CommunityId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    /// First business date it governs.
    pub effective_from: BusinessDate,
    /// Points for 60 minutes.
    pub points_per_hour: i64,
    /// Day of the month (志愿服务日), 28 by default.
    pub service_day: i32,
    /// Multiplier of that day; 10000 is 1.0.
    pub service_day_bps: i32,
    /// Month of the year (志愿服务月), 3 by default.
    pub service_month: i32,
    /// Multiplier of that month.
    pub service_month_bps: i32,
    /// Multiplier of back-filled service; 0 by default.
    pub backfill_bps: i32,
    /// Most points a day.
    pub daily_points_max: Option<i64>,
    /// Most points a month.
    pub monthly_points_max: Option<i64>,
    /// Minutes a day that certify without an approver.
    pub daily_minutes_auto: i64,
    /// When points expire.
    pub expiry: ExpiryRule,
    /// For `END_OF_MONTH_AFTER`: how many months after earning.
    pub expiry_months: i32,
    /// Days to fetch a reward.
    pub pickup_days: i32,
    /// Hours a waitlist offer stands.
    pub offer_hours: i32,
    /// Hours the proposal of a match waits for an answer.
    pub match_answer_hours: i32,
    /// Days a pair that was declined is not proposed again.
    pub match_dismissal_days: i32,
    /// Days a confirmed match may be disputed.
    pub match_dispute_days: i32,
    /// Who published it.
    pub published_by: Option<AccountId>,
    /// When.
    pub published_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
