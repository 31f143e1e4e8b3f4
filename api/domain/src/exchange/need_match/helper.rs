//! Who helps: a volunteer, a team, or a resource or service offer; and the accounts that speak for each.

use entity::id::{AccountId, CommunityId, ListingId, TeamId, VolunteerId};
use entity::listing::{self, ListingKind};
use entity::need_match::Model;
use entity::role_grant::Role;
use entity::{match_dismissal, team, volunteer};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use crate::error::{Code, Error, Result};
use crate::exchange::listing::Owner;
use crate::people::permission::Actor;
use crate::people::team as teams;

/// Who helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Helper {
    /// A person.
    Volunteer(VolunteerId),
    /// A team, with as many members as the match has places.
    Team(TeamId),
    /// A resource or a service offer.
    Offering(ListingId),
}

impl Helper {
    /// The helper of a match.
    ///
    /// # Errors
    /// Never for the rows of this program: a constraint holds that there is one.
    pub fn of(row: &Model) -> Result<Self> {
        Self::of_columns(row.volunteer_id, row.team_id, row.offering_id)
    }

    /// The helper of a dismissal.
    ///
    /// # Errors
    /// As [`Helper::of`].
    pub fn of_dismissal(row: &match_dismissal::Model) -> Result<Self> {
        Self::of_columns(row.volunteer_id, row.team_id, row.offering_id)
    }

    fn of_columns(volunteer: Option<VolunteerId>, team: Option<TeamId>, offering: Option<ListingId>) -> Result<Self> {
        let found = volunteer.map(Self::Volunteer).or_else(|| team.map(Self::Team)).or_else(|| offering.map(Self::Offering));
        found.ok_or_else(|| Error::internal("a match without a helper"))
    }

    /// The volunteer, team and offering columns.
    #[must_use]
    pub const fn columns(self) -> (Option<VolunteerId>, Option<TeamId>, Option<ListingId>) {
        match self {
            Self::Volunteer(id) => (Some(id), None, None),
            Self::Team(id) => (None, Some(id), None),
            Self::Offering(id) => (None, None, Some(id)),
        }
    }

    /// Whether somebody is the volunteer, leads the team, or owns what is offered or leads a team of the unit that does. Staff are not meant.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn is_spoken_for_by(self, connection: &impl ConnectionTrait, actor: &Actor) -> Result<bool> {
        let leads = |id| actor.grants.iter().any(|grant| grant.role == Role::TeamLeader && grant.team_id == Some(id));
        Ok(match self {
            Self::Volunteer(id) => actor.volunteer.is_some_and(|own| own.id == id),
            Self::Team(id) => leads(id),
            Self::Offering(id) => match listing::Entity::find_by_id(id).one(connection).await?.as_ref().and_then(Owner::of) {
                Some(Owner::Person(id)) => id == actor.account_id,
                Some(Owner::Team(id)) => leads(id),
                Some(Owner::Unit(id)) => crate::exchange::listing::owner::led_units(connection, actor).await?.contains(&id),
                None => false,
            },
        })
    }

    /// The accounts that [`Helper::is_spoken_for_by`] says yes to.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn accounts(self, connection: &impl ConnectionTrait) -> Result<Vec<AccountId>> {
        let teams_of: Vec<TeamId> = match self {
            Self::Volunteer(id) => {
                let row = volunteer::Entity::find_by_id(id).one(connection).await?;
                return Ok(row.and_then(|row| row.account_id).into_iter().collect());
            }
            Self::Team(id) => vec![id],
            Self::Offering(id) => match listing::Entity::find_by_id(id).one(connection).await?.as_ref().and_then(Owner::of) {
                Some(Owner::Person(id)) => return Ok(vec![id]),
                Some(Owner::Team(id)) => vec![id],
                Some(Owner::Unit(id)) => {
                    let rows = team::Entity::find().filter(team::Column::UnitId.eq(id)).filter(team::Column::DissolvedAt.is_null()).all(connection);
                    rows.await?.into_iter().map(|row| row.id).collect()
                }
                None => Vec::new(),
            },
        };
        let mut found: Vec<AccountId> = teams::leaders(connection, &teams_of).await?.into_iter().map(|(_, account_id)| account_id).collect();
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// Refuses a helper that is not there, or not of the community.
    ///
    /// # Errors
    /// `NOT_FOUND` on `helper`.
    pub(super) async fn check(self, connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<()> {
        let there = match self {
            Self::Volunteer(id) => volunteer::Entity::find_by_id(id).one(connection).await?.is_some_and(|row| row.community_id == community_id),
            Self::Team(id) => {
                let row = team::Entity::find_by_id(id).one(connection).await?;
                row.is_some_and(|row| row.community_id == community_id && row.dissolved_at.is_none())
            }
            Self::Offering(id) => {
                let row = listing::Entity::find_by_id(id).one(connection).await?;
                row.is_some_and(|row| row.community_id == community_id && row.kind != ListingKind::Need)
            }
        };
        if there { Ok(()) } else { Err(Error::from(Code::NotFound).on("helper")) }
    }

    /// The matches of the helper.
    pub(super) fn matches(self) -> Condition {
        use entity::need_match::Column;
        Condition::all().add(match self {
            Self::Volunteer(id) => Column::VolunteerId.eq(id),
            Self::Team(id) => Column::TeamId.eq(id),
            Self::Offering(id) => Column::OfferingId.eq(id),
        })
    }
}
