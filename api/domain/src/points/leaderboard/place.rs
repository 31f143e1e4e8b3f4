//! Where a record counts: the regions above its own, and the colour of its community.

use std::collections::HashMap;

use entity::id::RegionId;
use entity::team::TeamColour;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use crate::db::sql;
use crate::error::Result;

/// Regions asked for with one statement.
const CHUNK: usize = 500;

/// What the boards need to know of a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The community it is or lies in.
    pub community_id: Option<Uuid>,
    /// Ids from the province down to the region itself.
    pub line: Vec<Uuid>,
}

/// Regions read so far.
#[derive(Debug, Default)]
pub struct Places(HashMap<Uuid, Place>);

impl Places {
    /// Reads the regions that are not known yet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(&mut self, connection: &impl ConnectionTrait, ids: impl IntoIterator<Item = RegionId>) -> Result<()> {
        let mut missing: Vec<Uuid> = ids.into_iter().map(|id| id.0).filter(|id| !self.0.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        for chunk in missing.chunks(CHUNK) {
            let marks = (1..=chunk.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
            let statement = format!("SELECT id, community_id, path FROM region WHERE id IN ({marks})");
            for row in connection.query_all_raw(sql(connection, &statement, chunk.iter().map(|id| (*id).into()))).await? {
                let path: String = row.try_get("", "path")?;
                let place = Place { community_id: row.try_get("", "community_id")?, line: line_of(&path) };
                self.0.insert(row.try_get("", "id")?, place);
            }
        }
        Ok(())
    }

    /// The scopes something at `region_id` counts in: each region of its line, and its colour.
    #[must_use]
    pub fn scopes(&self, region_id: RegionId, colour: Option<TeamColour>) -> Vec<(Uuid, Option<TeamColour>)> {
        let Some(place) = self.0.get(&region_id.0) else { return Vec::new() };
        let mut scopes: Vec<_> = place.line.iter().map(|id| (*id, None)).collect();
        if let (Some(community_id), Some(colour)) = (place.community_id, colour) {
            scopes.push((community_id, Some(colour)));
        }
        scopes
    }
}

/// The ids in a region's path.
#[must_use]
pub fn line_of(path: &str) -> Vec<Uuid> {
    path.split('/').filter_map(|part| part.parse::<RegionId>().ok()).map(|id| id.0).collect()
}
