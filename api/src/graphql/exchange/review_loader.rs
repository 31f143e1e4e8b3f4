//! What rounds of review name, fetched for the whole list at once.

use std::collections::{BTreeSet, HashMap};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use domain::error::Error;
use domain::exchange::review::evidence::{self, Line};
use domain::exchange::review::outcome;
use domain::exchange::review::panel;
use domain::exchange::review::round::{self, Dissent, Reading, Seen};
use domain::exchange::review::score::{self, Cast};
use domain::people::permission::Actor;
use entity::id::{AccountId, EvidencePackId, ReviewRoundId};
use entity::review_round::SubjectKind;
use entity::{evidence_pack, review_criterion, review_seat, volunteer};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::graphql::exchange::loader::ExchangeLoader;

type Loaded<K, V> = Result<HashMap<K, V>, Error>;

/// The panel of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeatsOf(pub ReviewRoundId);

/// What a round judges by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CriteriaOf(pub ReviewRoundId);

/// The list of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinesOf(pub EvidencePackId);

/// The volunteer behind an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VolunteerOf(pub AccountId);

/// The rounds of a subject, for somebody.
#[derive(Clone, Debug)]
pub struct RoundsOf(pub SubjectKind, pub Uuid, pub Arc<Actor>);

impl PartialEq for RoundsOf {
    fn eq(&self, other: &Self) -> bool {
        (self.0, self.1, self.2.account_id) == (other.0, other.1, other.2.account_id)
    }
}

impl Eq for RoundsOf {}

impl Hash for RoundsOf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0, self.1, self.2.account_id).hash(state);
    }
}

impl Loader<SeatsOf> for ExchangeLoader {
    type Value = Vec<review_seat::Model>;
    type Error = Error;

    async fn load(&self, keys: &[SeatsOf]) -> Loaded<SeatsOf, Self::Value> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(panel::seats_of(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (SeatsOf(id), rows)).collect())
    }
}

impl Loader<CriteriaOf> for ExchangeLoader {
    type Value = Vec<review_criterion::Model>;
    type Error = Error;

    async fn load(&self, keys: &[CriteriaOf]) -> Loaded<CriteriaOf, Self::Value> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(score::criteria_of(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (CriteriaOf(id), rows)).collect())
    }
}

impl Loader<Reading> for ExchangeLoader {
    type Value = Vec<Cast>;
    type Error = Error;

    async fn load(&self, keys: &[Reading]) -> Loaded<Reading, Self::Value> {
        score::ballots(self.app.db.reader(), keys).await
    }
}

impl Loader<Dissent> for ExchangeLoader {
    type Value = Vec<String>;
    type Error = Error;

    async fn load(&self, keys: &[Dissent]) -> Loaded<Dissent, Self::Value> {
        outcome::reasons(self.app.db.reader(), keys).await
    }
}

impl Loader<EvidencePackId> for ExchangeLoader {
    type Value = evidence_pack::Model;
    type Error = Error;

    async fn load(&self, keys: &[EvidencePackId]) -> Loaded<EvidencePackId, Self::Value> {
        evidence::packs(self.app.db.reader(), keys).await
    }
}

impl Loader<LinesOf> for ExchangeLoader {
    type Value = Vec<Line>;
    type Error = Error;

    async fn load(&self, keys: &[LinesOf]) -> Loaded<LinesOf, Self::Value> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(evidence::lines_of(self.app.db.reader(), &ids).await?.into_iter().map(|(id, rows)| (LinesOf(id), rows)).collect())
    }
}

impl Loader<VolunteerOf> for ExchangeLoader {
    type Value = volunteer::Model;
    type Error = Error;

    async fn load(&self, keys: &[VolunteerOf]) -> Loaded<VolunteerOf, Self::Value> {
        let query = volunteer::Entity::find().filter(volunteer::Column::AccountId.is_in(keys.iter().map(|key| key.0)));
        let rows = query.all(self.app.db.reader()).await?;
        Ok(rows.into_iter().filter_map(|row| Some((VolunteerOf(row.account_id?), row))).collect())
    }
}

impl Loader<RoundsOf> for ExchangeLoader {
    type Value = Vec<Seen>;
    type Error = Error;

    async fn load(&self, keys: &[RoundsOf]) -> Loaded<RoundsOf, Self::Value> {
        let Some(RoundsOf(_, _, actor)) = keys.first() else { return Ok(HashMap::new()) };
        let mut lists: HashMap<RoundsOf, Self::Value> = HashMap::new();
        for kind in keys.iter().map(|key| key.0).collect::<BTreeSet<_>>() {
            let ids: Vec<_> = keys.iter().filter(|key| key.0 == kind).map(|key| key.1).collect();
            for seen in round::of_subjects(self.app.db.reader(), actor, kind, &ids).await? {
                lists.entry(RoundsOf(kind, seen.round.subject_id, Arc::clone(actor))).or_default().push(seen);
            }
        }
        Ok(lists)
    }
}
