//! Activities (活动): what is offered to volunteers.
//!
//! A team leader or administrator drafts an activity, publishes it and may cancel it: DRAFT → PUBLISHED → CANCELLED. Recruiting states the work
//! and its risks truthfully (Volunteer Service Regulations art. 12), age and licences fit the work (art. 15, 16), and a risky activity is insured
//! before it begins (art. 17). Words: a *monthly* activity repeats on one day of each month, as the service day (志愿服务日) does on the 28th.
//!
//! Invariant: what volunteers agreed to when they signed up does not change after publication; only wording that does not bind them may.

use entity::activity::{self, ActivityState, RiskLevel};
use entity::id::{ActivityId, CommunityId, RegionId, TeamId};
use entity::taxonomy_term::TaxonomyKind;
use entity::team;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use crate::community::{taxonomy, wording as community_wording};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor, Place};
use crate::people::team as teams;
use crate::service::{place, wording};

mod cancel;
mod list;
mod publish;
mod write;

pub use cancel::cancel;
pub use list::{Filter, list};
pub use publish::publish;
pub use write::{Change, Edit, create, update};

/// Most licences one activity may ask for.
const QUALIFICATIONS_MAX: usize = 10;

/// On which day of each month an activity repeats, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Monthly {
    /// Day of the month, 1 to 28, so that every month has it.
    pub day: i32,
    /// Minute of the day it starts, 0 to 1439, by the community's clock.
    pub start_minute: i32,
    /// Length in minutes, 15 to 1440.
    pub minutes: i32,
    /// Seats, 1 to 100000.
    pub capacity: i32,
}

/// Everything a leader says about an activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The team that runs it.
    pub team_id: TeamId,
    /// Where its service counts; the team's region when left out.
    pub region_id: Option<RegionId>,
    /// Title, 1 to 60 characters.
    pub title: String,
    /// What is done, 1 to 2000 characters.
    pub description: String,
    /// Code of the `SERVICE_TYPE` list.
    pub service_type: String,
    /// Code of the `OCCASION` list.
    pub occasion: Option<String>,
    /// Where to come, 1 to 200 characters.
    pub place: String,
    /// How risky.
    pub risk_level: RiskLevel,
    /// The risks, 1 to 1000 characters.
    pub risk_note: String,
    /// Accident insurance, up to 200 characters.
    pub insurance_ref: Option<String>,
    /// Youngest age, 0 to 120.
    pub min_age: i32,
    /// Codes of the `QUALIFICATION` list.
    pub qualifications: Vec<String>,
    /// Repetition.
    pub monthly: Option<Monthly>,
}

/// The licences an activity asks for.
#[must_use]
pub fn qualifications(row: &activity::Model) -> Vec<String> {
    row.qualifications.split(',').filter(|code| !code.is_empty()).map(ToOwned::to_owned).collect()
}

/// The repetition of an activity.
#[must_use]
pub fn monthly(row: &activity::Model) -> Option<Monthly> {
    match (row.monthly_on, row.monthly_start, row.monthly_minutes, row.monthly_capacity) {
        (Some(day), Some(start_minute), Some(minutes), Some(capacity)) => Some(Monthly { day, start_minute, minutes, capacity }),
        _ => None,
    }
}

/// Where an activity lies.
///
/// # Errors
/// When the database cannot be read.
pub async fn place_of(connection: &impl ConnectionTrait, row: &activity::Model) -> Result<Place> {
    place::of(connection, row.community_id, row.region_id, Some(row.team_id)).await
}

/// An activity as the actor may see it; a draft exists only for those who may change it.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: ActivityId) -> Result<activity::Model> {
    let row = activity::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
    let place = place_of(connection, &row).await?;
    let hidden = row.state == ActivityState::Draft && !actor.may(Action::UpdateActivity, &place);
    if hidden || !actor.sees(&place) { Err(Code::NotFound.into()) } else { Ok(row) }
}

/// A team that still exists, and where it works.
///
/// # Errors
/// `NOT_FOUND` on `teamId`.
pub async fn team_of(connection: &impl ConnectionTrait, id: TeamId) -> Result<(team::Model, Place)> {
    let team = team::Entity::find_by_id(id).filter(team::Column::DissolvedAt.is_null()).one(connection).await?;
    let team = team.ok_or_else(|| Error::from(Code::NotFound).on("teamId"))?;
    let place = teams::place(connection, &team).await?;
    Ok((team, place))
}

/// Ids of a team's activities, as a subquery.
pub(super) fn ids_of_team(team_id: TeamId) -> sea_orm::sea_query::SelectStatement {
    Query::select().column(activity::Column::Id).from(activity::Entity).and_where(activity::Column::TeamId.eq(team_id)).to_owned()
}

/// Checks what a leader says; codes that `before` had already may have been retired since.
async fn check(connection: &impl ConnectionTrait, community_id: CommunityId, offer: &mut Offer, before: Option<&Offer>) -> Result<()> {
    offer.title = community_wording::label(&offer.title, 60, "title")?;
    offer.description = wording::required(&offer.description, "description", 2_000, Code::BadInput)?;
    offer.place = community_wording::label(&offer.place, 200, "place")?;
    offer.risk_note = wording::required(&offer.risk_note, "riskNote", 1_000, Code::RiskNoteRequired)?;
    offer.insurance_ref = wording::optional(offer.insurance_ref.as_deref(), "insuranceRef", 200)?;
    if !(0..=120).contains(&offer.min_age) {
        return Err(Error::from(Code::BadInput).on("minAge").with("min", 0).with("max", 120));
    }
    if let Some(monthly) = &offer.monthly {
        let fits = (1..=28).contains(&monthly.day)
            && (0..=1_439).contains(&monthly.start_minute)
            && (15..=1_440).contains(&monthly.minutes)
            && (1..=crate::service::session::CAPACITY_MAX).contains(&monthly.capacity);
        if !fits {
            return Err(Error::from(Code::BadInput).on("monthly"));
        }
    }
    offer.qualifications.sort_unstable();
    offer.qualifications.dedup();
    if offer.qualifications.len() > QUALIFICATIONS_MAX {
        return Err(Error::from(Code::BadInput).on("qualifications").with("max", QUALIFICATIONS_MAX));
    }
    let known = |code: &String, of: fn(&Offer) -> Vec<&String>| before.is_some_and(|before| of(before).contains(&code));
    if !known(&offer.service_type, |offer| vec![&offer.service_type]) {
        taxonomy::get(connection, community_id, TaxonomyKind::ServiceType, &offer.service_type, "serviceType").await?;
    }
    for code in offer.occasion.iter().filter(|code| !known(code, |offer| offer.occasion.iter().collect())) {
        taxonomy::get(connection, community_id, TaxonomyKind::Occasion, code, "occasion").await?;
    }
    for code in offer.qualifications.iter().filter(|code| !known(code, |offer| offer.qualifications.iter().collect())) {
        taxonomy::get(connection, community_id, TaxonomyKind::Qualification, code, "qualifications").await?;
    }
    Ok(())
}
