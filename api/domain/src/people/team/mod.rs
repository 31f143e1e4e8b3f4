//! Volunteer teams (志愿队): up to seven colours with themes, and as many teams as a community wants.
//!
//! A team works somewhere in the region tree and may be sponsored by a unit. A colour is optional: one of the seed communities has eight teams. Its
//! leader is a member with the `TEAM_LEADER` role over it; who leaves a team ceases to lead it.
//!
//! Invariant: members belong to the team's community; a volunteer is a member once.

use entity::id::{AccountId, CommunityId, RegionId, TeamId, UnitId, VolunteerId};
use entity::role_grant::Role;
use entity::team::{self, Model, TeamColour};
use entity::{region as region_row, team_member, volunteer};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::community::{region, unit, wording};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::people::role::{self, Reach};
use crate::tx::Tx;

mod members;

pub use members::{MemberWindow, leaders, members, teams_of};

/// Longest name of a team.
pub const NAME_LEN_MAX: usize = 40;
/// Longest description of a team.
pub const DESCRIPTION_LEN_MAX: usize = 1_000;

/// A team to found.
#[derive(Clone, Debug)]
pub struct NewTeam {
    /// Name, 1 to 40 characters.
    pub name: String,
    /// One of the seven, or none.
    pub colour: Option<TeamColour>,
    /// Where it works.
    pub region_id: RegionId,
    /// The unit that sponsors it.
    pub unit_id: Option<UnitId>,
    /// What it does, up to 1000 characters.
    pub description: String,
}

/// A team that was founded.
#[derive(Clone, Debug)]
pub struct Founded {
    /// The team.
    pub team: Model,
    /// The account that leads it now and must be read anew.
    pub leader_account_id: Option<AccountId>,
}

/// Which teams to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this colour.
    pub colour: Option<TeamColour>,
    /// Only teams that work in this region or below it.
    pub region_id: Option<RegionId>,
}

/// Founds a team, and makes a volunteer its leader.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT`, `NAME_TAKEN`; `NOT_VOLUNTEER` on `leaderId` for a leader who cannot sign in.
pub async fn create(tx: &Tx, actor: &Actor, leader_id: Option<VolunteerId>, input: &NewTeam) -> Result<Founded> {
    let place = region::place(&tx.connection, input.region_id).await.map_err(|error| error.on("regionId"))?;
    actor.require(Action::CreateTeam, &place).map_err(|error| error.on("regionId"))?;
    let team = found(tx, place.community_id, input).await?;
    let Some(leader_id) = leader_id else { return Ok(Founded { team, leader_account_id: None }) };
    let leader = member_to_be(tx, team.community_id, leader_id, "leaderId").await?;
    let account_id = leader.account_id.ok_or_else(|| Error::from(Code::NotVolunteer).on("leaderId"))?;
    admit(tx, team.id, &[leader.id]).await?;
    role::write(tx, account_id, Role::TeamLeader, Reach::Team(team.id), Some(actor.account_id)).await?;
    Ok(Founded { team, leader_account_id: Some(account_id) })
}

/// Writes a team of a community without asking who may; for the verb above and for imports.
///
/// # Errors
/// `NOT_FOUND` for a region or unit that lies elsewhere, `BAD_INPUT`, `WORD_RESERVED`, `NAME_TAKEN`.
pub async fn found(tx: &Tx, community_id: CommunityId, input: &NewTeam) -> Result<Model> {
    region::get_of(&tx.connection, community_id, input.region_id, "regionId").await?;
    if let Some(unit_id) = input.unit_id {
        unit::get_of(&tx.connection, community_id, unit_id, "unitId").await?;
    }
    let row = Model {
        id: TeamId::new(tx.now),
        community_id,
        unit_id: input.unit_id,
        region_id: input.region_id,
        name: wording::label(&input.name, NAME_LEN_MAX, "name")?,
        colour: input.colour,
        description: wording::text(&input.description, DESCRIPTION_LEN_MAX, "description")?,
        created_at: tx.now,
        dissolved_at: None,
    };
    row.into_active_model().insert(&tx.connection).await.map_err(|error| Error::from(error).on("name"))
}

/// Makes the actor a member.
///
/// # Errors
/// `NOT_VOLUNTEER`, `NOT_FOUND`, `STATE_CHANGED` for a dissolved team, `ALREADY_MEMBER`.
pub async fn join(tx: &Tx, actor: &Actor, id: TeamId) -> Result<Model> {
    let volunteer = actor.require_own(Action::JoinTeam)?;
    let row = get_of(&tx.connection, actor.community_id, id, "teamId").await?;
    open_to_members(&row)?;
    admit(tx, row.id, &[volunteer.id]).await?;
    Ok(row)
}

/// Takes the actor out of a team, and the lead with it.
///
/// # Errors
/// `NOT_VOLUNTEER`; `NOT_FOUND` also for a team the actor is no member of.
pub async fn leave(tx: &Tx, actor: &Actor, id: TeamId) -> Result<Model> {
    let volunteer = actor.require_own(Action::LeaveTeam)?;
    let row = get_of(&tx.connection, actor.community_id, id, "teamId").await?;
    if team_member::Entity::delete_by_id((id, volunteer.id)).exec(&tx.connection).await?.rows_affected == 0 {
        return Err(Error::from(Code::NotFound).on("teamId"));
    }
    role::end_over_team(tx, actor.account_id, id).await?;
    Ok(row)
}

/// Makes a volunteer of the team's community a member.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` for a dissolved team, `ALREADY_MEMBER`.
pub async fn add_member(tx: &Tx, actor: &Actor, id: TeamId, volunteer_id: VolunteerId) -> Result<Model> {
    let (row, place) = get_in(&tx.connection, actor, id).await.map_err(|error| error.on("teamId"))?;
    actor.require(Action::AddTeamMember, &place)?;
    open_to_members(&row)?;
    let member = member_to_be(tx, row.community_id, volunteer_id, "volunteerId").await?;
    admit(tx, row.id, &[member.id]).await?;
    Ok(row)
}

/// Writes memberships without asking who may.
///
/// # Errors
/// `ALREADY_MEMBER`.
pub async fn admit(tx: &Tx, id: TeamId, volunteer_ids: &[VolunteerId]) -> Result<()> {
    for chunk in volunteer_ids.chunks(1_000) {
        let rows =
            chunk.iter().map(|volunteer_id| team_member::ActiveModel { team_id: Set(id), volunteer_id: Set(*volunteer_id), joined_at: Set(tx.now) });
        team_member::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    Ok(())
}

/// The team behind an id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: TeamId) -> Result<Model> {
    team::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The team behind an id with its place, when it exists for the actor.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: TeamId) -> Result<(Model, Place)> {
    let row = get(connection, id).await?;
    let place = place(connection, &row).await?;
    if actor.sees(&place) { Ok((row, place)) } else { Err(Code::NotFound.into()) }
}

/// A team of one community, as an input names it.
///
/// # Errors
/// `NOT_FOUND` on `field` for a team that lies elsewhere.
pub async fn get_of(connection: &impl ConnectionTrait, community_id: CommunityId, id: TeamId, field: &'static str) -> Result<Model> {
    let row = team::Entity::find_by_id(id).filter(team::Column::CommunityId.eq(community_id)).one(connection).await?;
    row.ok_or_else(|| Error::from(Code::NotFound).on(field))
}

/// Where a team is, for questions of permission.
///
/// # Errors
/// When the database cannot be read.
pub async fn place(connection: &impl ConnectionTrait, row: &Model) -> Result<Place> {
    let place = region::place(connection, row.region_id).await?;
    Ok(Place { community_id: row.community_id, path: place.path, team_id: Some(row.id) })
}

/// A page of a community's living teams in the order they were founded.
///
/// # Errors
/// `NOT_FOUND` on `regionId`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, filter: &Filter, page: &Page) -> Result<Rows<Model>> {
    use sea_orm::{QuerySelect, QueryTrait};
    let mut query = team::Entity::find().filter(team::Column::CommunityId.eq(community_id)).filter(team::Column::DissolvedAt.is_null());
    if let Some(colour) = filter.colour {
        query = query.filter(team::Column::Colour.eq(colour));
    }
    if let Some(region_id) = filter.region_id {
        let top = region::get_of(connection, community_id, region_id, "regionId").await?;
        let below = region_row::Entity::find().select_only().column(region_row::Column::Id);
        let below = below.filter(region_row::Column::CommunityId.eq(community_id)).filter(region::path_begins(&top.path));
        query = query.filter(team::Column::RegionId.in_subquery(below.into_query()));
    }
    let order = ListOrder { key: None, id: team::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, TeamId>(query, order)?.all(connection).await?))
}

fn open_to_members(row: &Model) -> Result<()> {
    if row.dissolved_at.is_some() { Err(Error::from(Code::StateChanged).on("teamId")) } else { Ok(()) }
}

async fn member_to_be(tx: &Tx, community_id: CommunityId, id: VolunteerId, field: &'static str) -> Result<volunteer::Model> {
    let row = volunteer::Entity::find_by_id(id).filter(volunteer::Column::CommunityId.eq(community_id)).one(&tx.connection).await?;
    row.ok_or_else(|| Error::from(Code::NotFound).on(field))
}
