//! Batches of territory rows: one query per kind and level of the answer, never one per row.

use std::collections::HashMap;
use std::time::Duration;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::app::App;
use domain::community::region::level;
use domain::error::Error;
use entity::id::{CommunityId, RegionId, TaxonomyTermId, UnitId};
use entity::{community, region, taxonomy_term, unit};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter};

use crate::graphql::loader;

/// How long the first key of a batch waits for others.
pub const BATCH_DELAY: Duration = Duration::from_micros(100);

/// Reads territory in batches.
pub struct CommunityLoader {
    connection: DatabaseConnection,
}

impl CommunityLoader {
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }
}

/// A loader for one request.
#[must_use]
pub fn loader(app: &App) -> DataLoader<CommunityLoader> {
    DataLoader::new(CommunityLoader { connection: app.db.reader().clone() }, tokio::spawn).delay(BATCH_DELAY)
}

/// The loader of the present request.
#[must_use]
pub fn of<'a>(ctx: &Context<'a>) -> &'a DataLoader<CommunityLoader> {
    loader::community(ctx)
}

/// The word a community has for the level of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LevelLabelOf(pub RegionId);

impl Loader<RegionId> for CommunityLoader {
    type Value = region::Model;
    type Error = Error;

    async fn load(&self, keys: &[RegionId]) -> Result<HashMap<RegionId, region::Model>, Error> {
        let rows = region::Entity::find().filter(region::Column::Id.is_in(keys.iter().copied())).all(&self.connection).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<LevelLabelOf> for CommunityLoader {
    type Value = String;
    type Error = Error;

    async fn load(&self, keys: &[LevelLabelOf]) -> Result<HashMap<LevelLabelOf, String>, Error> {
        let ids: Vec<RegionId> = keys.iter().map(|key| key.0).collect();
        Ok(level::labels_of(&self.connection, &ids).await?.into_iter().map(|(id, label)| (LevelLabelOf(id), label)).collect())
    }
}

impl Loader<CommunityId> for CommunityLoader {
    type Value = community::Model;
    type Error = Error;

    async fn load(&self, keys: &[CommunityId]) -> Result<HashMap<CommunityId, community::Model>, Error> {
        let rows = community::Entity::find().filter(community::Column::Id.is_in(keys.iter().copied())).all(&self.connection).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<UnitId> for CommunityLoader {
    type Value = unit::Model;
    type Error = Error;

    async fn load(&self, keys: &[UnitId]) -> Result<HashMap<UnitId, unit::Model>, Error> {
        let rows = unit::Entity::find().filter(unit::Column::Id.is_in(keys.iter().copied())).all(&self.connection).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<TaxonomyTermId> for CommunityLoader {
    type Value = taxonomy_term::Model;
    type Error = Error;

    async fn load(&self, keys: &[TaxonomyTermId]) -> Result<HashMap<TaxonomyTermId, taxonomy_term::Model>, Error> {
        let rows = taxonomy_term::Entity::find().filter(taxonomy_term::Column::Id.is_in(keys.iter().copied())).all(&self.connection).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}
