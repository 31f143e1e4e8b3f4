//! Visits between the community and units for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::community::unit_visit::{self, NewVisit};
use domain::error::Code;
use entity::id::UnitVisitId;
use entity::time::BusinessDate;
use entity::unit_visit as rows;

use crate::connection_of;
use crate::graphql::community::loader;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::{ContextExt, connection, id};

/// Who visits whom (双向走访).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::unit_visit::VisitDirection")]
pub enum VisitDirection {
    /// 社区走访单位: the community visits the unit.
    CommunityToUnit,
    /// 单位走访社区: the unit visits the community.
    UnitToCommunity,
}

/// A visit between the community and a unit (双向走访).
#[derive(Description)]
pub struct UnitVisit(pub rows::Model);

#[Object(use_type_description)]
impl UnitVisit {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        Ok(Unit(loader::of(ctx).load_one(self.0.unit_id).await?.ok_or(Code::NotFound)?))
    }

    /// Who visited whom.
    async fn direction(&self) -> VisitDirection {
        self.0.direction.into()
    }

    /// When.
    async fn visited_on(&self) -> NaiveDate {
        self.0.visited_on.naive()
    }

    /// What for.
    async fn purpose(&self) -> &str {
        &self.0.purpose
    }

    /// What came of it.
    async fn outcome(&self) -> &str {
        &self.0.outcome
    }

    /// How many visited.
    async fn people(&self) -> i32 {
        self.0.people
    }
}

connection_of!(UnitVisitPage, UnitVisit, UnitVisitNames, "UnitVisitConnection", "UnitVisitEdge");

/// A visit to write down.
#[derive(InputObject)]
pub struct FileUnitVisitInput {
    /// The unit.
    unit_id: ID,
    /// Who visited whom.
    direction: VisitDirection,
    /// When: today or up to a year ago.
    visited_on: NaiveDate,
    /// What for, 1 to 100 characters.
    purpose: String,
    /// What came of it, up to 1000 characters.
    #[graphql(default)]
    outcome: String,
    /// How many visited, 1 to 10000.
    people: i32,
    /// Names this intention; sending it again gives the same visit.
    idempotency_key: String,
}

#[derive(Default)]
pub struct UnitVisitQuery;

#[Object]
impl UnitVisitQuery {
    /// Visits between my community and its units, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn unit_visits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit.")] unit_id: Option<ID>,
        #[graphql(desc = "Only in this direction.")] direction: Option<VisitDirection>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<UnitVisitPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let unit_id = id::parse_opt(unit_id.as_ref(), "unitId")?;
        let rows = unit_visit::list(ctx.app().db.reader(), actor.community_id, unit_id, direction.map(Into::into), &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), UnitVisit))
    }
}

#[derive(Default)]
pub struct UnitVisitMutation;

#[Object]
impl UnitVisitMutation {
    /// Writes down a visit between the community and a unit (the unit's liaison, administrators).
    async fn file_unit_visit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A visit to write down.")] input: FileUnitVisitInput,
    ) -> ApiResult<UnitVisit> {
        let actor = ctx.actor()?;
        let new = NewVisit {
            unit_id: id::parse(&input.unit_id, "unitId")?,
            direction: input.direction.into(),
            visited_on: BusinessDate::from_naive(input.visited_on),
            purpose: input.purpose,
            outcome: input.outcome,
            people: input.people,
        };
        let tx = ctx.app().db.begin().await?;
        let id = unit_visit::file(&tx, actor, &input.idempotency_key, &new).await?;
        let row = unit_visit::get_in(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(UnitVisit(row))
    }
}

/// The visit behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<UnitVisit>> {
    let id = id::parse::<UnitVisitId>(id, "id")?;
    Ok(found(unit_visit::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(UnitVisit))
}
