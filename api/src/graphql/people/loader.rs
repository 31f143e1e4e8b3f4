//! Batches of people: one query or two per kind and level of the answer, never one per row.

use std::collections::HashMap;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::app::App;
use domain::error::Error;
use domain::people::team::{self, MemberWindow};
use domain::people::volunteer;
use entity::id::{AccountId, TeamId, VolunteerId};
use entity::{team as team_row, volunteer as volunteer_row, volunteer_qualification};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

use crate::graphql::community::loader::BATCH_DELAY;
use crate::graphql::loader;

/// Reads people in batches.
pub struct PeopleLoader {
    connection: DatabaseConnection,
}

/// A loader for one request.
#[must_use]
pub fn loader(app: &App) -> DataLoader<PeopleLoader> {
    DataLoader::new(PeopleLoader { connection: app.db.reader().clone() }, tokio::spawn).delay(BATCH_DELAY)
}

/// The loader of the present request.
#[must_use]
pub fn of<'a>(ctx: &Context<'a>) -> &'a DataLoader<PeopleLoader> {
    loader::people(ctx)
}

/// The teams of a volunteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TeamsOf(pub VolunteerId);

/// The qualifications of a volunteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QualificationsOf(pub VolunteerId);

/// The volunteers who lead a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeadersOf(pub TeamId);

/// A page of a team's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MembersOf(pub TeamId, pub MemberWindow);

impl Loader<VolunteerId> for PeopleLoader {
    type Value = volunteer_row::Model;
    type Error = Error;

    async fn load(&self, keys: &[VolunteerId]) -> Result<HashMap<VolunteerId, volunteer_row::Model>, Error> {
        let query = volunteer_row::Entity::find().filter(volunteer_row::Column::Id.is_in(keys.iter().copied()));
        Ok(query.all(&self.connection).await?.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<TeamId> for PeopleLoader {
    type Value = team_row::Model;
    type Error = Error;

    async fn load(&self, keys: &[TeamId]) -> Result<HashMap<TeamId, team_row::Model>, Error> {
        let query = team_row::Entity::find().filter(team_row::Column::Id.is_in(keys.iter().copied()));
        Ok(query.all(&self.connection).await?.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<TeamsOf> for PeopleLoader {
    type Value = Vec<team_row::Model>;
    type Error = Error;

    async fn load(&self, keys: &[TeamsOf]) -> Result<HashMap<TeamsOf, Vec<team_row::Model>>, Error> {
        let ids: Vec<VolunteerId> = keys.iter().map(|key| key.0).collect();
        Ok(team::teams_of(&self.connection, &ids).await?.into_iter().map(|(id, rows)| (TeamsOf(id), rows)).collect())
    }
}

impl Loader<QualificationsOf> for PeopleLoader {
    type Value = Vec<volunteer_qualification::Model>;
    type Error = Error;

    async fn load(&self, keys: &[QualificationsOf]) -> Result<HashMap<QualificationsOf, Vec<volunteer_qualification::Model>>, Error> {
        let ids: Vec<VolunteerId> = keys.iter().map(|key| key.0).collect();
        let lists = volunteer::qualifications(&self.connection, &ids).await?;
        Ok(lists.into_iter().map(|(id, rows)| (QualificationsOf(id), rows)).collect())
    }
}

impl Loader<LeadersOf> for PeopleLoader {
    type Value = Vec<volunteer_row::Model>;
    type Error = Error;

    async fn load(&self, keys: &[LeadersOf]) -> Result<HashMap<LeadersOf, Vec<volunteer_row::Model>>, Error> {
        let ids: Vec<TeamId> = keys.iter().map(|key| key.0).collect();
        let pairs = team::leaders(&self.connection, &ids).await?;
        let account_ids = pairs.iter().map(|(_, account_id)| *account_id);
        let query = volunteer_row::Entity::find().filter(volunteer_row::Column::AccountId.is_in(account_ids));
        let rows: HashMap<Option<AccountId>, volunteer_row::Model> =
            query.all(&self.connection).await?.into_iter().map(|row| (row.account_id, row)).collect();
        let mut lists: HashMap<LeadersOf, Vec<volunteer_row::Model>> = HashMap::new();
        for (team_id, account_id) in pairs {
            lists.entry(LeadersOf(team_id)).or_default().extend(rows.get(&Some(account_id)).cloned());
        }
        Ok(lists)
    }
}

impl Loader<MembersOf> for PeopleLoader {
    type Value = Vec<volunteer_row::Model>;
    type Error = Error;

    async fn load(&self, keys: &[MembersOf]) -> Result<HashMap<MembersOf, Vec<volunteer_row::Model>>, Error> {
        let mut by_window: HashMap<MemberWindow, Vec<TeamId>> = HashMap::new();
        for MembersOf(team_id, window) in keys {
            by_window.entry(*window).or_default().push(*team_id);
        }
        let mut lists = HashMap::new();
        for (window, team_ids) in by_window {
            let found = team::members(&self.connection, &team_ids, window).await?;
            lists.extend(found.into_iter().map(|(team_id, rows)| (MembersOf(team_id, window), rows)));
        }
        Ok(lists)
    }
}
