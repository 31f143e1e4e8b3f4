//! Rewards (兑换品): the catalogue of the points store and its stock.
//!
//! Stock is only ever added to here and taken by redemptions. A changed price does not touch what was redeemed before; a member who saw the old
//! price is refused with `PRICE_CHANGED`.
//!
//! Invariant I7: stock + what reserved and fulfilled redemptions hold = loaded.

use entity::id::RewardId;
use entity::reward::{self, RewardState};
use entity::taxonomy_term::TaxonomyKind;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use crate::community::taxonomy;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Most of one reward that can be loaded at once.
pub const LOAD_MAX: i64 = 1_000_000;

/// A reward to offer.
#[derive(Clone, Debug, Serialize)]
pub struct NewReward {
    /// Name, 1 to 60 characters.
    pub title: String,
    /// What it is, at most 1000 characters.
    pub description: String,
    /// Code of the `REWARD_CATEGORY` list.
    pub category: String,
    /// Where it is fetched.
    pub pickup_place: String,
    /// Points for one, above zero.
    pub price: i64,
    /// First stock, 0 to [`LOAD_MAX`].
    pub stock: i64,
    /// Most a person may ever take.
    pub per_person_max: Option<i64>,
    /// Most a person may take a month.
    pub per_month_max: Option<i64>,
}

/// What of a reward is to be changed; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct RewardChange {
    /// Name.
    pub title: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Where it is fetched.
    pub pickup_place: Option<String>,
    /// Points for one.
    pub price: Option<i64>,
    /// Most a person may ever take; `Some(None)` lifts the limit.
    pub per_person_max: Option<Option<i64>>,
    /// Most a person may take a month; `Some(None)` lifts the limit.
    pub per_month_max: Option<Option<i64>>,
    /// Offered or withdrawn.
    pub state: Option<RewardState>,
}

/// What a list of rewards is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct RewardFilter {
    /// Code of the `REWARD_CATEGORY` list.
    pub category: Option<String>,
    /// At most this price.
    pub price_max: Option<i64>,
    /// Only what is in stock.
    pub in_stock: bool,
    /// Title holds this text.
    pub search: Option<String>,
    /// Also withdrawn ones.
    pub with_withdrawn: bool,
    /// Cheapest first instead of newest first.
    pub by_price: bool,
}

/// Puts a reward into the catalogue.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT`, `TAXONOMY_UNKNOWN`.
pub async fn create(tx: &Tx, actor: &Actor, new: NewReward) -> Result<reward::Model> {
    actor.require(Action::CreateReward, &actor.home())?;
    check_text(&new.title, 60, "title")?;
    check_text(&new.pickup_place, 100, "pickupPlace")?;
    if new.description.chars().count() > 1000 {
        return Err(Error::from(Code::BadInput).on("description").with("max", 1000));
    }
    check_range(new.price, 1, "price")?;
    check_range(new.stock, 0, "stock")?;
    check_limits(new.per_person_max, new.per_month_max)?;
    taxonomy::get(&tx.connection, actor.community_id, TaxonomyKind::RewardCategory, &new.category, "category").await?;
    let row = reward::ActiveModel {
        id: Set(RewardId::new(tx.now)),
        community_id: Set(actor.community_id),
        title: Set(new.title),
        description: Set(new.description),
        category: Set(new.category),
        pickup_place: Set(new.pickup_place),
        price: Set(new.price),
        stock: Set(new.stock),
        loaded: Set(new.stock),
        per_person_max: Set(new.per_person_max),
        per_month_max: Set(new.per_month_max),
        state: Set(RewardState::Active),
        created_at: Set(tx.now),
    };
    Ok(row.insert(&tx.connection).await?)
}

/// Changes a reward's words, price, limits or state; stock is left to [`stock`].
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT`.
pub async fn update(tx: &Tx, actor: &Actor, id: RewardId, change: RewardChange) -> Result<reward::Model> {
    actor.require(Action::UpdateReward, &actor.home())?;
    let mut query = reward::Entity::update_many();
    for (text, max, column, field) in [
        (&change.title, 60, reward::Column::Title, "title"),
        (&change.description, 1000, reward::Column::Description, "description"),
        (&change.pickup_place, 100, reward::Column::PickupPlace, "pickupPlace"),
    ] {
        if let Some(text) = text {
            check_text(text, max, field)?;
            query = query.col_expr(column, Expr::value(text.as_str()));
        }
    }
    if let Some(price) = change.price {
        check_range(price, 1, "price")?;
        query = query.col_expr(reward::Column::Price, Expr::value(price));
    }
    check_limits(change.per_person_max.flatten(), change.per_month_max.flatten())?;
    for (limit, column) in [(change.per_person_max, reward::Column::PerPersonMax), (change.per_month_max, reward::Column::PerMonthMax)] {
        if let Some(limit) = limit {
            query = query.col_expr(column, Expr::value(limit));
        }
    }
    let state = change.state.map_or(Expr::col(reward::Column::State), Expr::value);
    let rows = query
        .col_expr(reward::Column::State, state)
        .filter(reward::Column::Id.eq(id))
        .filter(reward::Column::CommunityId.eq(actor.community_id))
        .exec_with_returning(&tx.connection)
        .await?;
    rows.into_iter().next().ok_or_else(|| Code::NotFound.into())
}

/// Adds to the stock.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT` for a quantity outside 1 to [`LOAD_MAX`].
pub async fn stock(tx: &Tx, actor: &Actor, id: RewardId, quantity: i64) -> Result<RewardId> {
    actor.require(Action::StockReward, &actor.home())?;
    check_range(quantity, 1, "quantity")?;
    let changed = reward::Entity::update_many()
        .col_expr(reward::Column::Stock, Expr::col(reward::Column::Stock).add(quantity))
        .col_expr(reward::Column::Loaded, Expr::col(reward::Column::Loaded).add(quantity))
        .filter(reward::Column::Id.eq(id))
        .filter(reward::Column::CommunityId.eq(actor.community_id))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 { Err(Code::NotFound.into()) } else { Ok(id) }
}

/// A reward of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: RewardId) -> Result<reward::Model> {
    let row = reward::Entity::find_by_id(id).filter(reward::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of the actor's community's catalogue.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: &RewardFilter, page: &Page) -> Result<Rows<reward::Model>> {
    let mut query = reward::Entity::find().filter(reward::Column::CommunityId.eq(actor.community_id));
    if !filter.with_withdrawn {
        query = query.filter(reward::Column::State.eq(RewardState::Active));
    }
    if let Some(category) = &filter.category {
        query = query.filter(reward::Column::Category.eq(category));
    }
    if let Some(max) = filter.price_max {
        query = query.filter(reward::Column::Price.lte(max));
    }
    if filter.in_stock {
        query = query.filter(reward::Column::Stock.gt(0));
    }
    if let Some(text) = filter.search.as_deref().filter(|text| !text.is_empty()) {
        let plain = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(reward::Column::Title.like(LikeExpr::new(format!("%{plain}%")).escape('\\')));
    }
    let order = if filter.by_price {
        ListOrder { key: Some(reward::Column::Price), id: reward::Column::Id, descending: false }
    } else {
        ListOrder { key: None, id: reward::Column::Id, descending: true }
    };
    Ok(page.rows(page.select::<_, RewardId>(query, order)?.all(connection).await?))
}

fn check_text(text: &str, max: usize, field: &'static str) -> Result<()> {
    if text.trim().is_empty() || text.chars().count() > max {
        return Err(Error::from(Code::BadInput).on(field).with("max", max));
    }
    Ok(())
}

fn check_range(number: i64, min: i64, field: &'static str) -> Result<()> {
    if (min..=LOAD_MAX).contains(&number) { Ok(()) } else { Err(Error::from(Code::BadInput).on(field).with("min", min).with("max", LOAD_MAX)) }
}

fn check_limits(per_person: Option<i64>, per_month: Option<i64>) -> Result<()> {
    for (limit, field) in [(per_person, "perPersonMax"), (per_month, "perMonthMax")] {
        limit.map_or(Ok(()), |limit| check_range(limit, 1, field))?;
    }
    Ok(())
}
