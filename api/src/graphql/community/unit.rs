//! Local units for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use domain::community::unit::{self, NewUnit};
use entity::id::UnitId;
use entity::unit as unit_row;

use crate::connection_of;
use crate::graphql::community::loader;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// A local unit (驻区单位): a company, school, property firm or agency that may sponsor teams.
#[derive(Description)]
pub struct Unit(pub unit_row::Model);

#[Object(use_type_description)]
impl Unit {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Code of the `UNIT_KIND` list.
    async fn kind(&self) -> &str {
        &self.0.kind
    }
}

connection_of!(UnitPage, Unit, UnitNames, "UnitConnection", "UnitEdge");

/// A unit to enter.
#[derive(InputObject)]
pub struct CreateUnitInput {
    /// Name, 1 to 60 characters.
    name: String,
    /// Code of the `UNIT_KIND` list.
    kind: String,
}

#[derive(Default)]
pub struct UnitQuery;

#[Object]
impl UnitQuery {
    /// The units of my community, in the order they were entered.
    async fn units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this code of the UNIT_KIND list.")] kind: Option<String>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<UnitPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let rows = unit::list(ctx.app().db.reader(), actor.community_id, kind.as_deref(), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Unit))
    }
}

#[derive(Default)]
pub struct UnitMutation;

#[Object]
impl UnitMutation {
    /// Enters a local unit in my community (administrators).
    async fn create_unit(&self, ctx: &Context<'_>, #[graphql(desc = "A unit to enter.")] input: CreateUnitInput) -> ApiResult<Unit> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let row = unit::create(&tx, actor, &NewUnit { name: input.name, kind: input.kind }).await?;
        tx.commit().await?;
        Ok(Unit(row))
    }
}

/// The unit behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Unit>> {
    let actor = ctx.actor()?;
    let row = loader::of(ctx).load_one(id::parse::<UnitId>(id, "id")?).await?;
    Ok(row.filter(|row| row.community_id == actor.community_id).map(Unit))
}
