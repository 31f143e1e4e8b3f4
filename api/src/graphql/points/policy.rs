//! Points policies for clients.

use async_graphql::{Context, Description, Enum, InputObject, Object};
use chrono::{DateTime, NaiveDate, Utc};
use domain::points::policy::{self, Terms};
use entity::points_policy;
use entity::time::BusinessDate;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;

/// When points expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::points_policy::ExpiryRule")]
pub enum ExpiryRule {
    /// On 31 December of the year after the one they were earned in.
    EndOfNextYear,
    /// On the last day of the month that lies `expiryMonths` after the month they were earned in.
    EndOfMonthAfter,
    /// Never.
    Never,
}

/// The numbers of earning (积分规则), one version after another; an award names the version it followed. Multipliers are in basis points: 10000 is
/// 1.0.
#[derive(Description)]
pub struct PointsPolicy(pub points_policy::Model);

#[Object(use_type_description)]
impl PointsPolicy {
    /// 1, 2, 3 …
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// First day it governs.
    async fn effective_from(&self) -> NaiveDate {
        self.0.effective_from.naive()
    }

    /// Points for 60 minutes of service.
    async fn points_per_hour(&self) -> i64 {
        self.0.points_per_hour
    }

    /// Day of the month that is the service day (志愿服务日).
    async fn service_day(&self) -> i32 {
        self.0.service_day
    }

    /// Multiplier of the service day.
    async fn service_day_bps(&self) -> i32 {
        self.0.service_day_bps
    }

    /// Month of the year that is the service month (志愿服务月).
    async fn service_month(&self) -> i32 {
        self.0.service_month
    }

    /// Multiplier of the service month. Where both rules hold, the higher counts.
    async fn service_month_bps(&self) -> i32 {
        self.0.service_month_bps
    }

    /// Share that back-filled service earns; 0 by default.
    async fn backfill_bps(&self) -> i32 {
        self.0.backfill_bps
    }

    /// Most points a person earns a day; null for no cap.
    async fn daily_points_max(&self) -> Option<i64> {
        self.0.daily_points_max
    }

    /// Most points a person earns a month; null for no cap.
    async fn monthly_points_max(&self) -> Option<i64> {
        self.0.monthly_points_max
    }

    /// Minutes of a person and day that are certified at once; more waits for an approver.
    async fn daily_minutes_auto(&self) -> i64 {
        self.0.daily_minutes_auto
    }

    /// When points expire.
    async fn expiry(&self) -> ExpiryRule {
        self.0.expiry.into()
    }

    /// Months, where `expiry` counts them.
    async fn expiry_months(&self) -> i32 {
        self.0.expiry_months
    }

    /// Days to fetch a redeemed reward before the points come back.
    async fn pickup_days(&self) -> i32 {
        self.0.pickup_days
    }

    /// Hours an offered waitlist seat is held.
    async fn offer_hours(&self) -> i32 {
        self.0.offer_hours
    }

    /// Hours the proposal of a match waits for an answer.
    async fn match_answer_hours(&self) -> i32 {
        self.0.match_answer_hours
    }

    /// Days a pair that was declined is not proposed again.
    async fn match_dismissal_days(&self) -> i32 {
        self.0.match_dismissal_days
    }

    /// Days a confirmed match may be disputed.
    async fn match_dispute_days(&self) -> i32 {
        self.0.match_dispute_days
    }

    /// When it was published.
    async fn published_at(&self) -> DateTime<Utc> {
        self.0.published_at.date_time()
    }
}

/// The next version of the points policy. Fields left out keep the numbers of the last version.
#[derive(InputObject)]
pub struct PublishPointsPolicyInput {
    /// First day it governs: tomorrow or later.
    effective_from: NaiveDate,
    /// Points for 60 minutes, 0 to 10000.
    points_per_hour: Option<i64>,
    /// Day of the month, 1 to 28.
    service_day: Option<i32>,
    /// Its multiplier, 0 to 100000 basis points.
    service_day_bps: Option<i32>,
    /// Month of the year, 1 to 12.
    service_month: Option<i32>,
    /// Its multiplier, 0 to 100000 basis points.
    service_month_bps: Option<i32>,
    /// Share of back-filled service, 0 to 10000 basis points.
    backfill_bps: Option<i32>,
    /// Most points a day; -1 lifts the cap.
    daily_points_max: Option<i64>,
    /// Most points a month; -1 lifts the cap.
    monthly_points_max: Option<i64>,
    /// Minutes a day certified at once, 0 to 1440.
    daily_minutes_auto: Option<i64>,
    /// When points expire.
    expiry: Option<ExpiryRule>,
    /// Months, for `END_OF_MONTH_AFTER`.
    expiry_months: Option<i32>,
    /// Days to fetch a reward, 1 to 90.
    pickup_days: Option<i32>,
    /// Hours a waitlist offer stands, 1 to 168.
    offer_hours: Option<i32>,
    /// Hours the proposal of a match waits for an answer, 1 to 336.
    match_answer_hours: Option<i32>,
    /// Days a pair that was declined is not proposed again, 0 to 365.
    match_dismissal_days: Option<i32>,
    /// Days a confirmed match may be disputed, 1 to 365.
    match_dispute_days: Option<i32>,
}

impl PublishPointsPolicyInput {
    fn terms(&self, last: &points_policy::Model) -> Terms {
        let cap = |asked: Option<i64>, last: Option<i64>| asked.map_or(last, |max| (max != -1).then_some(max));
        Terms {
            effective_from: BusinessDate::from_naive(self.effective_from),
            points_per_hour: self.points_per_hour.unwrap_or(last.points_per_hour),
            service_day: self.service_day.unwrap_or(last.service_day),
            service_day_bps: self.service_day_bps.unwrap_or(last.service_day_bps),
            service_month: self.service_month.unwrap_or(last.service_month),
            service_month_bps: self.service_month_bps.unwrap_or(last.service_month_bps),
            backfill_bps: self.backfill_bps.unwrap_or(last.backfill_bps),
            daily_points_max: cap(self.daily_points_max, last.daily_points_max),
            monthly_points_max: cap(self.monthly_points_max, last.monthly_points_max),
            daily_minutes_auto: self.daily_minutes_auto.unwrap_or(last.daily_minutes_auto),
            expiry: self.expiry.map_or(last.expiry, Into::into),
            expiry_months: self.expiry_months.unwrap_or(last.expiry_months),
            pickup_days: self.pickup_days.unwrap_or(last.pickup_days),
            offer_hours: self.offer_hours.unwrap_or(last.offer_hours),
            match_answer_hours: self.match_answer_hours.unwrap_or(last.match_answer_hours),
            match_dismissal_days: self.match_dismissal_days.unwrap_or(last.match_dismissal_days),
            match_dispute_days: self.match_dispute_days.unwrap_or(last.match_dispute_days),
        }
    }
}

#[derive(Default)]
pub struct PolicyQuery;

#[Object]
impl PolicyQuery {
    /// Every version of my community's points policy, newest first.
    async fn points_policies(&self, ctx: &Context<'_>) -> ApiResult<Vec<PointsPolicy>> {
        let actor = ctx.actor()?;
        Ok(policy::list(ctx.app().db.reader(), actor.community_id).await?.into_iter().map(PointsPolicy).collect())
    }

    /// The points policy that governs a day.
    async fn points_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day; today when left out.")] on: Option<NaiveDate>,
    ) -> ApiResult<PointsPolicy> {
        let actor = ctx.actor()?;
        let db = &ctx.app().db;
        let day = on.map_or_else(|| db.now().business_date(), BusinessDate::from_naive);
        Ok(PointsPolicy(policy::in_force(db.reader(), actor.community_id, day).await?))
    }
}

#[derive(Default)]
pub struct PolicyMutation;

#[Object]
impl PolicyMutation {
    /// Publishes the next version of the points policy (administrators). Earlier awards keep theirs.
    async fn publish_points_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The next version of the points policy. Fields left out keep the numbers of the last version.")]
        input: PublishPointsPolicyInput,
    ) -> ApiResult<PointsPolicy> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let last = policy::list(&tx.connection, actor.community_id).await?.into_iter().next().ok_or(domain::error::Code::NotFound)?;
        let row = policy::publish(&tx, actor, &input.terms(&last)).await?;
        tx.commit().await?;
        Ok(PointsPolicy(row))
    }
}
