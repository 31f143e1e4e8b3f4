//! Pairing for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::community::pairing::{self, Filter, NewPairing};
use domain::error::Code;
use entity::id::{PairingId, RegionId, UnitId};
use entity::pairing as rows;
use entity::time::UtcMicros;

use crate::connection_of;
use crate::graphql::community::loader;
use crate::graphql::community::region::{Region, RegionPage};
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::{ContextExt, connection, id};

/// What a unit is paired with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::pairing::PairingKind")]
pub enum PairingKind {
    /// 网格.
    Grid,
    /// 小区.
    Estate,
    /// 街: by its name, in a region.
    Street,
    /// 巷: by its name, in a region.
    Lane,
}

/// How a unit is paired.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::pairing::PairingMode")]
pub enum PairingMode {
    /// 1+1: the unit has one such partner, and the partner one such unit.
    OneToOne,
    /// N+1: on top of that, either may have several.
    ManyToOne,
}

/// A unit paired with a place (结对共建).
#[derive(Description)]
pub struct Pairing(pub rows::Model);

#[Object(use_type_description)]
impl Pairing {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        unit(ctx, self.0.unit_id).await
    }

    /// The grid or estate, or the region that the street or lane lies in.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        region(ctx, self.0.region_id).await
    }

    /// What it is paired with.
    async fn kind(&self) -> PairingKind {
        self.0.kind.into()
    }

    /// Name of the street or lane.
    async fn name(&self) -> Option<&str> {
        Some(self.0.name.as_str()).filter(|name| !name.is_empty())
    }

    /// 1+1 or N+1.
    async fn mode(&self) -> PairingMode {
        self.0.mode.into()
    }

    /// Since when.
    async fn paired_at(&self) -> DateTime<Utc> {
        self.0.paired_at.date_time()
    }

    /// Until when; none while it stands.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at.map(UtcMicros::date_time)
    }

    /// Why it was ended.
    async fn end_reason(&self) -> Option<&str> {
        self.0.end_reason.as_deref()
    }
}

connection_of!(PairingPage, Pairing, PairingNames, "PairingConnection", "PairingEdge");

async fn unit(ctx: &Context<'_>, id: UnitId) -> ApiResult<Unit> {
    Ok(Unit(loader::of(ctx).load_one(id).await?.ok_or(Code::NotFound)?))
}

async fn region(ctx: &Context<'_>, id: RegionId) -> ApiResult<Region> {
    Ok(Region(loader::of(ctx).load_one(id).await?.ok_or(Code::NotFound)?))
}

/// How far the grids of my community are covered by units.
#[derive(SimpleObject)]
pub struct PairingCoverage {
    /// Regions on the level.
    regions: usize,
    /// Of them paired with at least one unit.
    paired: usize,
    /// Of them paired with none.
    unpaired: usize,
    /// Units that have checked in.
    units: usize,
    /// Of them paired with at least one place.
    units_paired: usize,
}

/// A unit and the grid it could take.
#[derive(Description)]
pub struct PlannedPairing(UnitId, RegionId);

#[Object(use_type_description)]
impl PlannedPairing {
    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        unit(ctx, self.0).await
    }

    /// The grid.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        region(ctx, self.1).await
    }
}

/// Who could take the grids that have no unit.
#[derive(Description)]
pub struct PairingPlan(pairing::Plan);

#[Object(use_type_description)]
impl PairingPlan {
    /// Units and grids, grids in the order they were made.
    async fn pairs(&self) -> Vec<PlannedPairing> {
        self.0.pairs.iter().map(|(unit_id, region_id)| PlannedPairing(*unit_id, *region_id)).collect()
    }

    /// Grids that stay over.
    async fn left(&self, ctx: &Context<'_>) -> ApiResult<Vec<Region>> {
        let mut rows = loader::of(ctx).load_many(self.0.left.iter().copied()).await?;
        Ok(self.0.left.iter().filter_map(|id| rows.remove(id)).map(Region).collect())
    }
}

/// A unit to pair with a place.
#[derive(InputObject)]
pub struct PairUnitInput {
    /// The unit.
    unit_id: ID,
    /// The grid or estate, or the region that the street or lane lies in.
    region_id: ID,
    /// What it is.
    kind: PairingKind,
    /// Name of the street or lane, 1 to 40 characters; of them alone.
    name: Option<String>,
    /// 1+1 or N+1.
    mode: PairingMode,
}

/// Grids to give to units as the plan of this moment says.
#[derive(InputObject)]
pub struct PairUnitsInput {
    /// Level of the regions: 2 lies directly below the community.
    position: i32,
    /// 1+1: each unit without such a partner takes one. N+1: the units with the fewest take them in turn.
    mode: PairingMode,
}

/// A pairing to end.
#[derive(InputObject)]
pub struct EndPairingInput {
    /// The pairing.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

#[derive(Default)]
pub struct PairingQuery;

#[Object]
impl PairingQuery {
    /// Pairings of my community, oldest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn pairings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this unit.")] unit_id: Option<ID>,
        #[graphql(desc = "Only with this region.")] region_id: Option<ID>,
        #[graphql(desc = "Also those that have ended.", default = false)] with_past: bool,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<PairingPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let filter =
            Filter { unit_id: id::parse_opt(unit_id.as_ref(), "unitId")?, region_id: id::parse_opt(region_id.as_ref(), "regionId")?, with_past };
        let rows = pairing::list(ctx.app().db.reader(), actor.community_id, filter, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Pairing))
    }

    /// How far the regions on a level are covered by units (administrators).
    async fn pairing_coverage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The level: 2 lies directly below the community.")] position: i32,
    ) -> ApiResult<PairingCoverage> {
        let sum = pairing::coverage(ctx.app().db.reader(), ctx.actor()?, position).await?;
        let unpaired = sum.regions - sum.paired;
        Ok(PairingCoverage { regions: sum.regions, paired: sum.paired, unpaired, units: sum.units, units_paired: sum.units_paired })
    }

    /// The regions on a level that no unit is paired with, oldest first (administrators).
    async fn unpaired_regions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The level: 2 lies directly below the community.")] position: i32,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RegionPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = pairing::unpaired(ctx.app().db.reader(), ctx.actor()?, position, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Region))
    }

    /// Who could take the regions on a level that have no unit; nothing is written (administrators).
    async fn pairing_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The level: 2 lies directly below the community.")] position: i32,
        #[graphql(desc = "1+1 or N+1.")] mode: PairingMode,
    ) -> ApiResult<PairingPlan> {
        Ok(PairingPlan(pairing::plan(ctx.app().db.reader(), ctx.actor()?, position, mode.into()).await?))
    }
}

#[derive(Default)]
pub struct PairingMutation;

#[Object]
impl PairingMutation {
    /// Pairs a unit with a grid, an estate, a street or a lane (administrators).
    async fn pair_unit(&self, ctx: &Context<'_>, #[graphql(desc = "A unit to pair with a place.")] input: PairUnitInput) -> ApiResult<Pairing> {
        let actor = ctx.actor()?;
        let new = NewPairing {
            unit_id: id::parse(&input.unit_id, "unitId")?,
            region_id: id::parse(&input.region_id, "regionId")?,
            kind: input.kind.into(),
            name: input.name,
            mode: input.mode.into(),
        };
        let tx = ctx.app().db.begin().await?;
        let row = pairing::pair(&tx, actor, &new).await?;
        tx.commit().await?;
        Ok(Pairing(row))
    }

    /// Gives the regions on a level that have no unit to units that have checked in, as the plan of this moment says (administrators). Again gives
    /// what is left then.
    async fn pair_units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Grids to give to units as the plan of this moment says.")] input: PairUnitsInput,
    ) -> ApiResult<PairingPlan> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let plan = pairing::carry_out(&tx, actor, input.position, input.mode.into()).await?;
        tx.commit().await?;
        Ok(PairingPlan(plan))
    }

    /// Ends a pairing; again changes nothing (administrators).
    async fn end_pairing(&self, ctx: &Context<'_>, #[graphql(desc = "A pairing to end.")] input: EndPairingInput) -> ApiResult<Pairing> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = pairing::end(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(Pairing(row))
    }
}

/// The pairing behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Pairing>> {
    let id = id::parse::<PairingId>(id, "id")?;
    Ok(found(pairing::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(Pairing))
}
