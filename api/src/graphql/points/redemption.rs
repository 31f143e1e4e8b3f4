//! Redemptions for clients.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::app::App;
use domain::error::{Code, Error};
use domain::idempotency;
use domain::points::redemption::{self, Order};
use entity::id::{RedemptionId, RewardId};
use entity::{redemption as rows, reward as reward_rows};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

use crate::connection_of;
use crate::graphql::ContextExt;
use crate::graphql::connection::{args, of};
use crate::graphql::error::{ApiResult, found};
use crate::graphql::id::parse;
use crate::graphql::loader;
use crate::graphql::points::reward::Reward;

/// How far a redemption is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::redemption::RedemptionState")]
pub enum RedemptionState {
    /// Waits at the desk until `expiresAt`.
    Reserved,
    /// Fetched.
    Fulfilled,
    /// Taken back; points, stock and quota were returned.
    Cancelled,
    /// Not fetched in time; points, stock and quota were returned.
    Expired,
}

/// A reward taken for points (兑换).
#[derive(Description)]
pub struct Redemption(pub rows::Model);

#[Object(use_type_description)]
impl Redemption {
    /// Id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The reward.
    async fn reward(&self, ctx: &Context<'_>) -> ApiResult<Reward> {
        let loader = loader::reward(ctx);
        let row = loader.load_one(self.0.reward_id).await.map_err(|error| Error::clone(&error))?;
        Ok(Reward(row.ok_or(Code::NotFound)?))
    }

    /// Who redeemed.
    async fn volunteer_id(&self) -> ID {
        self.0.volunteer_id.into()
    }

    /// How many.
    async fn quantity(&self) -> i64 {
        self.0.quantity
    }

    /// Points spent.
    async fn cost(&self) -> i64 {
        self.0.cost
    }

    /// How far it is.
    async fn state(&self) -> RedemptionState {
        self.0.state.into()
    }

    /// The one-time code to show at the desk; only for the member who redeemed, and only while reserved.
    async fn pickup_code(&self, ctx: &Context<'_>) -> Option<String> {
        let own = ctx.actor().is_ok_and(|actor| actor.volunteer.is_some_and(|volunteer| volunteer.id == self.0.volunteer_id));
        let shown = own && self.0.state == rows::RedemptionState::Reserved;
        shown.then(|| redemption::shown_code(&ctx.app().keys, &self.0))
    }

    /// To be fetched before this moment; then the points come back by themselves.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at.date_time()
    }

    /// When it was redeemed.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was fetched, cancelled or ran out.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.0.closed_at.map(entity::time::UtcMicros::date_time)
    }

    /// Why it was cancelled, where somebody said.
    async fn close_reason(&self) -> Option<&str> {
        self.0.close_reason.as_deref()
    }
}

connection_of!(RedemptionPage, Redemption, RedemptionNames, "RedemptionConnection", "RedemptionEdge");

/// Rewards by id, in one query a list.
pub struct RewardLoader(DatabaseConnection);

impl RewardLoader {
    /// A loader for one request.
    #[must_use]
    pub fn new(app: &App) -> DataLoader<Self> {
        DataLoader::new(Self(app.db.reader().clone()), tokio::spawn).delay(std::time::Duration::ZERO)
    }
}

impl Loader<RewardId> for RewardLoader {
    type Value = reward_rows::Model;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RewardId]) -> Result<HashMap<RewardId, Self::Value>, Self::Error> {
        let query = reward_rows::Entity::find().filter(reward_rows::Column::Id.is_in(keys.iter().copied()));
        let rows = query.all(&self.0).await.map_err(|error| Arc::new(Error::from(error)))?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

/// A reward to redeem.
#[derive(InputObject)]
pub struct RedeemRewardInput {
    /// The reward.
    reward_id: ID,
    /// How many, 1 to 100.
    #[graphql(default = 1)]
    quantity: i64,
    /// The whole price shown to the member, price × quantity; another price by now is refused with `PRICE_CHANGED`.
    cost: i64,
    /// Names this intention: make a new key for each confirmed tap and send the same key when an answer was lost.
    idempotency_key: String,
}

/// A redemption to take back.
#[derive(InputObject)]
pub struct CancelRedemptionInput {
    /// The redemption.
    id: ID,
    /// Why; the desk must say, the member may.
    reason: Option<String>,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

/// A pickup at the desk.
#[derive(InputObject)]
pub struct FulfilRedemptionInput {
    /// The code the member shows; spaces, hyphens and case do not matter.
    pickup_code: String,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

#[derive(Default)]
pub struct RedemptionQuery;

#[Object]
impl RedemptionQuery {
    /// What I redeemed, newest first.
    async fn my_redemptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state.")] state: Option<RedemptionState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RedemptionPage> {
        let page = args(first, after, last, before)?;
        let rows = redemption::list(ctx.app().db.reader(), ctx.actor()?, true, state.map(Into::into), &page).await?;
        Ok(of(rows, |row| (0, row.id.to_string()), Redemption))
    }

    /// Redemptions of my community, newest first (redemption desk and administrators).
    async fn redemptions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only in this state.")] state: Option<RedemptionState>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RedemptionPage> {
        let page = args(first, after, last, before)?;
        let rows = redemption::list(ctx.app().db.reader(), ctx.actor()?, false, state.map(Into::into), &page).await?;
        Ok(of(rows, |row| (0, row.id.to_string()), Redemption))
    }
}

#[derive(Default)]
pub struct RedemptionMutation;

#[Object]
impl RedemptionMutation {
    /// Spends my points on a reward and reserves it for me.
    async fn redeem_reward(&self, ctx: &Context<'_>, #[graphql(desc = "A reward to redeem.")] input: RedeemRewardInput) -> ApiResult<Redemption> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let order = Order { reward_id: parse(&input.reward_id, "rewardId")?, quantity: input.quantity, cost: input.cost };
        let policy = app.policies.today(app.db.reader(), actor.community_id, app.db.now().business_date()).await?;
        let row = redemption::redeem(&app.db, &app.keys, actor, policy.pickup_days, &input.idempotency_key, &order).await?;
        app.wake.notify_one();
        Ok(Redemption(row))
    }

    /// Takes a reservation back: points return at their old expiry, stock and quota are freed.
    async fn cancel_redemption(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A redemption to take back.")] input: CancelRedemptionInput,
    ) -> ApiResult<Redemption> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id: RedemptionId = parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let cancelled = redemption::cancel(&tx, actor, id, input.reason.as_deref());
        let id = idempotency::once(&tx, actor.account_id, "cancelRedemption", &input.idempotency_key, &(id, &input.reason), cancelled).await?;
        let row = redemption::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(Redemption(row))
    }

    /// Hands a reward out against the member's pickup code (redemption desk).
    async fn fulfil_redemption(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A pickup at the desk.")] input: FulfilRedemptionInput,
    ) -> ApiResult<Redemption> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        let fulfilled = redemption::fulfil(&tx, actor, &input.pickup_code);
        let id = idempotency::once(&tx, actor.account_id, "fulfilRedemption", &input.idempotency_key, &input.pickup_code, fulfilled).await?;
        let row = redemption::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(Redemption(row))
    }
}

/// The redemption behind an id, when it exists for the actor.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Redemption>> {
    let row = redemption::get(ctx.app().db.reader(), ctx.actor()?, parse(id, "id")?).await;
    Ok(found(row)?.map(Redemption))
}
