//! Where rows of the area lie: the place the permission table is asked about, and the same question as a filter of lists.

use std::collections::{BTreeSet, HashMap};

use entity::id::{CommunityId, RegionId, TeamId};
use entity::region;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::community::region as regions;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor, Place};

/// The paths of regions; a region that is not there has none.
///
/// # Errors
/// When the database cannot be read.
pub async fn paths(connection: &impl ConnectionTrait, ids: impl IntoIterator<Item = RegionId>) -> Result<HashMap<RegionId, String>> {
    let ids: BTreeSet<RegionId> = ids.into_iter().collect();
    let rows = region::Entity::find().select_only().columns([region::Column::Id, region::Column::Path]).filter(region::Column::Id.is_in(ids));
    Ok(rows.into_tuple().all(connection).await?.into_iter().collect())
}

/// The place of a row that counts for a region, and belongs to a team or to none.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, community_id: CommunityId, region_id: RegionId, team_id: Option<TeamId>) -> Result<Place> {
    let path = paths(connection, [region_id]).await?.remove(&region_id).ok_or_else(|| Error::internal("a row lies in no region"))?;
    Ok(Place { community_id, path, team_id })
}

/// The regions at and below `path`, as a subquery of ids; naming the community they lie in spares a walk over the whole country.
#[must_use]
pub fn below(path: &str, community_id: Option<CommunityId>) -> SelectStatement {
    let mut query = Query::select().column(region::Column::Id).from(region::Entity).and_where(regions::path_begins(path)).to_owned();
    if let Some(community_id) = community_id {
        query.and_where(region::Column::CommunityId.eq(community_id));
    }
    query
}

/// The rows for which the actor may do `action`, by their region and team columns.
///
/// # Errors
/// `FORBIDDEN` when no grant allows it anywhere.
pub fn within<C: ColumnTrait>(actor: &Actor, action: Action, region: C, team: C) -> Result<Condition> {
    let mut reach = Condition::any();
    for grant in actor.grants.iter().filter(|grant| action.roles().contains(&grant.role)) {
        match (&grant.path, grant.team_id) {
            (Some(path), _) => {
                let at_home = path.starts_with(&actor.community_path).then_some(actor.community_id);
                reach = reach.add(region.in_subquery(below(path, at_home)));
            }
            (None, Some(team_id)) => reach = reach.add(team.eq(team_id)),
            (None, None) => {}
        }
    }
    // An empty condition would let every row through.
    if reach.is_empty() { Err(Code::Forbidden.into()) } else { Ok(reach) }
}
