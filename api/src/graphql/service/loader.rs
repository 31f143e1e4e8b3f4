//! What rows of lists name, fetched for the whole list at once.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::app::App;
use domain::error::Error;
use domain::service::{check_in, record, session, sign_up as sign_ups};
use entity::id::{ActivityId, ActivitySessionId, ServiceRecordId, VolunteerId};
use entity::{activity, activity_session, attendance, award, service_record, sign_up};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

use crate::graphql::community::loader::BATCH_DELAY;
use crate::graphql::error::ApiResult;
use crate::graphql::loader;

/// Loads what the area's objects name; one for each request.
pub struct ServiceLoader {
    app: App,
}

/// A loader for one request.
#[must_use]
pub fn loader(app: &App) -> DataLoader<ServiceLoader> {
    DataLoader::new(ServiceLoader { app: app.clone() }, tokio::spawn).delay(BATCH_DELAY)
}

/// A person's live sign-up for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Standing(pub ActivitySessionId, pub VolunteerId);

/// A person's presence at a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Present(pub ActivitySessionId, pub VolunteerId);

/// The record of a person's presence at a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Served(pub ActivitySessionId, pub VolunteerId);

/// The next sessions of an activity, at most so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Upcoming(pub ActivityId, pub u32);

/// Loads one value for a row of a list.
///
/// # Errors
/// When the database cannot be read.
pub async fn one<K>(ctx: &Context<'_>, key: K) -> ApiResult<Option<<ServiceLoader as Loader<K>>::Value>>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    ServiceLoader: Loader<K, Error = Error>,
{
    Ok(loader::service(ctx).load_one(key).await?)
}

impl ServiceLoader {
    fn reader(&self) -> &DatabaseConnection {
        self.app.db.reader()
    }
}

type Loaded<K, V> = Result<HashMap<K, V>, Error>;

fn sides(keys: impl Iterator<Item = (ActivitySessionId, VolunteerId)>) -> (Vec<ActivitySessionId>, Vec<VolunteerId>) {
    let (sessions, people): (BTreeSet<_>, BTreeSet<_>) = keys.unzip();
    (sessions.into_iter().collect(), people.into_iter().collect())
}

impl Loader<ActivityId> for ServiceLoader {
    type Value = activity::Model;
    type Error = Error;

    async fn load(&self, keys: &[ActivityId]) -> Loaded<ActivityId, Self::Value> {
        let query = activity::Entity::find().filter(activity::Column::Id.is_in(keys.iter().copied()));
        let rows = query.all(self.reader()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<ActivitySessionId> for ServiceLoader {
    type Value = activity_session::Model;
    type Error = Error;

    async fn load(&self, keys: &[ActivitySessionId]) -> Loaded<ActivitySessionId, Self::Value> {
        let rows = session::by_ids(self.reader(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<Upcoming> for ServiceLoader {
    type Value = Vec<activity_session::Model>;
    type Error = Error;

    async fn load(&self, keys: &[Upcoming]) -> Loaded<Upcoming, Self::Value> {
        let mut loaded: HashMap<Upcoming, Self::Value> = HashMap::new();
        for most in keys.iter().map(|key| key.1).collect::<BTreeSet<_>>() {
            let ids: Vec<_> = keys.iter().filter(|key| key.1 == most).map(|key| key.0).collect();
            for row in session::upcoming(self.reader(), &ids, most, self.app.db.now()).await? {
                loaded.entry(Upcoming(row.activity_id, most)).or_default().push(row);
            }
        }
        Ok(loaded)
    }
}

impl Loader<Standing> for ServiceLoader {
    type Value = sign_up::Model;
    type Error = Error;

    async fn load(&self, keys: &[Standing]) -> Loaded<Standing, Self::Value> {
        let (sessions, people) = sides(keys.iter().map(|key| (key.0, key.1)));
        let rows = sign_ups::standing(self.reader(), &sessions, &people).await?;
        Ok(rows.into_iter().map(|row| (Standing(row.session_id, row.volunteer_id), row)).collect())
    }
}

impl Loader<Present> for ServiceLoader {
    type Value = attendance::Model;
    type Error = Error;

    async fn load(&self, keys: &[Present]) -> Loaded<Present, Self::Value> {
        let (sessions, people) = sides(keys.iter().map(|key| (key.0, key.1)));
        let rows = check_in::of_people(self.reader(), &sessions, &people).await?;
        Ok(rows.into_iter().map(|row| (Present(row.session_id, row.volunteer_id), row)).collect())
    }
}

impl Loader<Served> for ServiceLoader {
    type Value = service_record::Model;
    type Error = Error;

    async fn load(&self, keys: &[Served]) -> Loaded<Served, Self::Value> {
        let (sessions, people) = sides(keys.iter().map(|key| (key.0, key.1)));
        let rows = record::of_attendances(self.reader(), &sessions, &people).await?;
        Ok(rows.into_iter().filter_map(|row| Some((Served(row.session_id?, row.volunteer_id), row))).collect())
    }
}

impl Loader<ServiceRecordId> for ServiceLoader {
    type Value = award::Model;
    type Error = Error;

    async fn load(&self, keys: &[ServiceRecordId]) -> Loaded<ServiceRecordId, Self::Value> {
        let query = award::Entity::find().filter(award::Column::RecordId.is_in(keys.iter().copied()));
        let rows = query.all(self.reader()).await?;
        Ok(rows.into_iter().map(|row| (row.record_id, row)).collect())
    }
}
