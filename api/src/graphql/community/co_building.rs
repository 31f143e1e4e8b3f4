//! Batches of what agreements and joint meetings name: one query per kind and level of the answer.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use domain::community::{agreement, joint_meeting};
use domain::error::Error;
use entity::id::{AgreementId, JointMeetingId, UnitId};
use entity::{joint_decision, joint_meeting_unit};

use crate::graphql::community::loader::CommunityLoader;

/// The units that signed an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartiesOf(pub AgreementId);

/// The units that were called to a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CalledTo(pub JointMeetingId);

/// The agenda of a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgendaOf(pub JointMeetingId);

/// What a meeting decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecisionsOf(pub JointMeetingId);

impl Loader<PartiesOf> for CommunityLoader {
    type Value = Vec<UnitId>;
    type Error = Error;

    async fn load(&self, keys: &[PartiesOf]) -> Result<HashMap<PartiesOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(agreement::parties(self.connection(), &ids).await?.into_iter().map(|(id, rows)| (PartiesOf(id), rows)).collect())
    }
}

impl Loader<CalledTo> for CommunityLoader {
    type Value = Vec<joint_meeting_unit::Model>;
    type Error = Error;

    async fn load(&self, keys: &[CalledTo]) -> Result<HashMap<CalledTo, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(joint_meeting::units(self.connection(), &ids).await?.into_iter().map(|(id, rows)| (CalledTo(id), rows)).collect())
    }
}

impl Loader<AgendaOf> for CommunityLoader {
    type Value = Vec<String>;
    type Error = Error;

    async fn load(&self, keys: &[AgendaOf]) -> Result<HashMap<AgendaOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(joint_meeting::agendas(self.connection(), &ids).await?.into_iter().map(|(id, rows)| (AgendaOf(id), rows)).collect())
    }
}

impl Loader<DecisionsOf> for CommunityLoader {
    type Value = Vec<joint_decision::Model>;
    type Error = Error;

    async fn load(&self, keys: &[DecisionsOf]) -> Result<HashMap<DecisionsOf, Self::Value>, Error> {
        let ids: Vec<_> = keys.iter().map(|key| key.0).collect();
        Ok(joint_meeting::decisions(self.connection(), &ids).await?.into_iter().map(|(id, rows)| (DecisionsOf(id), rows)).collect())
    }
}
