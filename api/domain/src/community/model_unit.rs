//! Model units (共建示范单位, 典型引路): a unit held up for a year, with a word what for.
//!
//! Invariant: a unit is a model unit of a year at most once; what was taken back stays on record.

use entity::id::{CommunityId, ModelUnitId, UnitId};
use entity::model_unit::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::community::{unit, wording};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// The first year an award may be for.
const YEAR_MIN: i32 = 2000;

/// Awards a unit.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND` on `unitId`, `BAD_INPUT` on `year`, `REASON_REQUIRED`, `ALREADY_MODEL_UNIT`.
pub async fn award(tx: &Tx, actor: &Actor, unit_id: UnitId, year: i32, reason: &str) -> Result<Model> {
    actor.require(Action::AwardModelUnit, &actor.home())?;
    unit::get_of(&tx.connection, actor.community_id, unit_id, "unitId").await?;
    if !(YEAR_MIN..=tx.today().year()).contains(&year) {
        return Err(Error::from(Code::BadInput).on("year").with("min", YEAR_MIN).with("max", tx.today().year()));
    }
    let row = Model {
        id: ModelUnitId::new(tx.now),
        community_id: actor.community_id,
        unit_id,
        year,
        reason: wording::reason(reason)?,
        awarded_by: actor.account_id,
        awarded_at: tx.now,
        revoked_at: None,
        revoke_reason: None,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Takes an award back, with a word why. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`.
pub async fn revoke(tx: &Tx, actor: &Actor, id: ModelUnitId, reason: &str) -> Result<Model> {
    actor.require(Action::RevokeModelUnit, &actor.home())?;
    get_in(&tx.connection, actor, id).await?;
    let reason = wording::reason(reason)?;
    model_unit::Entity::update_many()
        .col_expr(model_unit::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(model_unit::Column::RevokeReason, Expr::value(reason))
        .filter(model_unit::Column::Id.eq(id))
        .filter(model_unit::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    get_in(&tx.connection, actor, id).await
}

/// An award of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: ModelUnitId) -> Result<Model> {
    let row = model_unit::Entity::find_by_id(id).filter(model_unit::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of the awards that stand, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, year: Option<i32>, page: &Page) -> Result<Rows<Model>> {
    let mut query =
        model_unit::Entity::find().filter(model_unit::Column::CommunityId.eq(community_id)).filter(model_unit::Column::RevokedAt.is_null());
    if let Some(year) = year {
        query = query.filter(model_unit::Column::Year.eq(year));
    }
    let order = ListOrder { key: None, id: model_unit::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, ModelUnitId>(query, order)?.all(connection).await?))
}
