//! The three rates for clients.

use async_graphql::{Context, Description, ID, Object};
use chrono::{DateTime, Utc};
use domain::exchange::need::{self, Period, Rates};

use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, id};

/// The three rates (三率) of the needs filed in a period, read off the log of what happened to them. A need that its author took back before anybody
/// replied is left out.
#[derive(Description)]
pub struct NeedRates(Rates);

#[Object(use_type_description)]
impl NeedRates {
    /// Needs filed.
    async fn filed(&self) -> i64 {
        self.0.filed
    }

    /// Of them replied to.
    async fn replied(&self) -> i64 {
        self.0.replied
    }

    /// Of them resolved.
    async fn resolved(&self) -> i64 {
        self.0.resolved
    }

    /// Of them rated.
    async fn rated(&self) -> i64 {
        self.0.rated
    }

    /// Of those rated with four or five stars.
    async fn satisfied(&self) -> i64 {
        self.0.satisfied
    }

    /// Response rate (回应率) in ten-thousandths: replied of filed; null when nothing was filed.
    async fn reply_rate_bps(&self) -> Option<i64> {
        Rates::bps(self.0.replied, self.0.filed)
    }

    /// Resolution rate (办结率) in ten-thousandths: resolved of filed.
    async fn resolution_rate_bps(&self) -> Option<i64> {
        Rates::bps(self.0.resolved, self.0.filed)
    }

    /// Satisfaction rate (满意率) in ten-thousandths: satisfied of rated.
    async fn satisfaction_rate_bps(&self) -> Option<i64> {
        Rates::bps(self.0.satisfied, self.0.rated)
    }

    /// Minutes from filing to the first reply, on average.
    async fn reply_minutes(&self) -> i64 {
        self.0.reply_minutes
    }
}

#[derive(Default)]
pub struct RatesQuery;

#[Object]
impl RatesQuery {
    /// The three rates of needs filed in a period (grid workers, reviewers, administrators).
    async fn need_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Filed from this moment on.")] from: DateTime<Utc>,
        #[graphql(desc = "And before this one, at most two years later.")] to: DateTime<Utc>,
        #[graphql(desc = "In this region or below it; in my community when left out.")] region_id: Option<ID>,
    ) -> ApiResult<NeedRates> {
        let region_id = id::parse_opt(region_id.as_ref(), "regionId")?;
        let period = Period { from: from.into(), to: to.into() };
        Ok(NeedRates(need::rates(ctx.app().db.reader(), ctx.actor()?, region_id, period).await?))
    }
}
