//! What teams can do: the sum of their members, by colour and roster. Numbers only; nobody is named.

use std::collections::{BTreeMap, HashMap};

use entity::id::{RegionId, TeamId, VolunteerId};
use entity::team::{self, TeamColour};
use entity::team_member;
use entity::time::UtcMicros;
use entity::volunteer::{self, VolunteerState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::{of, qualifications};
use crate::community::region;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::service::place;

/// Which teams, and for when.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Of this colour.
    pub colour: Option<TeamColour>,
    /// Working in this region or below it.
    pub region_id: Option<RegionId>,
    /// Who of them could come for the whole of this time, at most a day.
    pub time: Option<(UtcMicros, UtcMicros)>,
}

/// What a team can do.
#[derive(Clone, Debug)]
pub struct TeamSupply {
    /// The team.
    pub team: team::Model,
    /// Its members.
    pub members: i64,
    /// Of them those who may serve and do not pause.
    pub ready: i64,
    /// Of those the ones who could come at the time asked about.
    pub free: Option<i64>,
    /// How many of the ready have a skill, by code.
    pub skills: BTreeMap<String, i64>,
    /// How many of the ready hold a qualification on the day asked about, by code.
    pub qualifications: BTreeMap<String, i64>,
}

/// A page of the teams the actor answers for, in the order they were founded.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND` on `regionId`, `BAD_INPUT` on `endsAt`, `BAD_CURSOR`.
pub async fn teams(connection: &impl ConnectionTrait, actor: &Actor, filter: Filter, now: UtcMicros, page: &Page) -> Result<Rows<TeamSupply>> {
    let mut query = team::Entity::find()
        .filter(team::Column::CommunityId.eq(actor.community_id))
        .filter(team::Column::DissolvedAt.is_null())
        .filter(place::within(actor, Action::ListTeamSupply, team::Column::RegionId, team::Column::Id)?);
    if let Some(colour) = filter.colour {
        query = query.filter(team::Column::Colour.eq(colour));
    }
    if let Some(region_id) = filter.region_id {
        let top = region::get_of(connection, actor.community_id, region_id, "regionId").await?;
        query = query.filter(team::Column::RegionId.in_subquery(place::below(&top.path, top.community_id)));
    }
    if filter.time.is_some_and(|(starts, ends)| ends <= starts || ends.0.saturating_sub(starts.0) > UtcMicros::DAY) {
        return Err(Error::from(Code::BadInput).on("endsAt").with("maxHours", 24));
    }
    let order = ListOrder { key: None, id: team::Column::Id, descending: false };
    let rows = page.rows(page.select::<_, TeamId>(query, order)?.all(connection).await?);
    let summed = summed(connection, rows.rows, filter, now).await?;
    Ok(Rows { rows: summed, has_next: rows.has_next, has_previous: rows.has_previous })
}

async fn summed(connection: &impl ConnectionTrait, teams: Vec<team::Model>, filter: Filter, now: UtcMicros) -> Result<Vec<TeamSupply>> {
    let roster = team_member::Entity::find().filter(team_member::Column::TeamId.is_in(teams.iter().map(|row| row.id))).all(connection).await?;
    let day = filter.time.map_or(now, |(starts, _)| starts).business_date();
    let mut active: HashMap<VolunteerId, bool> = HashMap::new();
    let ids: Vec<VolunteerId> = roster.iter().map(|member| member.volunteer_id).collect();
    for chunk in ids.chunks(5_000) {
        let rows = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(chunk.iter().copied())).all(connection).await?;
        active.extend(rows.into_iter().map(|row| (row.id, row.state == VolunteerState::Active)));
    }
    let supplies = of(connection, &ids).await?;
    let mut licences: HashMap<VolunteerId, Vec<String>> = HashMap::new();
    for chunk in ids.chunks(5_000) {
        licences.extend(qualifications(connection, chunk, day).await?);
    }
    let sum = |team: team::Model| {
        let mut sum =
            TeamSupply { members: 0, ready: 0, free: filter.time.map(|_| 0), skills: BTreeMap::new(), qualifications: BTreeMap::new(), team };
        for id in roster.iter().filter(|member| member.team_id == sum.team.id).map(|member| member.volunteer_id) {
            sum.members += 1;
            let Some(supply) = supplies.get(&id).filter(|supply| active.get(&id) == Some(&true) && !supply.pauses(day)) else { continue };
            sum.ready += 1;
            if let (Some(free), Some((starts, ends))) = (&mut sum.free, filter.time) {
                *free += i64::from(supply.is_free(starts, ends));
            }
            for code in &supply.skills {
                *sum.skills.entry(code.clone()).or_default() += 1;
            }
            for code in licences.get(&id).into_iter().flatten() {
                *sum.qualifications.entry(code.clone()).or_default() += 1;
            }
        }
        sum
    };
    Ok(teams.into_iter().map(sum).collect())
}
