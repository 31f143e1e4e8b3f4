//! Stars for clients.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use domain::recognition::star;
use entity::time::BusinessDate;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;

/// From how many hours on a volunteer has how many stars (星级).
#[derive(SimpleObject)]
pub struct StarPolicy {
    /// 1, 2, 3 …; 0 for the default that holds until the community publishes its own.
    version: i32,
    /// Hours of certified service for one, two, three, four and five stars.
    hours: Vec<i64>,
}

/// The hours of stars to publish.
#[derive(InputObject)]
pub struct PublishStarPolicyInput {
    /// Five growing numbers of hours, 1 to 100,000.
    hours: Vec<i64>,
    /// First day it holds, tomorrow or later; everybody's stars follow it on that day.
    effective_from: NaiveDate,
}

#[derive(Default)]
pub struct StarQuery;

#[Object]
impl StarQuery {
    /// The hours of stars that hold in my community today.
    async fn star_policy(&self, ctx: &Context<'_>) -> ApiResult<StarPolicy> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let policy = star::in_force(app.db.reader(), actor.community_id, app.db.now().business_date()).await?;
        Ok(StarPolicy { version: policy.version, hours: policy.hours.to_vec() })
    }
}

#[derive(Default)]
pub struct StarMutation;

#[Object]
impl StarMutation {
    /// Publishes the hours of stars from a day on (administrators).
    async fn publish_star_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The hours of stars to publish.")] input: PublishStarPolicyInput,
    ) -> ApiResult<StarPolicy> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let row = star::publish(&tx, actor, &input.hours, BusinessDate::from_naive(input.effective_from)).await?;
        tx.commit().await?;
        Ok(StarPolicy { version: row.version, hours: input.hours })
    }
}
