//! Drafting an activity, and changing it.

use entity::activity::{self, ActivityState, RiskLevel};
use entity::id::{ActivityId, RegionId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{Monthly, Offer, check, get, monthly, place_of, qualifications, team_of};
use crate::community::region;
use crate::error::{Code, Result};
use crate::people::permission::{Action, Actor};
use crate::service::place;
use crate::tx::Tx;

/// A change of something that may be absent.
#[derive(Clone, Debug, Default)]
pub enum Edit<T> {
    /// It stays.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It becomes this.
    To(T),
}

impl<T> Edit<T> {
    fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::To(value) => Some(value),
        }
    }
}

/// What to change; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Where its service counts.
    pub region_id: Option<RegionId>,
    /// Title.
    pub title: Option<String>,
    /// What is done.
    pub description: Option<String>,
    /// Code of the `SERVICE_TYPE` list.
    pub service_type: Option<String>,
    /// Code of the `OCCASION` list.
    pub occasion: Edit<String>,
    /// Where to come.
    pub place: Option<String>,
    /// How risky.
    pub risk_level: Option<RiskLevel>,
    /// The risks.
    pub risk_note: Option<String>,
    /// Accident insurance.
    pub insurance_ref: Edit<String>,
    /// Youngest age.
    pub min_age: Option<i32>,
    /// Codes of the `QUALIFICATION` list.
    pub qualifications: Option<Vec<String>>,
    /// Repetition.
    pub monthly: Edit<Monthly>,
}

/// Drafts an activity for a team.
///
/// # Errors
/// `NOT_FOUND` for the team or region, `FORBIDDEN`, `BAD_INPUT`, `RISK_NOTE_REQUIRED`, `TAXONOMY_UNKNOWN`, `WORD_RESERVED`.
pub async fn create(tx: &Tx, actor: &Actor, mut offer: Offer) -> Result<activity::Model> {
    let (team, team_place) = team_of(&tx.connection, offer.team_id).await?;
    actor.require(Action::CreateActivity, &team_place).map_err(|error| error.on("teamId"))?;
    let region_id = region::get_of(&tx.connection, team.community_id, offer.region_id.unwrap_or(team.region_id), "regionId").await?.id;
    // A leader acts by the team, an administrator only where the region lies within the grant.
    actor.require(Action::CreateActivity, &place::of(&tx.connection, team.community_id, region_id, Some(team.id)).await?)?;
    check(&tx.connection, team.community_id, &mut offer, None).await?;
    let row = activity::Model {
        id: ActivityId::new(tx.now),
        community_id: team.community_id,
        team_id: team.id,
        region_id,
        title: offer.title,
        description: offer.description,
        service_type: offer.service_type,
        occasion: offer.occasion,
        place: offer.place,
        risk_level: offer.risk_level,
        risk_note: offer.risk_note,
        insurance_ref: offer.insurance_ref,
        min_age: offer.min_age,
        qualifications: offer.qualifications.join(","),
        state: ActivityState::Draft,
        monthly_on: offer.monthly.map(|monthly| monthly.day),
        monthly_start: offer.monthly.map(|monthly| monthly.start_minute),
        monthly_minutes: offer.monthly.map(|monthly| monthly.minutes),
        monthly_capacity: offer.monthly.map(|monthly| monthly.capacity),
        created_by: actor.account_id,
        created_at: tx.now,
        published_at: None,
    };
    activity::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(row)
}

/// Changes a draft, or the wording of a published activity that binds nobody: description, place, risk note, insurance and occasion.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` for anything else after publication, and the refusals of [`create`].
pub async fn update(tx: &Tx, actor: &Actor, id: ActivityId, change: Change) -> Result<activity::Model> {
    let row = get(&tx.connection, actor, id).await?;
    actor.require(Action::UpdateActivity, &place_of(&tx.connection, &row).await?)?;
    let before = offer_of(&row);
    let mut after = merged(before.clone(), change);
    if row.state == ActivityState::Cancelled || (row.state == ActivityState::Published && binds(&before, &after)) {
        return Err(Code::StateChanged.into());
    }
    check(&tx.connection, row.community_id, &mut after, Some(&before)).await?;
    let region_id = region::get_of(&tx.connection, row.community_id, after.region_id.unwrap_or(row.region_id), "regionId").await?.id;
    actor.require(Action::UpdateActivity, &place::of(&tx.connection, row.community_id, region_id, Some(row.team_id)).await?)?;
    let read_state = row.state;
    let row = activity::Model {
        region_id,
        title: after.title,
        description: after.description,
        service_type: after.service_type,
        occasion: after.occasion,
        place: after.place,
        risk_level: after.risk_level,
        risk_note: after.risk_note,
        insurance_ref: after.insurance_ref,
        min_age: after.min_age,
        qualifications: after.qualifications.join(","),
        monthly_on: after.monthly.map(|monthly| monthly.day),
        monthly_start: after.monthly.map(|monthly| monthly.start_minute),
        monthly_minutes: after.monthly.map(|monthly| monthly.minutes),
        monthly_capacity: after.monthly.map(|monthly| monthly.capacity),
        ..row
    };
    let changed = activity::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(activity::Column::Id.eq(id))
        .filter(activity::Column::State.eq(read_state))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 1 { Ok(row) } else { Err(Code::StateChanged.into()) }
}

fn offer_of(row: &activity::Model) -> Offer {
    Offer {
        team_id: row.team_id,
        region_id: Some(row.region_id),
        title: row.title.clone(),
        description: row.description.clone(),
        service_type: row.service_type.clone(),
        occasion: row.occasion.clone(),
        place: row.place.clone(),
        risk_level: row.risk_level,
        risk_note: row.risk_note.clone(),
        insurance_ref: row.insurance_ref.clone(),
        min_age: row.min_age,
        qualifications: qualifications(row),
        monthly: monthly(row),
    }
}

fn merged(before: Offer, change: Change) -> Offer {
    Offer {
        team_id: before.team_id,
        region_id: change.region_id.or(before.region_id),
        title: change.title.unwrap_or(before.title),
        description: change.description.unwrap_or(before.description),
        service_type: change.service_type.unwrap_or(before.service_type),
        occasion: change.occasion.over(before.occasion),
        place: change.place.unwrap_or(before.place),
        risk_level: change.risk_level.unwrap_or(before.risk_level),
        risk_note: change.risk_note.unwrap_or(before.risk_note),
        insurance_ref: change.insurance_ref.over(before.insurance_ref),
        min_age: change.min_age.unwrap_or(before.min_age),
        qualifications: change.qualifications.unwrap_or(before.qualifications),
        monthly: change.monthly.over(before.monthly),
    }
}

/// Whether a change touches what volunteers agreed to.
fn binds(before: &Offer, after: &Offer) -> bool {
    let wording_aside = Offer {
        description: before.description.clone(),
        occasion: before.occasion.clone(),
        place: before.place.clone(),
        risk_note: before.risk_note.clone(),
        insurance_ref: before.insurance_ref.clone(),
        ..after.clone()
    };
    wording_aside != *before
}
