//! Ties (回避情形): what keeps somebody from judging. Found in what is on record, so that nobody has to speak up; a tie by what is sealed stays unspoken.

use std::collections::{HashMap, HashSet};

use entity::id::{AccountId, TeamId, UnitId, VolunteerId};
use entity::review_seat::Tie;
use entity::volunteer;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Value};

use super::stake::Stakes;
use crate::community::unit_check_in::member;
use crate::db::{sql, tuples};
use crate::error::Result;
use crate::keys::Keys;
use crate::people::kinship;
use crate::tx::Tx;

/// The units and teams that accounts belong to: teams as members and as leaders, with the units that sponsor them; units as their liaisons, as who holds
/// their seat in the alliance today. Who checked in from there is sealed and found apart. The list of accounts takes the place of `@`, today's date that of `#`.
const BELONGS: &str = "SELECT v.account_id, t.id AS team_id, t.unit_id FROM volunteer v JOIN team_member m ON m.volunteer_id = v.id \
                       JOIN team t ON t.id = m.team_id WHERE v.account_id IN @ AND t.dissolved_at IS NULL \
                       UNION SELECT g.account_id, t.id, t.unit_id FROM role_grant g JOIN team t ON t.id = g.team_id \
                       WHERE g.account_id IN @ AND g.ended_at IS NULL AND t.dissolved_at IS NULL \
                       UNION SELECT g.account_id, NULL, g.unit_id FROM role_grant g WHERE g.account_id IN @ AND g.ended_at IS NULL AND g.unit_id IS NOT NULL \
                       UNION SELECT a.account_id, NULL, a.unit_id FROM alliance_member a WHERE a.account_id IN @ AND a.term_from <= # AND a.term_to >= # \
                       AND (a.ended_on IS NULL OR a.ended_on > #)";

/// Which of `candidates` are tied to those who have a stake, and how; the first tie in the order of [`Tie`] that is found. Two queries at most.
///
/// # Errors
/// When the database cannot be read.
pub async fn ties(tx: &Tx, stakes: &Stakes, candidates: &[AccountId]) -> Result<HashMap<AccountId, Tie>> {
    let connection = &tx.connection;
    let mut found: HashMap<AccountId, Tie> = HashMap::new();
    if candidates.is_empty() {
        return Ok(found);
    }
    if !(stakes.units.is_empty() && stakes.teams.is_empty()) {
        let statement = BELONGS.replace('@', &tuples(1, candidates.len())).replace('#', &tx.today().0.to_string());
        let accounts = candidates.iter().map(|id| Value::from(*id));
        for row in connection.query_all_raw(sql(connection, &statement, accounts)).await? {
            let account_id: AccountId = row.try_get("", "account_id")?;
            let (team_id, unit_id): (Option<TeamId>, Option<UnitId>) = (row.try_get("", "team_id")?, row.try_get("", "unit_id")?);
            if unit_id.is_some_and(|id| stakes.units.contains(&id)) {
                found.insert(account_id, Tie::OwnUnit);
            } else if team_id.is_some_and(|id| stakes.teams.contains(&id)) {
                found.entry(account_id).or_insert(Tie::OwnTeam);
            }
        }
    }
    let people: Vec<AccountId> = stakes.accounts.union(&stakes.rivals).copied().collect();
    for (_, relative) in kinship::relatives(connection, &people).await? {
        found.insert(relative, Tie::Family);
    }
    found.extend(people.into_iter().map(|id| (id, Tie::Applicant)));
    found.retain(|id, _| candidates.contains(id));
    Ok(found)
}

/// Which of `candidates` checked in as Party members from a unit with a stake. That is sealed, so it is written down nowhere: they are passed over.
///
/// # Errors
/// When the database cannot be read.
pub async fn unspoken(tx: &Tx, keys: &Keys, stakes: &Stakes, candidates: &[AccountId]) -> Result<HashSet<AccountId>> {
    if stakes.units.is_empty() || candidates.is_empty() {
        return Ok(HashSet::new());
    }
    let people = volunteer::Entity::find().filter(volunteer::Column::AccountId.is_in(candidates.iter().copied())).all(&tx.connection).await?;
    let ids: Vec<VolunteerId> = people.iter().map(|person| person.id).collect();
    let units = member::units_of(&tx.connection, keys, &ids).await?;
    let tied = |person: &&volunteer::Model| units.get(&person.id).is_some_and(|unit_id| stakes.units.contains(unit_id));
    Ok(people.iter().filter(tied).filter_map(|person| person.account_id).collect())
}
