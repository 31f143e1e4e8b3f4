//! The region tree as positions, parents first, and the middles of the regions.

use std::collections::HashMap;

use entity::id::{CommunityId, RegionId};
use sea_orm::DatabaseConnection;

use super::volunteer::Volunteers;
use super::{Frame, NeedRow, each};
use crate::error::Result;
use crate::exchange::matching::number;
use crate::exchange::matching::problem::{Place, Point};
use crate::exchange::point;

pub(super) struct Tree {
    pub places: Vec<Place>,
    pub positions: HashMap<RegionId, u32>,
}

/// Reads the regions of a community.
pub(super) async fn tree(connection: &DatabaseConnection, community_id: CommunityId) -> Result<Tree> {
    let text = "SELECT r.id, r.parent_id, r.depth FROM region r WHERE r.community_id = $1 ORDER BY r.depth, r.id";
    let mut tree = Tree { places: Vec::new(), positions: HashMap::new() };
    each(connection, text, vec![community_id.into()], |row| {
        let (id, parent): (RegionId, Option<RegionId>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let above = parent.and_then(|parent| tree.positions.get(&parent).copied());
        // The community itself comes first; a region whose parent is not of the community has no place in its tree.
        if above.is_some() || tree.places.is_empty() {
            let depth = above.map_or(0, |above| tree.places[above as usize].depth + 1);
            tree.positions.insert(id, number(tree.places.len()));
            tree.places.push(Place { parent: above, depth, at: None });
        }
        Ok(())
    })
    .await?;
    Ok(tree)
}

impl Frame {
    /// The position of a region; the community itself for one that was made a moment ago.
    pub(super) fn place(&self, id: RegionId) -> u32 {
        self.regions.get(&id).copied().unwrap_or_default()
    }

    /// A point on the plane.
    pub(super) fn plane(&self, at: point::Point) -> Option<Point> {
        let origin = self.origin?;
        let metres = |millionths: i64, of_degree: i64| i32::try_from(millionths * of_degree / 1_000_000).ok();
        let north = metres(at.latitude - origin.latitude, point::DEGREE_METRES)?;
        Some(Point { east: metres(at.longitude - origin.longitude, origin.longitude_metres())?, north })
    }
}

/// Works out the middle of each region from the cells that its volunteers set out from. A frame that has its middles keeps them.
pub(super) fn middles(frame: &mut Frame, volunteers: &Volunteers, needs: &[NeedRow]) {
    if frame.origin.is_some() {
        return;
    }
    let known = volunteers.rows.iter().filter_map(|row| Some((row.region_id, row.point?)));
    frame.origin = known.clone().map(|(_, at)| at).chain(needs.iter().filter_map(|row| row.point)).next();
    let mut sums: HashMap<RegionId, (i64, i64, i64)> = HashMap::new();
    for (region_id, at) in known {
        let sum = sums.entry(region_id).or_default();
        *sum = (sum.0 + at.latitude, sum.1 + at.longitude, sum.2 + 1);
    }
    for (region_id, (latitude, longitude, count)) in sums {
        let middle = point::Point { latitude: latitude / count, longitude: longitude / count };
        let at = frame.place(region_id) as usize;
        frame.places[at].at = frame.plane(middle);
    }
}
