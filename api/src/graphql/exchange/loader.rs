//! What listings name, fetched for the whole list at once.

use std::collections::{BTreeSet, HashMap};

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::app::App;
use domain::error::Error;
use domain::exchange::listing::step;
use domain::exchange::need_match;
use domain::exchange::slot;
use domain::exchange::task_list::{self as task_lists, Progress};
use entity::id::{ListingId, NeedMatchId, ServiceRecordId, TaskId, TaskListId, UnitId};
use entity::{listing_slot, listing_step, match_person, match_step, need_match as match_row, task_decline, task_list};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::graphql::community::loader::BATCH_DELAY;
use crate::graphql::loader;

/// Reads what listings name in batches.
pub struct ExchangeLoader {
    pub(super) app: App,
}

/// A loader for one request.
#[must_use]
pub fn loader(app: &App) -> DataLoader<ExchangeLoader> {
    DataLoader::new(ExchangeLoader { app: app.clone() }, tokio::spawn).delay(BATCH_DELAY)
}

/// The loader of the present request.
#[must_use]
pub fn of<'a>(ctx: &Context<'a>) -> &'a DataLoader<ExchangeLoader> {
    loader::exchange(ctx)
}

/// What happened to a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StepsOf(pub ListingId);

/// The slots to come of a listing, at most so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotsOf(pub ListingId, pub u32);

/// What happened to a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatchStepsOf(pub NeedMatchId);

/// Who serves in a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatchPeopleOf(pub NeedMatchId);

/// The match that a record came of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatchOf(pub ServiceRecordId);
/// How far the tasks of a list are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProgressOf(pub TaskListId);

/// The units that a task list was issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnitsOf(pub TaskListId);

/// Why units would not take a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeclinesOf(pub TaskId);

impl ExchangeLoader {
    async fn task_lists(&self, ids: impl IntoIterator<Item = TaskListId>) -> Result<Vec<task_list::Model>, Error> {
        Ok(task_list::Entity::find().filter(task_list::Column::Id.is_in(ids)).all(self.app.db.reader()).await?)
    }
}

impl Loader<TaskListId> for ExchangeLoader {
    type Value = task_list::Model;
    type Error = Error;

    async fn load(&self, keys: &[TaskListId]) -> Result<HashMap<TaskListId, Self::Value>, Error> {
        Ok(self.task_lists(keys.iter().copied()).await?.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<ProgressOf> for ExchangeLoader {
    type Value = Progress;
    type Error = Error;

    async fn load(&self, keys: &[ProgressOf]) -> Result<HashMap<ProgressOf, Self::Value>, Error> {
        let lists = self.task_lists(keys.iter().map(|key| key.0)).await?;
        Ok(task_lists::progress(self.app.db.reader(), &lists).await?.into_iter().map(|(id, sum)| (ProgressOf(id), sum)).collect())
    }
}

impl Loader<UnitsOf> for ExchangeLoader {
    type Value = Vec<UnitId>;
    type Error = Error;

    async fn load(&self, keys: &[UnitsOf]) -> Result<HashMap<UnitsOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(task_lists::units(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (UnitsOf(id), rows)).collect())
    }
}

impl Loader<DeclinesOf> for ExchangeLoader {
    type Value = Vec<task_decline::Model>;
    type Error = Error;

    async fn load(&self, keys: &[DeclinesOf]) -> Result<HashMap<DeclinesOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(task_lists::declines(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (DeclinesOf(id), rows)).collect())
    }
}

impl Loader<StepsOf> for ExchangeLoader {
    type Value = Vec<listing_step::Model>;
    type Error = Error;

    async fn load(&self, keys: &[StepsOf]) -> Result<HashMap<StepsOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(step::of(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (StepsOf(id), rows)).collect())
    }
}

impl Loader<SlotsOf> for ExchangeLoader {
    type Value = Vec<listing_slot::Model>;
    type Error = Error;

    async fn load(&self, keys: &[SlotsOf]) -> Result<HashMap<SlotsOf, Self::Value>, Error> {
        let mut loaded = HashMap::new();
        for most in keys.iter().map(|key| key.1).collect::<BTreeSet<_>>() {
            let ids: Vec<_> = keys.iter().filter(|key| key.1 == most).map(|key| key.0).collect();
            let lists = slot::upcoming(self.app.db.reader(), &ids, most, self.app.db.now()).await?;
            loaded.extend(lists.into_iter().map(|(id, rows)| (SlotsOf(id, most), rows)));
        }
        Ok(loaded)
    }
}

impl Loader<MatchStepsOf> for ExchangeLoader {
    type Value = Vec<match_step::Model>;
    type Error = Error;

    async fn load(&self, keys: &[MatchStepsOf]) -> Result<HashMap<MatchStepsOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(need_match::steps(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (MatchStepsOf(id), rows)).collect())
    }
}

impl Loader<MatchPeopleOf> for ExchangeLoader {
    type Value = Vec<match_person::Model>;
    type Error = Error;

    async fn load(&self, keys: &[MatchPeopleOf]) -> Result<HashMap<MatchPeopleOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(need_match::people(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (MatchPeopleOf(id), rows)).collect())
    }
}

impl Loader<MatchOf> for ExchangeLoader {
    type Value = match_row::Model;
    type Error = Error;

    async fn load(&self, keys: &[MatchOf]) -> Result<HashMap<MatchOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(need_match::of_records(self.app.db.reader(), &ids).await?.into_iter().map(|(id, row)| (MatchOf(id), row)).collect())
    }
}
