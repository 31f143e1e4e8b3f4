//! How many grids have a unit, which have none, and who could take them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use entity::id::{RegionId, UnitId};
use entity::pairing::{self, PairingMode};
use entity::region as region_row;
use entity::unit_check_in;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{regions, row};
use crate::error::Result;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// How far the grids of a community are covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Regions on the level.
    pub regions: usize,
    /// Of them paired with at least one unit.
    pub paired: usize,
    /// Units that have checked in.
    pub units: usize,
    /// Of them paired with at least one place.
    pub units_paired: usize,
}

/// Who could take the grids that have no unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Unit and grid.
    pub pairs: Vec<(UnitId, RegionId)>,
    /// Grids that stay over.
    pub left: Vec<RegionId>,
}

/// What pairing starts from.
struct Standing {
    /// Regions on the level, oldest first.
    regions: Vec<RegionId>,
    /// Units that have checked in, in the order they did.
    units: Vec<UnitId>,
    /// Pairings that stand: unit, place, whether it is the region itself, mode.
    pairings: Vec<pairing::Model>,
}

impl Standing {
    async fn read(connection: &impl ConnectionTrait, actor: &Actor, position: i32) -> Result<Self> {
        let regions = regions(connection, actor, position).await?.order_by_asc(region_row::Column::Id).all(connection).await?;
        let units = unit_check_in::Entity::find()
            .filter(unit_check_in::Column::CommunityId.eq(actor.community_id))
            .filter(unit_check_in::Column::EndedAt.is_null())
            .order_by_asc(unit_check_in::Column::Id)
            .all(connection)
            .await?;
        let pairings = pairing::Entity::find()
            .filter(pairing::Column::CommunityId.eq(actor.community_id))
            .filter(pairing::Column::EndedAt.is_null())
            .all(connection)
            .await?;
        Ok(Self { regions: regions.into_iter().map(|row| row.id).collect(), units: units.into_iter().map(|row| row.unit_id).collect(), pairings })
    }

    /// Regions that are paired as such, not by a street or lane in them.
    fn covered(&self) -> HashSet<RegionId> {
        self.pairings.iter().filter(|row| row.name.is_empty()).map(|row| row.region_id).collect()
    }
}

/// How far the regions on a level are covered (administrators).
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT` on `position`.
pub async fn coverage(connection: &impl ConnectionTrait, actor: &Actor, position: i32) -> Result<Coverage> {
    actor.require(Action::ReadPairingCoverage, &actor.home())?;
    let standing = Standing::read(connection, actor, position).await?;
    let covered = standing.covered();
    let busy: HashSet<UnitId> = standing.pairings.iter().map(|row| row.unit_id).collect();
    Ok(Coverage {
        regions: standing.regions.len(),
        paired: standing.regions.iter().filter(|id| covered.contains(id)).count(),
        units: standing.units.len(),
        units_paired: standing.units.iter().filter(|id| busy.contains(id)).count(),
    })
}

/// A page of the regions on a level that no unit is paired with, oldest first.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT` on `position`, `BAD_CURSOR`.
pub async fn unpaired(connection: &impl ConnectionTrait, actor: &Actor, position: i32, page: &Page) -> Result<Rows<region_row::Model>> {
    actor.require(Action::ReadPairingCoverage, &actor.home())?;
    let query = regions(connection, actor, position).await?.filter(region_row::Column::Id.not_in_subquery(covered_sql(actor)));
    let order = ListOrder { key: None, id: region_row::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, RegionId>(query, order)?.all(connection).await?))
}

fn covered_sql(actor: &Actor) -> SelectStatement {
    Query::select()
        .column(pairing::Column::RegionId)
        .from(pairing::Entity)
        .and_where(pairing::Column::CommunityId.eq(actor.community_id))
        .and_where(pairing::Column::EndedAt.is_null())
        .and_where(pairing::Column::Name.eq(""))
        .to_owned()
}

/// Proposes units that have checked in for the regions on a level that have none. By 1+1 every unit without such a partner takes one; by N+1 the
/// units with the fewest pairings take them in turn. The same standing gives the same plan.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT` on `position`.
pub async fn plan(connection: &impl ConnectionTrait, actor: &Actor, position: i32, mode: PairingMode) -> Result<Plan> {
    actor.require(Action::PairUnits, &actor.home())?;
    let standing = Standing::read(connection, actor, position).await?;
    let covered = standing.covered();
    let open: Vec<RegionId> = standing.regions.iter().copied().filter(|id| !covered.contains(id)).collect();
    let one: HashSet<UnitId> = standing.pairings.iter().filter(|row| row.mode == PairingMode::OneToOne).map(|row| row.unit_id).collect();
    let mut load: HashMap<UnitId, usize> = HashMap::new();
    for row in &standing.pairings {
        *load.entry(row.unit_id).or_default() += 1;
    }
    let units: Vec<(UnitId, usize)> = match mode {
        PairingMode::OneToOne => standing.units.iter().filter(|id| !one.contains(id)).map(|id| (*id, 0)).collect(),
        PairingMode::ManyToOne => standing.units.iter().map(|id| (*id, load.get(id).copied().unwrap_or_default())).collect(),
    };
    Ok(share(&open, &units, mode))
}

/// Gives each place to the unit with the fewest, the earlier of equals; by 1+1 each unit takes one.
fn share(open: &[RegionId], units: &[(UnitId, usize)], mode: PairingMode) -> Plan {
    let mut free: BinaryHeap<Reverse<(usize, usize)>> = units.iter().enumerate().map(|(at, (_, load))| Reverse((*load, at))).collect();
    let mut pairs = Vec::new();
    for region_id in open {
        let Some(Reverse((load, at))) = free.pop() else { break };
        pairs.push((units[at].0, *region_id));
        if mode == PairingMode::ManyToOne {
            free.push(Reverse((load + 1, at)));
        }
    }
    let left = open[pairs.len()..].to_vec();
    Plan { pairs, left }
}

/// Pairs units and regions as the plan of this moment says.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT` on `position`; `ALREADY_PAIRED` when somebody paired one of them at the same moment.
pub async fn carry_out(tx: &Tx, actor: &Actor, position: i32, mode: PairingMode) -> Result<Plan> {
    let plan = plan(&tx.connection, actor, position, mode).await?;
    let rows = plan.pairs.iter().map(|(unit_id, region_id)| row(tx, actor, *unit_id, *region_id, mode).into_active_model());
    tx.insert_all(rows.collect(), None).await?;
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use entity::id::{RegionId, UnitId};
    use entity::pairing::PairingMode;
    use entity::time::UtcMicros;

    use super::share;

    #[test]
    fn one_to_one_leaves_what_is_more_and_many_to_one_leaves_nothing() {
        let now = UtcMicros(1_790_000_000_000_000);
        let open: Vec<RegionId> = (0..118).map(|_| RegionId::new(now)).collect();
        let units: Vec<(UnitId, usize)> = (0..104).map(|_| (UnitId::new(now), 0)).collect();
        let one = share(&open, &units, PairingMode::OneToOne);
        assert_eq!((one.pairs.len(), one.left.len()), (104, 14));
        let many = share(&open, &units, PairingMode::ManyToOne);
        assert_eq!((many.pairs.len(), many.left.len()), (118, 0));
        let most = units.iter().map(|(id, _)| many.pairs.iter().filter(|pair| pair.0 == *id).count()).max();
        assert_eq!(most, Some(2), "nobody takes three while another has one");
        assert_eq!(many, share(&open, &units, PairingMode::ManyToOne));
        assert!(share(&open, &[], PairingMode::ManyToOne).pairs.is_empty());
    }
}
