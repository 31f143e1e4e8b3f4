//! Volunteers (志愿者): a resident with a public volunteer number, a points account and the VOLUNTEER role.
//!
//! The number stands in for any identity number: twelve digits of the community's official code, two of the year, and a sequence. Names are shown
//! masked (张**) except to the person, and for those who agreed to be named. Staff whose grant covers the person say why before they see more
//! ([`unmasking`](super::unmasking)).
//!
//! Invariant: a volunteer has exactly one wallet, made in the same transaction; a refused registration uses up no number.

use std::collections::HashMap;

use entity::id::{CommunityId, RegionId, TeamId, VolunteerId};
use entity::volunteer::{self, Model, VolunteerState};
use entity::{region as region_row, team_member, volunteer_qualification};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::community::region;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};

mod enrolment;
mod living;
mod standing;

pub use enrolment::{Enrolment, check_birth_date, check_name, enrol, register};
pub use living::{Living, living};
pub use standing::{Profile, set_state, update_profile, verify_qualification};

/// How much of a volunteer somebody may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The name masked, nothing private.
    Masked,
    /// What staff need whose grant covers the person: what is private, and the name masked.
    Covered,
    /// Everything: the person.
    Whole,
}

/// Which volunteers to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only whose number or name begins so.
    pub search: Option<String>,
    /// Only members of this team.
    pub team_id: Option<TeamId>,
    /// Only in this state.
    pub state: Option<VolunteerState>,
}

/// What somebody is called whose account was deleted.
pub const LEFT: &str = "已注销";

/// A name as strangers see it: the first character and two stars.
#[must_use]
pub fn mask(name: &str) -> String {
    if name == LEFT {
        return LEFT.to_owned();
    }
    name.chars().take(1).chain("**".chars()).collect()
}

/// The volunteer behind an id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: VolunteerId) -> Result<Model> {
    volunteer::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A volunteer of one community, as an input names it.
///
/// # Errors
/// `NOT_FOUND` on `field` for a volunteer of another community.
pub async fn get_of(connection: &impl ConnectionTrait, community_id: CommunityId, id: VolunteerId, field: &'static str) -> Result<Model> {
    let row = volunteer::Entity::find_by_id(id).filter(volunteer::Column::CommunityId.eq(community_id)).one(connection).await?;
    row.ok_or_else(|| Error::from(Code::NotFound).on(field))
}

/// Where a volunteer is, for questions of permission.
///
/// # Errors
/// When the database cannot be read.
pub async fn place(connection: &impl ConnectionTrait, row: &Model) -> Result<Place> {
    let place = region::place(connection, row.region_id).await?;
    Ok(Place { community_id: row.community_id, path: place.path, team_id: None })
}

/// How much of a volunteer the actor may know, given the path of the volunteer's region and the teams; none when the volunteer does not exist for
/// the actor.
#[must_use]
pub fn sight(actor: &Actor, row: &Model, path: &str, team_ids: &[TeamId]) -> Option<Sight> {
    if actor.volunteer.is_some_and(|own| own.id == row.id) {
        return Some(Sight::Whole);
    }
    let place = |team_id| Place { community_id: row.community_id, path: path.to_owned(), team_id };
    let places: Vec<Place> = std::iter::once(None).chain(team_ids.iter().copied().map(Some)).map(place).collect();
    if places.iter().any(|place| actor.may(Action::ListVolunteers, place)) {
        return Some(Sight::Covered);
    }
    places.iter().any(|place| actor.sees(place)).then_some(Sight::Masked)
}

/// A page of the volunteers that the actor's grants cover, in the order they registered.
///
/// # Errors
/// `FORBIDDEN` without a grant that lists volunteers; `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<Model>> {
    let mut query = volunteer::Entity::find().filter(covered(actor)?);
    if let Some(search) = filter.search.as_deref().map(str::trim).filter(|search| !search.is_empty()) {
        let begins = |column| region::begins((volunteer::Entity, column), search);
        query = query.filter(Condition::any().add(begins(volunteer::Column::Number)).add(begins(volunteer::Column::Name)));
    }
    if let Some(team_id) = filter.team_id {
        query = query.filter(members_of(&[team_id]));
    }
    if let Some(state) = filter.state {
        query = query.filter(volunteer::Column::State.eq(state));
    }
    let order = ListOrder { key: None, id: volunteer::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, VolunteerId>(query, order)?.all(connection).await?))
}

/// The qualifications of several volunteers.
///
/// # Errors
/// When the database cannot be read.
pub async fn qualifications(
    connection: &impl ConnectionTrait,
    ids: &[VolunteerId],
) -> Result<HashMap<VolunteerId, Vec<volunteer_qualification::Model>>> {
    let column = volunteer_qualification::Column::VolunteerId;
    let rows = volunteer_qualification::Entity::find().filter(column.is_in(ids.iter().copied())).all(connection).await?;
    let mut lists: HashMap<VolunteerId, Vec<volunteer_qualification::Model>> = HashMap::new();
    for row in rows {
        lists.entry(row.volunteer_id).or_default().push(row);
    }
    for list in lists.values_mut() {
        list.sort_unstable_by(|one, other| one.code.cmp(&other.code));
    }
    Ok(lists)
}

/// The rows that the actor's grants cover.
fn covered(actor: &Actor) -> Result<Condition> {
    let grants = actor.grants.iter().filter(|grant| Action::ListVolunteers.roles().contains(&grant.role));
    let mut condition = Condition::any();
    let mut team_ids = Vec::new();
    for grant in grants {
        match (&grant.path, grant.team_id) {
            (Some(path), _) => {
                let regions = region_row::Entity::find().select_only().column(region_row::Column::Id).filter(region::path_begins(path));
                condition = condition.add(volunteer::Column::RegionId.in_subquery(regions.into_query()));
            }
            (None, Some(team_id)) => team_ids.push(team_id),
            (None, None) => {}
        }
    }
    if !team_ids.is_empty() {
        condition = condition.add(members_of(&team_ids));
    }
    if condition.is_empty() { Err(Code::Forbidden.into()) } else { Ok(condition) }
}

fn members_of(team_ids: &[TeamId]) -> sea_orm::sea_query::Expr {
    let members = team_member::Entity::find().select_only().column(team_member::Column::VolunteerId);
    let members = members.filter(team_member::Column::TeamId.is_in(team_ids.iter().copied()));
    volunteer::Column::Id.in_subquery(members.into_query())
}

/// The region a volunteer lives in, by an input: one of the community's.
async fn home_region(connection: &impl ConnectionTrait, community_id: CommunityId, id: RegionId) -> Result<RegionId> {
    Ok(region::get_of(connection, community_id, id, "regionId").await?.id)
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_masked_name_shows_its_first_character_and_not_its_length() {
        assert_eq!(mask("张三"), "张**");
        assert_eq!(mask("阿依古丽·买买提"), "阿**");
        assert_eq!(mask(""), "**");
        assert_eq!(mask(super::LEFT), "已注销");
    }
}
