//! Whose a listing is, and who may act for the owner.
//!
//! A person acts for themselves. A team is spoken for by its leaders, a unit (单位) by its liaisons (单位联络员) and the leaders of the teams it sponsors,
//! and both by the grid workers and administrators of the place. *In charge* of a listing is who may verify it there; nobody is in charge of their
//! own.

use std::collections::BTreeSet;

use entity::id::{AccountId, CommunityId, RegionId, TeamId, UnitId};
use entity::listing::Model;
use entity::role_grant::Role;
use entity::{region as region_row, team};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use crate::community::{region, tenant, unit};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor, Place};
use crate::people::team as teams;

/// Whose a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Owner {
    /// The actor.
    Person(AccountId),
    /// A team.
    Team(TeamId),
    /// A local unit.
    Unit(UnitId),
}

/// Who acts for teams and units beside those who lead them.
const STAFF: &[Role] = &[Role::GridWorker, Role::Admin];

impl Owner {
    /// The owner of a row; none for a need of somebody without an account.
    #[must_use]
    pub fn of(row: &Model) -> Option<Self> {
        let person = row.owner_account_id.map(Self::Person);
        person.or_else(|| row.owner_team_id.map(Self::Team)).or_else(|| row.owner_unit_id.map(Self::Unit))
    }

    /// The account, team and unit columns.
    #[must_use]
    pub const fn columns(self) -> (Option<AccountId>, Option<TeamId>, Option<UnitId>) {
        match self {
            Self::Person(id) => (Some(id), None, None),
            Self::Team(id) => (None, Some(id), None),
            Self::Unit(id) => (None, None, Some(id)),
        }
    }
}

/// The units that the actor speaks for: as their liaison, or at the head of a team that they sponsor.
///
/// # Errors
/// When the database cannot be read.
pub async fn led_units(connection: &impl ConnectionTrait, actor: &Actor) -> Result<BTreeSet<UnitId>> {
    let mut units: BTreeSet<UnitId> = actor.grants.iter().filter_map(|grant| grant.unit_id).collect();
    let led: Vec<TeamId> = actor.grants.iter().filter(|grant| grant.role == Role::TeamLeader).filter_map(|grant| grant.team_id).collect();
    if led.is_empty() {
        return Ok(units);
    }
    let rows = team::Entity::find().filter(team::Column::Id.is_in(led)).filter(team::Column::DissolvedAt.is_null()).all(connection).await?;
    units.extend(rows.into_iter().filter_map(|row| row.unit_id));
    Ok(units)
}

/// Whether the actor may act for an owner at a place (without its team).
#[must_use]
pub fn acts_for(actor: &Actor, owner: Option<Owner>, place: &Place, led_units: &BTreeSet<UnitId>) -> bool {
    match owner {
        Some(Owner::Person(id)) => id == actor.account_id,
        Some(Owner::Team(id)) => actor.holds(&[Role::TeamLeader], &Place { team_id: Some(id), ..place.clone() }) || actor.holds(STAFF, place),
        Some(Owner::Unit(id)) => led_units.contains(&id) || actor.holds(STAFF, place),
        None => false,
    }
}

/// Whether the actor is in charge of what lies at a place.
#[must_use]
pub fn in_charge(actor: &Actor, place: &Place) -> bool {
    actor.may(Action::VerifyListing, place)
}

/// Checks a new listing's owner and gives its region: the owner belongs to the actor's community and the actor may act for it there. The region is
/// the team's, the actor's home or the community's when none is named.
///
/// # Errors
/// `NOT_FOUND` on `teamId`, `unitId` or `regionId`; `FORBIDDEN`; `STATE_CHANGED` on `teamId` for a dissolved team.
pub async fn claim(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    action: Action,
    owner: Owner,
    region_id: Option<RegionId>,
) -> Result<region_row::Model> {
    actor.require(action, &actor.home())?;
    let community_id = actor.community_id;
    let usual = match owner {
        Owner::Person(_) => actor.volunteer.map(|own| own.region_id),
        Owner::Team(id) => {
            let row = teams::get_of(connection, community_id, id, "teamId").await?;
            if row.dissolved_at.is_some() {
                return Err(Error::from(Code::StateChanged).on("teamId"));
            }
            Some(row.region_id)
        }
        Owner::Unit(id) => {
            unit::get_of(connection, community_id, id, "unitId").await?;
            None
        }
    };
    let region = lies_in(connection, community_id, region_id.or(usual)).await?;
    let may = acts_for(actor, Some(owner), &region::place_of(&region), &led_units(connection, actor).await?);
    if may { Ok(region) } else { Err(Code::Forbidden.into()) }
}

/// A region of a community; the community's own when none is named.
///
/// # Errors
/// `NOT_FOUND` on `regionId`.
pub async fn lies_in(connection: &impl ConnectionTrait, community_id: CommunityId, region_id: Option<RegionId>) -> Result<region_row::Model> {
    match region_id {
        Some(id) => region::get_of(connection, community_id, id, "regionId").await,
        None => Ok(tenant::get(connection, community_id).await?.region),
    }
}
