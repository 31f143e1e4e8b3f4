//! Model units for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::community::model_unit;
use domain::error::Code;
use entity::id::ModelUnitId;
use entity::model_unit as rows;
use entity::time::UtcMicros;

use crate::connection_of;
use crate::graphql::community::loader;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::{ContextExt, connection, id};

/// A unit held up as a model of co-building for a year (共建示范单位).
#[derive(Description)]
pub struct ModelUnit(pub rows::Model);

#[Object(use_type_description)]
impl ModelUnit {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        Ok(Unit(loader::of(ctx).load_one(self.0.unit_id).await?.ok_or(Code::NotFound)?))
    }

    /// For which year.
    async fn year(&self) -> i32 {
        self.0.year
    }

    /// What for.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When it was awarded.
    async fn awarded_at(&self) -> DateTime<Utc> {
        self.0.awarded_at.date_time()
    }

    /// When it was taken back.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at.map(UtcMicros::date_time)
    }
}

connection_of!(ModelUnitPage, ModelUnit, ModelUnitNames, "ModelUnitConnection", "ModelUnitEdge");

/// A unit to hold up as a model.
#[derive(InputObject)]
pub struct AwardModelUnitInput {
    /// The unit.
    unit_id: ID,
    /// For which year; this one or an earlier.
    year: i32,
    /// What for, 1 to 200 characters.
    reason: String,
}

/// An award to take back.
#[derive(InputObject)]
pub struct RevokeModelUnitInput {
    /// The award.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

#[derive(Default)]
pub struct ModelUnitQuery;

#[Object]
impl ModelUnitQuery {
    /// The model units of my community, newest award first; without those that were taken back.
    async fn model_units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this year.")] year: Option<i32>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ModelUnitPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = model_unit::list(ctx.app().db.reader(), actor.community_id, year, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), ModelUnit))
    }
}

#[derive(Default)]
pub struct ModelUnitMutation;

#[Object]
impl ModelUnitMutation {
    /// Holds a unit up as a model of co-building for a year (administrators).
    async fn award_model_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A unit to hold up as a model.")] input: AwardModelUnitInput,
    ) -> ApiResult<ModelUnit> {
        let actor = ctx.actor()?;
        let unit_id = id::parse(&input.unit_id, "unitId")?;
        let tx = ctx.app().db.begin().await?;
        let row = model_unit::award(&tx, actor, unit_id, input.year, &input.reason).await?;
        tx.commit().await?;
        Ok(ModelUnit(row))
    }

    /// Takes an award back; again changes nothing (administrators).
    async fn revoke_model_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An award to take back.")] input: RevokeModelUnitInput,
    ) -> ApiResult<ModelUnit> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = model_unit::revoke(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(ModelUnit(row))
    }
}

/// The award behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<ModelUnit>> {
    let id = id::parse::<ModelUnitId>(id, "id")?;
    Ok(found(model_unit::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(ModelUnit))
}
