//! Why points came: the explanation of an award.

use async_graphql::{Context, Description, Enum, ID, Object};
use chrono::{DateTime, NaiveDate, Utc};
use entity::award;

use crate::graphql::error::{ApiResult, nullable};
use crate::graphql::exchange::need_match::{self, NeedMatch};

/// Which calendar rule gave the multiplier. On 28 March both rules hold and the higher one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::award::CalendarRule")]
pub enum CalendarRule {
    /// No special day.
    Ordinary,
    /// The monthly service day (志愿服务日).
    ServiceDay,
    /// The yearly service month (志愿服务月).
    ServiceMonth,
}

/// The cap that held an award down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::award::PointsCap")]
pub enum PointsCap {
    /// Most points a day.
    Day,
    /// Most points a month.
    Month,
}

/// Why a service record brought the points it brought (积分说明): points = minutes × pointsPerHour ÷ 60 × typeBps × calendarBps × evidenceBps (each
/// ÷ 10000), rounded down once, then held to the cap.
#[derive(Description)]
pub struct Award(pub award::Model);

#[Object(use_type_description)]
impl Award {
    /// The service record.
    async fn record_id(&self) -> ID {
        self.0.record_id.into()
    }

    /// The match that was confirmed; null for what came of an activity, and when the match does not exist for me.
    async fn need_match(&self, ctx: &Context<'_>) -> Option<ApiResult<NeedMatch>> {
        nullable(need_match::of_record(ctx, self.0.record_id).await)
    }

    /// The ledger operation; null when the record brought no points.
    async fn operation_id(&self) -> Option<ID> {
        self.0.operation_id.map(Into::into)
    }

    /// The day of service, which decides the multiplier and the policy.
    async fn business_date(&self) -> NaiveDate {
        self.0.business_date.naive()
    }

    /// Minutes certified.
    async fn minutes(&self) -> i64 {
        self.0.minutes
    }

    /// Points for 60 minutes.
    async fn points_per_hour(&self) -> i64 {
        self.0.points_per_hour
    }

    /// Coefficient of the service type in basis points.
    async fn type_bps(&self) -> i32 {
        self.0.type_bps
    }

    /// Multiplier of the day in basis points.
    async fn calendar_bps(&self) -> i32 {
        self.0.calendar_bps
    }

    /// The rule that gave it.
    async fn calendar_rule(&self) -> CalendarRule {
        self.0.calendar_rule.into()
    }

    /// Multiplier of the evidence in basis points: 10000, or the policy's share for back-filled service.
    async fn evidence_bps(&self) -> i32 {
        self.0.evidence_bps
    }

    /// Points before caps.
    async fn uncapped_points(&self) -> i64 {
        self.0.uncapped_points
    }

    /// Points awarded.
    async fn points(&self) -> i64 {
        self.0.points
    }

    /// The cap that was hit, if any.
    async fn cap(&self) -> Option<PointsCap> {
        self.0.cap.map(Into::into)
    }

    /// Version of the points policy that was followed.
    async fn policy_version(&self) -> i32 {
        self.0.policy_version
    }

    /// The last day the points can be used; null when they never expire.
    async fn expires_on(&self) -> Option<NaiveDate> {
        super::wallet::expiry(self.0.expires_on)
    }

    /// When the award was taken back, if it was.
    async fn reversed_at(&self) -> Option<DateTime<Utc>> {
        self.0.reversed_at.map(entity::time::UtcMicros::date_time)
    }
}
