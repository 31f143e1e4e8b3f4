//! The points store for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, MaybeUndefined, Object};
use chrono::{DateTime, Utc};
use domain::idempotency;
use domain::points::reward::{self, NewReward, RewardChange, RewardFilter};
use entity::id::RewardId;
use entity::reward as rows;

use crate::connection_of;
use crate::graphql::ContextExt;
use crate::graphql::connection::{args, of};
use crate::graphql::error::{ApiResult, found};
use crate::graphql::id::parse;

/// Whether a reward is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::reward::RewardState")]
pub enum RewardState {
    /// Offered.
    Active,
    /// No longer offered; reservations can still be fetched.
    Withdrawn,
}

/// An item of the points store (积分超市).
#[derive(Clone, Description)]
pub struct Reward(pub rows::Model);

#[Object(use_type_description)]
impl Reward {
    /// Id.
    pub async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Name.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What it is.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Code of the `REWARD_CATEGORY` list.
    async fn category(&self) -> &str {
        &self.0.category
    }

    /// Where it is fetched.
    async fn pickup_place(&self) -> &str {
        &self.0.pickup_place
    }

    /// Points for one.
    async fn price(&self) -> i64 {
        self.0.price
    }

    /// How many are left.
    async fn stock(&self) -> i64 {
        self.0.stock
    }

    /// Most a person may ever take; null for no limit.
    async fn per_person_max(&self) -> Option<i64> {
        self.0.per_person_max
    }

    /// Most a person may take a calendar month; null for no limit.
    async fn per_month_max(&self) -> Option<i64> {
        self.0.per_month_max
    }

    /// Whether it is offered.
    async fn state(&self) -> RewardState {
        self.0.state.into()
    }

    /// When it was entered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }
}

connection_of!(RewardPage, Reward, RewardNames, "RewardConnection", "RewardEdge");

/// How the catalogue is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
pub enum RewardOrder {
    /// Newest first.
    #[default]
    Newest,
    /// Cheapest first.
    Price,
}

/// What the catalogue is narrowed to.
#[derive(InputObject, Default)]
pub struct RewardFilterInput {
    /// Code of the `REWARD_CATEGORY` list.
    category: Option<String>,
    /// At most this price.
    price_max: Option<i64>,
    /// Only what is in stock.
    #[graphql(default = false)]
    in_stock: bool,
    /// The name holds this text.
    search: Option<String>,
    /// Also rewards no longer offered.
    #[graphql(default = false)]
    with_withdrawn: bool,
}

/// A reward to offer.
#[derive(InputObject)]
pub struct CreateRewardInput {
    /// Name, 1 to 60 characters.
    title: String,
    /// What it is, at most 1000 characters.
    #[graphql(default)]
    description: String,
    /// Code of the `REWARD_CATEGORY` list.
    category: String,
    /// Where it is fetched, 1 to 100 characters.
    pickup_place: String,
    /// Points for one, above zero.
    price: i64,
    /// First stock.
    #[graphql(default)]
    stock: i64,
    /// Most a person may ever take.
    per_person_max: Option<i64>,
    /// Most a person may take a calendar month.
    per_month_max: Option<i64>,
    /// Names this intention; sending it again gives the same reward.
    idempotency_key: String,
}

/// What of a reward to change; what is left out stays.
#[derive(InputObject)]
pub struct UpdateRewardInput {
    /// The reward.
    id: ID,
    /// Name.
    title: Option<String>,
    /// What it is.
    description: Option<String>,
    /// Where it is fetched.
    pickup_place: Option<String>,
    /// Points for one. Members who saw the old price are refused with `PRICE_CHANGED`.
    price: Option<i64>,
    /// Most a person may ever take; null lifts the limit.
    per_person_max: MaybeUndefined<i64>,
    /// Most a person may take a calendar month; null lifts the limit.
    per_month_max: MaybeUndefined<i64>,
    /// Offered or withdrawn.
    state: Option<RewardState>,
}

/// Stock that came in.
#[derive(InputObject)]
pub struct StockRewardInput {
    /// The reward.
    id: ID,
    /// How many came in, above zero.
    quantity: i64,
    /// Names this intention; sending it again changes nothing.
    idempotency_key: String,
}

#[derive(Default)]
pub struct RewardQuery;

#[Object]
impl RewardQuery {
    /// The catalogue of my community's points store.
    #[expect(clippy::too_many_arguments, reason = "the paging arguments of a connection")]
    async fn rewards(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to narrow the catalogue to.")] filter: Option<RewardFilterInput>,
        #[graphql(desc = "How to order it.", default)] order: RewardOrder,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RewardPage> {
        let actor = ctx.actor()?;
        let page = args(first, after, last, before)?;
        let asked = filter.unwrap_or_default();
        let by_price = order == RewardOrder::Price;
        let filter = RewardFilter {
            category: asked.category,
            price_max: asked.price_max,
            in_stock: asked.in_stock,
            search: asked.search,
            with_withdrawn: asked.with_withdrawn,
            by_price,
        };
        let rows = reward::list(ctx.app().db.reader(), actor, &filter, &page).await?;
        Ok(of(rows, move |row| (if by_price { row.price } else { 0 }, row.id.to_string()), Reward))
    }

    /// A reward of my community.
    async fn reward(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> ApiResult<Reward> {
        Ok(Reward(reward::get(ctx.app().db.reader(), ctx.actor()?, parse(&id, "id")?).await?))
    }
}

#[derive(Default)]
pub struct RewardMutation;

#[Object]
impl RewardMutation {
    /// Puts a reward into the catalogue (administrators and the redemption desk).
    async fn create_reward(&self, ctx: &Context<'_>, #[graphql(desc = "A reward to offer.")] input: CreateRewardInput) -> ApiResult<Reward> {
        let actor = ctx.actor()?;
        let new = NewReward {
            title: input.title,
            description: input.description,
            category: input.category,
            pickup_place: input.pickup_place,
            price: input.price,
            stock: input.stock,
            per_person_max: input.per_person_max,
            per_month_max: input.per_month_max,
        };
        let tx = ctx.app().db.begin().await?;
        let made = async { Ok(reward::create(&tx, actor, new.clone()).await?.id) };
        let id: RewardId = idempotency::once(&tx, actor.account_id, "createReward", &input.idempotency_key, &new, made).await?;
        let row = reward::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(Reward(row))
    }

    /// Changes a reward (administrators and the redemption desk).
    async fn update_reward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What of a reward to change; what is left out stays.")] input: UpdateRewardInput,
    ) -> ApiResult<Reward> {
        let actor = ctx.actor()?;
        let limit = |asked: MaybeUndefined<i64>| match asked {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(limit) => Some(Some(limit)),
        };
        let change = RewardChange {
            title: input.title,
            description: input.description,
            pickup_place: input.pickup_place,
            price: input.price,
            per_person_max: limit(input.per_person_max),
            per_month_max: limit(input.per_month_max),
            state: input.state.map(Into::into),
        };
        let tx = ctx.app().db.begin().await?;
        let row = reward::update(&tx, actor, parse(&input.id, "id")?, change).await?;
        tx.commit().await?;
        Ok(Reward(row))
    }

    /// Adds to a reward's stock (administrators and the redemption desk).
    async fn stock_reward(&self, ctx: &Context<'_>, #[graphql(desc = "Stock that came in.")] input: StockRewardInput) -> ApiResult<Reward> {
        let actor = ctx.actor()?;
        let id: RewardId = parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let stocked = reward::stock(&tx, actor, id, input.quantity);
        let id = idempotency::once(&tx, actor.account_id, "stockReward", &input.idempotency_key, &(id, input.quantity), stocked).await?;
        let row = reward::get(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(Reward(row))
    }
}

/// The reward behind an id, when it exists for the actor.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Reward>> {
    let row = reward::get(ctx.app().db.reader(), ctx.actor()?, parse(id, "id")?).await;
    Ok(found(row)?.map(Reward))
}
