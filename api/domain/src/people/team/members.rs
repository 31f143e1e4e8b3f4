//! Who is in which team, for many teams or many volunteers at once.

use std::collections::HashMap;
use std::fmt::Write;

use entity::id::{AccountId, TeamId, VolunteerId};
use entity::role_grant::{self, Role};
use entity::team::{self, Model};
use entity::{team_member, volunteer};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Value};

use crate::db::sql;
use crate::error::{Code, Error, Result};
use crate::page::{Cursor, Page};

/// Which members of each team to read: the same page of every list, so that many lists are two queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemberWindow {
    /// Members at most, with the one that tells of a next page.
    pub limit: u64,
    /// From the back of the list.
    pub backward: bool,
    /// Only after this member.
    pub after: Option<VolunteerId>,
    /// Only before this member.
    pub before: Option<VolunteerId>,
}

impl MemberWindow {
    /// The window of a page.
    ///
    /// # Errors
    /// `BAD_CURSOR` for a cursor of another list.
    pub fn of(page: &Page) -> Result<Self> {
        let place = |cursor: &Option<Cursor>| -> Result<Option<VolunteerId>> {
            cursor.as_ref().map(|cursor| cursor.id.parse().map_err(|_| Error::from(Code::BadCursor))).transpose()
        };
        Ok(Self { limit: page.size + 1, backward: page.backward, after: place(&page.after)?, before: place(&page.before)? })
    }
}

/// The members of several teams, in the order of the window.
///
/// # Errors
/// When the database cannot be read.
pub async fn members(connection: &impl ConnectionTrait, team_ids: &[TeamId], window: MemberWindow) -> Result<HashMap<TeamId, Vec<volunteer::Model>>> {
    let mut values: Vec<Value> = team_ids.iter().map(|id| (*id).into()).collect();
    let marks = (1..=values.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
    let mut bounds = String::new();
    for (bound, comparison) in [(window.after, '>'), (window.before, '<')] {
        if let Some(id) = bound {
            values.push(id.into());
            // Writing to a String cannot fail.
            let _ = write!(bounds, " AND volunteer_id {comparison} ${}", values.len());
        }
    }
    values.push(i64::try_from(window.limit).unwrap_or(i64::MAX).into());
    let direction = if window.backward { "DESC" } else { "ASC" };
    let statement = format!(
        "SELECT team_id, volunteer_id FROM (SELECT team_id, volunteer_id, \
         ROW_NUMBER() OVER (PARTITION BY team_id ORDER BY volunteer_id {direction}) AS place \
         FROM team_member WHERE team_id IN ({marks}){bounds}) AS numbered WHERE place <= ${} ORDER BY team_id, place",
        values.len()
    );
    let mut pairs: Vec<(TeamId, VolunteerId)> = Vec::new();
    for row in connection.query_all_raw(sql(connection, &statement, values)).await? {
        pairs.push((row.try_get("", "team_id")?, row.try_get("", "volunteer_id")?));
    }
    let ids = pairs.iter().map(|(_, id)| *id);
    let rows = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids)).all(connection).await?;
    let by_id: HashMap<VolunteerId, volunteer::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut lists: HashMap<TeamId, Vec<volunteer::Model>> = HashMap::new();
    for (team_id, volunteer_id) in pairs {
        if let Some(row) = by_id.get(&volunteer_id) {
            lists.entry(team_id).or_default().push(row.clone());
        }
    }
    Ok(lists)
}

/// The teams of several volunteers.
///
/// # Errors
/// When the database cannot be read.
pub async fn teams_of(connection: &impl ConnectionTrait, volunteer_ids: &[VolunteerId]) -> Result<HashMap<VolunteerId, Vec<Model>>> {
    let ids = volunteer_ids.iter().copied();
    let members = team_member::Entity::find().filter(team_member::Column::VolunteerId.is_in(ids)).all(connection).await?;
    let team_ids = members.iter().map(|member| member.team_id);
    let rows = team::Entity::find().filter(team::Column::Id.is_in(team_ids)).all(connection).await?;
    let by_id: HashMap<TeamId, Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut lists: HashMap<VolunteerId, Vec<Model>> = HashMap::new();
    for member in members {
        if let Some(row) = by_id.get(&member.team_id) {
            lists.entry(member.volunteer_id).or_default().push(row.clone());
        }
    }
    for list in lists.values_mut() {
        list.sort_unstable_by_key(|row| row.id);
    }
    Ok(lists)
}

/// The accounts that lead several teams.
///
/// # Errors
/// When the database cannot be read.
pub async fn leaders(connection: &impl ConnectionTrait, team_ids: &[TeamId]) -> Result<Vec<(TeamId, AccountId)>> {
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::TeamId.is_in(team_ids.iter().copied()))
        .filter(role_grant::Column::Role.eq(Role::TeamLeader))
        .filter(role_grant::Column::EndedAt.is_null())
        .all(connection)
        .await?;
    Ok(grants.into_iter().filter_map(|grant| Some((grant.team_id?, grant.account_id))).collect())
}
