//! What projects name, fetched for the whole list at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use domain::error::Error;
use domain::exchange::project::{commitment, gate, gate_override as overrides, link, milestone, step};
use entity::id::{ActivityId, ListingId, ProjectId};
use entity::review_round::SubjectKind;
use entity::{evidence_pack, gate_override, listing, project, project_commitment, project_milestone, project_step};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::graphql::exchange::loader::ExchangeLoader;

type Loaded<K, V> = Result<HashMap<K, V>, Error>;

/// A part of a project: one key for each kind of part, so that each is fetched by itself.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(pub ProjectId);
    )+};
}

keys! {
    /// What happened to a project.
    StepsOf
    /// Its milestones.
    MilestonesOf
    /// What partners promise it.
    CommitmentsOf
    /// Leaves to pass its gates.
    OverridesOf
    /// What its gates look at.
    FactsOf
    /// The lines of the three lists that belong to it.
    ListingsOf
    /// Its activities.
    ActivitiesOf
    /// Its evidence packs.
    PacksOf
}

fn ids<K: Copy>(keys: &[K], id: impl Fn(K) -> ProjectId) -> Vec<ProjectId> {
    keys.iter().map(|key| id(*key)).collect()
}

fn keyed<K: Eq + std::hash::Hash, V>(found: HashMap<ProjectId, V>, key: impl Fn(ProjectId) -> K) -> HashMap<K, V> {
    found.into_iter().map(|(id, value)| (key(id), value)).collect()
}

impl Loader<ProjectId> for ExchangeLoader {
    type Value = project::Model;
    type Error = Error;

    async fn load(&self, keys: &[ProjectId]) -> Loaded<ProjectId, Self::Value> {
        let rows = project::Entity::find().filter(project::Column::Id.is_in(keys.iter().copied())).all(self.app.db.reader()).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<StepsOf> for ExchangeLoader {
    type Value = Vec<project_step::Model>;
    type Error = Error;

    async fn load(&self, keys: &[StepsOf]) -> Loaded<StepsOf, Self::Value> {
        Ok(keyed(step::of(self.app.db.reader(), &ids(keys, |key| key.0)).await?, StepsOf))
    }
}

impl Loader<MilestonesOf> for ExchangeLoader {
    type Value = Vec<project_milestone::Model>;
    type Error = Error;

    async fn load(&self, keys: &[MilestonesOf]) -> Loaded<MilestonesOf, Self::Value> {
        Ok(keyed(milestone::of(self.app.db.reader(), &ids(keys, |key| key.0)).await?, MilestonesOf))
    }
}

impl Loader<CommitmentsOf> for ExchangeLoader {
    type Value = Vec<project_commitment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[CommitmentsOf]) -> Loaded<CommitmentsOf, Self::Value> {
        Ok(keyed(commitment::of(self.app.db.reader(), &ids(keys, |key| key.0)).await?, CommitmentsOf))
    }
}

impl Loader<OverridesOf> for ExchangeLoader {
    type Value = Vec<gate_override::Model>;
    type Error = Error;

    async fn load(&self, keys: &[OverridesOf]) -> Loaded<OverridesOf, Self::Value> {
        Ok(keyed(overrides::of(self.app.db.reader(), &ids(keys, |key| key.0)).await?, OverridesOf))
    }
}

impl Loader<FactsOf> for ExchangeLoader {
    type Value = gate::Facts;
    type Error = Error;

    async fn load(&self, keys: &[FactsOf]) -> Loaded<FactsOf, Self::Value> {
        Ok(keyed(gate::facts(self.app.db.reader(), &ids(keys, |key| key.0)).await?, FactsOf))
    }
}

impl Loader<ListingsOf> for ExchangeLoader {
    type Value = Vec<listing::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ListingsOf]) -> Loaded<ListingsOf, Self::Value> {
        let connection = self.app.db.reader();
        let links = link::listings(connection, &ids(keys, |key| key.0)).await?;
        let wanted = links.values().flatten().copied();
        let rows = listing::Entity::find().filter(listing::Column::Id.is_in(wanted)).all(connection).await?;
        let rows: HashMap<ListingId, listing::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
        Ok(links.into_iter().map(|(id, linked)| (ListingsOf(id), linked.iter().filter_map(|id| rows.get(id).cloned()).collect())).collect())
    }
}

impl Loader<ActivitiesOf> for ExchangeLoader {
    type Value = Vec<ActivityId>;
    type Error = Error;

    async fn load(&self, keys: &[ActivitiesOf]) -> Loaded<ActivitiesOf, Self::Value> {
        Ok(keyed(link::activities(self.app.db.reader(), &ids(keys, |key| key.0)).await?, ActivitiesOf))
    }
}

impl Loader<PacksOf> for ExchangeLoader {
    type Value = Vec<evidence_pack::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PacksOf]) -> Loaded<PacksOf, Self::Value> {
        let query = evidence_pack::Entity::find()
            .filter(evidence_pack::Column::SubjectKind.eq(SubjectKind::Project))
            .filter(evidence_pack::Column::SubjectId.is_in(keys.iter().map(|key| key.0.0)));
        let mut lists: HashMap<PacksOf, Self::Value> = HashMap::new();
        for row in query.order_by_asc(evidence_pack::Column::Number).all(self.app.db.reader()).await? {
            lists.entry(PacksOf(ProjectId(row.subject_id))).or_default().push(row);
        }
        Ok(lists)
    }
}
