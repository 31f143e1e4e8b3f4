//! How long things are kept, for clients.

use async_graphql::{Context, Description, InputObject, Object};
use chrono::NaiveDate;
use domain::insight::personal::policy::{self, Terms};
use entity::retention_policy::Model;
use entity::time::BusinessDate;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;

/// How long my community keeps what it keeps of people (保存期限). Minutes, records and the ledger have no period: they are kept for good.
#[derive(Description)]
pub struct RetentionPolicy {
    version: i32,
    effective_from: Option<BusinessDate>,
    terms: Terms,
}

impl RetentionPolicy {
    fn of(row: Option<&Model>) -> Self {
        Self {
            version: row.map_or(0, |row| row.version),
            effective_from: row.map(|row| row.effective_from),
            terms: row.map(Terms::from).unwrap_or_default(),
        }
    }
}

#[Object(use_type_description)]
impl RetentionPolicy {
    /// 1, 2, 3 …; 0 while the defaults hold.
    async fn version(&self) -> i32 {
        self.version
    }

    /// First day on which it holds; none for the defaults.
    async fn effective_from(&self) -> Option<NaiveDate> {
        self.effective_from.map(BusinessDate::naive)
    }

    /// Days for which a sign-in that ended is kept (登录记录), 180 to 1095.
    async fn sign_in_days(&self) -> i32 {
        self.terms.sign_in_days
    }

    /// Days for which a message is kept (站内信), 30 to 1095.
    async fn message_days(&self) -> i32 {
        self.terms.message_days
    }

    /// Days for which the first answer of an idempotency key is kept, 7 to 365.
    async fn key_days(&self) -> i32 {
        self.terms.key_days
    }

    /// Days for which the sealed contact of a listing is kept after its end (联系方式), 1 to 365.
    async fn contact_days(&self) -> i32 {
        self.terms.contact_days
    }

    /// Days for which it is kept what somebody looked at a contact for (查看理由), 180 to 3650; that they looked stays.
    async fn look_days(&self) -> i32 {
        self.terms.look_days
    }

    /// Days for which it is kept what a correction said after its decision (更正内容), 30 to 1095.
    async fn request_days(&self) -> i32 {
        self.terms.request_days
    }

    /// Working days in which a correction is decided (更正办理期限), 1 to 15.
    async fn correction_days(&self) -> i32 {
        self.terms.correction_days
    }
}

/// The next version of the periods. Fields left out keep the numbers of the version that holds.
#[derive(InputObject)]
pub struct PublishRetentionPolicyInput {
    /// First day on which it holds, tomorrow or later.
    effective_from: NaiveDate,
    /// Days for which a sign-in that ended is kept, 180 to 1095; 180 by default.
    sign_in_days: Option<i32>,
    /// Days for which a message is kept, 30 to 1095; 365 by default.
    message_days: Option<i32>,
    /// Days for which the first answer of an idempotency key is kept, 7 to 365; 30 by default.
    key_days: Option<i32>,
    /// Days for which the sealed contact of a listing is kept after its end, 1 to 365; 30 by default.
    contact_days: Option<i32>,
    /// Days for which it is kept what somebody looked at a contact for, 180 to 3650; 1095 by default.
    look_days: Option<i32>,
    /// Days for which it is kept what a correction said after its decision, 30 to 1095; 180 by default.
    request_days: Option<i32>,
    /// Working days in which a correction is decided, 1 to 15; 15 by default.
    correction_days: Option<i32>,
}

#[derive(Default)]
pub struct RetentionQuery;

#[Object]
impl RetentionQuery {
    /// The periods that hold today in my community.
    async fn retention_policy(&self, ctx: &Context<'_>) -> ApiResult<RetentionPolicy> {
        let actor = ctx.actor()?;
        let db = &ctx.app().db;
        let row = policy::row_in_force(db.reader(), actor.community_id, db.now().business_date()).await?;
        Ok(RetentionPolicy::of(row.as_ref()))
    }
}

#[derive(Default)]
pub struct RetentionMutation;

#[Object]
impl RetentionMutation {
    /// Publishes the next version of the periods (administrators). What is over by a shorter period goes within minutes of its day.
    async fn publish_retention_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The next version of the periods.")] input: PublishRetentionPolicyInput,
    ) -> ApiResult<RetentionPolicy> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let last = policy::in_force(&tx.connection, actor.community_id, tx.today()).await?;
        let terms = Terms {
            sign_in_days: input.sign_in_days.unwrap_or(last.sign_in_days),
            message_days: input.message_days.unwrap_or(last.message_days),
            key_days: input.key_days.unwrap_or(last.key_days),
            contact_days: input.contact_days.unwrap_or(last.contact_days),
            look_days: input.look_days.unwrap_or(last.look_days),
            request_days: input.request_days.unwrap_or(last.request_days),
            correction_days: input.correction_days.unwrap_or(last.correction_days),
        };
        let row = policy::publish(&tx, actor, BusinessDate::from_naive(input.effective_from), terms).await?;
        tx.commit().await?;
        Ok(RetentionPolicy::of(Some(&row)))
    }
}
