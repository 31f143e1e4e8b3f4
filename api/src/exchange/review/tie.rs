//! Ties (回避情形): what keeps somebody from judging. Found in what is on record, so that nobody has to speak up.

use std::collections::HashMap;

use entity::id::{AccountId, TeamId, UnitId};
use entity::review_seat::Tie;
use sea_orm::{ConnectionTrait, Value};

use super::stake::Stakes;
use crate::db::{sql, tuples};
use crate::error::Result;
use crate::people::kinship;

/// The teams of accounts, as members and as leaders, with the units that sponsor them. The list of accounts takes the place of `@` twice.
const TEAMS: &str = "SELECT v.account_id, t.id AS team_id, t.unit_id FROM volunteer v JOIN team_member m ON m.volunteer_id = v.id \
                     JOIN team t ON t.id = m.team_id WHERE v.account_id IN @ AND t.dissolved_at IS NULL \
                     UNION SELECT g.account_id, t.id, t.unit_id FROM role_grant g JOIN team t ON t.id = g.team_id \
                     WHERE g.account_id IN @ AND g.ended_at IS NULL AND t.dissolved_at IS NULL";

/// Which of `candidates` are tied to those who have a stake, and how; the first tie in the order of [`Tie`] that is found. Two queries at most.
///
/// # Errors
/// When the database cannot be read.
pub async fn ties(connection: &impl ConnectionTrait, stakes: &Stakes, candidates: &[AccountId]) -> Result<HashMap<AccountId, Tie>> {
    let mut found: HashMap<AccountId, Tie> = HashMap::new();
    if candidates.is_empty() {
        return Ok(found);
    }
    if !(stakes.units.is_empty() && stakes.teams.is_empty()) {
        let statement = TEAMS.replace('@', &tuples(1, candidates.len()));
        let accounts = candidates.iter().map(|id| Value::from(*id));
        for row in connection.query_all_raw(sql(connection, &statement, accounts)).await? {
            let (account_id, team_id): (AccountId, TeamId) = (row.try_get("", "account_id")?, row.try_get("", "team_id")?);
            let unit_id: Option<UnitId> = row.try_get("", "unit_id")?;
            if unit_id.is_some_and(|id| stakes.units.contains(&id)) {
                found.insert(account_id, Tie::OwnUnit);
            } else if stakes.teams.contains(&team_id) {
                found.entry(account_id).or_insert(Tie::OwnTeam);
            }
        }
    }
    let people: Vec<AccountId> = stakes.accounts.iter().copied().collect();
    for (_, relative) in kinship::relatives(connection, &people).await? {
        found.insert(relative, Tie::Family);
    }
    found.extend(people.into_iter().map(|id| (id, Tie::Applicant)));
    found.retain(|id, _| candidates.contains(id));
    Ok(found)
}
