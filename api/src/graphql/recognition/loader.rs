//! Batches of recognition: one query per kind and level of the answer, never one per row.

use std::collections::HashMap;

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use domain::app::App;
use domain::error::Error;
use domain::recognition::certificate::{self, Standing};
use domain::recognition::merit::appeal;
use domain::recognition::selection::{honour, nominee, notice, vote};
use domain::recognition::star;
use entity::id::{AccountId, CertificateId, MeritAccountId, MeritEntryId, PartyMemberId, SelectionNomineeId, SelectionRoundId, VolunteerId};
use entity::{honour as honour_row, merit_account, merit_appeal, merit_entry, selection_nominee, selection_objection};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

use crate::graphql::community::loader::BATCH_DELAY;
use crate::graphql::loader;

/// Reads recognition in batches.
pub struct RecognitionLoader {
    connection: DatabaseConnection,
}

/// A loader for one request.
#[must_use]
pub fn loader(app: &App) -> DataLoader<RecognitionLoader> {
    DataLoader::new(RecognitionLoader { connection: app.db.reader().clone() }, tokio::spawn).delay(BATCH_DELAY)
}

/// The loader of the present request.
#[must_use]
pub fn of<'a>(ctx: &Context<'a>) -> &'a DataLoader<RecognitionLoader> {
    loader::recognition(ctx)
}

/// The stars of a volunteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StarsOf(pub VolunteerId);

/// Whether a certificate that was not revoked holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StandingOf(pub CertificateId);

/// A Party member's merit of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeritOf(pub PartyMemberId, pub i32);

/// The entries of a merit account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntriesOf(pub MeritAccountId);

/// The nominees of a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NomineesOf(pub SelectionRoundId);

/// The objections to a nominee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectionsTo(pub SelectionNomineeId);

/// Whether somebody has voted in a selection; found where they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VotedIn(pub SelectionRoundId, pub AccountId);

/// The honours of a volunteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HonoursOf(pub VolunteerId);

impl Loader<NomineesOf> for RecognitionLoader {
    type Value = Vec<selection_nominee::Model>;
    type Error = Error;

    async fn load(&self, keys: &[NomineesOf]) -> Result<HashMap<NomineesOf, Vec<selection_nominee::Model>>, Error> {
        let ids: Vec<SelectionRoundId> = keys.iter().map(|key| key.0).collect();
        let mut lists: HashMap<NomineesOf, Vec<selection_nominee::Model>> = HashMap::new();
        for row in nominee::of_rounds(&self.connection, &ids).await? {
            lists.entry(NomineesOf(row.round_id)).or_default().push(row);
        }
        Ok(lists)
    }
}

impl Loader<ObjectionsTo> for RecognitionLoader {
    type Value = Vec<selection_objection::Model>;
    type Error = Error;

    async fn load(&self, keys: &[ObjectionsTo]) -> Result<HashMap<ObjectionsTo, Vec<selection_objection::Model>>, Error> {
        let mut lists: HashMap<ObjectionsTo, Vec<selection_objection::Model>> = HashMap::new();
        for row in notice::of_nominees(&self.connection, keys.iter().map(|key| key.0)).await? {
            lists.entry(ObjectionsTo(row.nominee_id)).or_default().push(row);
        }
        Ok(lists)
    }
}

impl Loader<VotedIn> for RecognitionLoader {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[VotedIn]) -> Result<HashMap<VotedIn, ()>, Error> {
        let Some(VotedIn(_, account_id)) = keys.first().copied() else { return Ok(HashMap::new()) };
        let ids: Vec<SelectionRoundId> = keys.iter().map(|key| key.0).collect();
        Ok(vote::voted(&self.connection, account_id, &ids).await?.into_iter().map(|id| (VotedIn(id, account_id), ())).collect())
    }
}

impl Loader<HonoursOf> for RecognitionLoader {
    type Value = Vec<honour_row::Model>;
    type Error = Error;

    async fn load(&self, keys: &[HonoursOf]) -> Result<HashMap<HonoursOf, Vec<honour_row::Model>>, Error> {
        let ids: Vec<VolunteerId> = keys.iter().map(|key| key.0).collect();
        Ok(honour::of_volunteers(&self.connection, &ids).await?.into_iter().map(|(id, rows)| (HonoursOf(id), rows)).collect())
    }
}

/// The appeal against an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppealOf(pub MeritEntryId);

impl Loader<StandingOf> for RecognitionLoader {
    type Value = Standing;
    type Error = Error;

    async fn load(&self, keys: &[StandingOf]) -> Result<HashMap<StandingOf, Standing>, Error> {
        let ids: Vec<CertificateId> = keys.iter().map(|key| key.0).collect();
        let outdated = certificate::outdated(&self.connection, &ids).await?;
        Ok(outdated.into_iter().map(|id| (StandingOf(id), Standing::Outdated)).collect())
    }
}

impl Loader<MeritOf> for RecognitionLoader {
    type Value = merit_account::Model;
    type Error = Error;

    async fn load(&self, keys: &[MeritOf]) -> Result<HashMap<MeritOf, merit_account::Model>, Error> {
        let query = merit_account::Entity::find()
            .filter(merit_account::Column::MemberId.is_in(keys.iter().map(|key| key.0)))
            .filter(merit_account::Column::Year.is_in(keys.iter().map(|key| key.1)));
        Ok(query.all(&self.connection).await?.into_iter().map(|row| (MeritOf(row.member_id, row.year), row)).collect())
    }
}

impl Loader<EntriesOf> for RecognitionLoader {
    type Value = Vec<merit_entry::Model>;
    type Error = Error;

    async fn load(&self, keys: &[EntriesOf]) -> Result<HashMap<EntriesOf, Vec<merit_entry::Model>>, Error> {
        let query = merit_entry::Entity::find().filter(merit_entry::Column::AccountId.is_in(keys.iter().map(|key| key.0)));
        let mut lists: HashMap<EntriesOf, Vec<merit_entry::Model>> = HashMap::new();
        for row in query.order_by_asc(merit_entry::Column::Id).all(&self.connection).await? {
            lists.entry(EntriesOf(row.account_id)).or_default().push(row);
        }
        Ok(lists)
    }
}

impl Loader<AppealOf> for RecognitionLoader {
    type Value = merit_appeal::Model;
    type Error = Error;

    async fn load(&self, keys: &[AppealOf]) -> Result<HashMap<AppealOf, merit_appeal::Model>, Error> {
        let ids: Vec<MeritEntryId> = keys.iter().map(|key| key.0).collect();
        Ok(appeal::of_entries(&self.connection, &ids).await?.into_iter().map(|(id, row)| (AppealOf(id), row)).collect())
    }
}

impl Loader<StarsOf> for RecognitionLoader {
    type Value = i32;
    type Error = Error;

    async fn load(&self, keys: &[StarsOf]) -> Result<HashMap<StarsOf, i32>, Error> {
        let ids: Vec<VolunteerId> = keys.iter().map(|key| key.0).collect();
        Ok(star::of_volunteers(&self.connection, &ids).await?.into_iter().map(|(id, row)| (StarsOf(id), row.stars)).collect())
    }
}
