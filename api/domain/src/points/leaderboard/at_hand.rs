//! What reads keep at hand for a few seconds, so that a page of a board costs no query for names.
//!
//! Invariant: a volunteer's name is masked unless the person agreed to be named; a change of mind shows at once in the process
//! that took it, within [`NAMES_LAST`] in the others.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use entity::id::{RegionId, TeamId, UnitId, VolunteerId};
use entity::leaderboard_board::BoardSubject;
use moka::sync::Cache;
use sea_orm::{ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::BoardKey;
use super::place::line_of;
use crate::db::sql;
use crate::error::{Code, Result};
use crate::people::volunteer::mask;

/// How long a name is kept at hand.
pub const NAMES_LAST: Duration = Duration::from_secs(10);
/// Most names kept at hand.
const NAMES_MAX: usize = 100_000;
/// How long the place of a region in the tree is kept at hand.
const LINES_LAST: Duration = Duration::from_mins(1);

/// A member as readers see it.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    /// Its outside id.
    pub id: String,
    /// Its name, masked where it has to be.
    pub name: String,
}

/// Names read since a moment. A page asks for five and twenty at once, so they stand in one plain map that is emptied as a whole.
struct Names {
    since: Instant,
    read: HashMap<Uuid, Arc<Named>>,
}

/// Names, places in the tree and ids of boards read lately.
pub struct AtHand {
    names: RwLock<Names>,
    lines: Cache<Uuid, Arc<str>>,
    boards: Cache<BoardKey, i64>,
}

impl Default for AtHand {
    fn default() -> Self {
        Self {
            names: RwLock::new(Names { since: Instant::now(), read: HashMap::new() }),
            lines: Cache::builder().max_capacity(20_000).time_to_live(LINES_LAST).build(),
            boards: Cache::builder().max_capacity(20_000).time_to_live(LINES_LAST).build(),
        }
    }
}

impl AtHand {
    /// The names of members, each in the place of its id; none for who is gone. All that are not at hand are read with one query.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn names(&self, connection: &impl ConnectionTrait, subject: BoardSubject, ids: &[Uuid]) -> Result<Vec<Option<Arc<Named>>>> {
        let mut found = self.known(ids);
        let mut missing: Vec<Uuid> = ids.iter().zip(&found).filter(|(_, named)| named.is_none()).map(|(id, _)| *id).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        missing.sort_unstable();
        missing.dedup();
        let columns = match subject {
            BoardSubject::Volunteer => "id, name, publishes_name FROM volunteer",
            BoardSubject::Team => "id, name, TRUE AS publishes_name FROM team",
            BoardSubject::Unit => "id, name, TRUE AS publishes_name FROM unit",
            BoardSubject::Grid => "id, name, TRUE AS publishes_name FROM region",
        };
        let marks = (1..=missing.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
        let statement = format!("SELECT {columns} WHERE id IN ({marks})");
        let mut read = HashMap::new();
        for row in connection.query_all_raw(sql(connection, &statement, missing.into_iter().map(Into::into))).await? {
            let (id, named) = named(subject, &row)?;
            read.insert(id, Arc::new(named));
        }
        self.keep(&read);
        for (id, named) in ids.iter().zip(&mut found).filter(|(_, named)| named.is_none()) {
            *named = read.get(id).cloned();
        }
        Ok(found)
    }

    /// Those that are at hand, each in the place of its id.
    fn known(&self, ids: &[Uuid]) -> Vec<Option<Arc<Named>>> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        if names.since.elapsed() >= NAMES_LAST {
            return vec![None; ids.len()];
        }
        ids.iter().map(|id| names.read.get(id).cloned()).collect()
    }

    /// Forgets a volunteer's name in this process, so that the next page reads whether it may be shown.
    pub fn forget_name(&self, id: VolunteerId) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).read.remove(&id.0);
    }

    /// Forgets every name in this process.
    pub fn forget_names(&self) {
        self.names.write().unwrap_or_else(PoisonError::into_inner).read.clear();
    }

    fn keep(&self, read: &HashMap<Uuid, Arc<Named>>) {
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        if names.since.elapsed() >= NAMES_LAST || names.read.len() >= NAMES_MAX {
            *names = Names { since: Instant::now(), read: HashMap::new() };
        }
        names.read.extend(read.iter().map(|(id, named)| (*id, Arc::clone(named))));
    }

    /// The path of a region.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub async fn path(&self, connection: &impl ConnectionTrait, region_id: RegionId) -> Result<Arc<str>> {
        if let Some(path) = self.lines.get(&region_id.0) {
            return Ok(path);
        }
        let row = connection.query_one_raw(sql(connection, "SELECT path FROM region WHERE id = $1", [region_id.into()])).await?;
        let path: String = row.ok_or(Code::NotFound)?.try_get("", "path")?;
        let path: Arc<str> = path.into();
        self.lines.insert(region_id.0, path.clone());
        Ok(path)
    }

    /// The id of a board. `None` while nobody stands on it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn board_id(&self, connection: &impl ConnectionTrait, board: &BoardKey) -> Result<Option<i64>> {
        if let Some(id) = self.boards.get(board) {
            return Ok(Some(id));
        }
        let statement = "SELECT id FROM leaderboard_board \
                         WHERE scope_id = $1 AND colour = $2 AND subject = $3 AND period = $4 AND period_key = $5";
        let row = connection.query_one_raw(sql(connection, statement, board.values())).await?;
        let id = row.map(|row| row.try_get::<i64>("", "id")).transpose()?;
        if let Some(id) = id {
            self.boards.insert(*board, id);
        }
        Ok(id)
    }
}

fn named(subject: BoardSubject, row: &QueryResult) -> Result<(Uuid, Named)> {
    let id: Uuid = row.try_get("", "id")?;
    let name: String = row.try_get("", "name")?;
    let name = if row.try_get("", "publishes_name")? { name } else { mask(&name) };
    let outside = match subject {
        BoardSubject::Volunteer => VolunteerId(id).to_string(),
        BoardSubject::Team => TeamId(id).to_string(),
        BoardSubject::Unit => UnitId(id).to_string(),
        BoardSubject::Grid => RegionId(id).to_string(),
    };
    Ok((id, Named { id: outside, name }))
}

/// The community's own region, the last of its path.
#[must_use]
pub(super) fn own_region(path: &str) -> Option<Uuid> {
    line_of(path).last().copied()
}
