//! Whether a helper may and can: the hard constraints, asked again on the server whenever a match moves towards service.

use entity::activity::RiskLevel;
use entity::id::{TeamId, VolunteerId};
use entity::listing::{self, ListingKind};
use entity::need;
use entity::need_match::Model;
use entity::sign_up::SignUpState;
use entity::time::{BusinessDate, UtcMicros};
use entity::volunteer;
use entity::{team, team_member};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::{Code, Error, Result};
use crate::exchange::listing::codes;
use crate::people::consent;
use crate::service::record::Span;
use crate::service::sign_up::{Demands, Engagement, check_fit, check_free, licences, lock_people};
use crate::tx::Tx;

/// Age at which nobody has to be asked for them.
const OF_AGE: i32 = 18;

/// A need with its particulars, as of now.
pub(super) struct Wanted {
    /// What all listings have.
    pub(super) listing: listing::Model,
    /// What a need has.
    pub(super) need: need::Model,
}

impl Wanted {
    /// Reads the need of a match.
    ///
    /// # Errors
    /// `NOT_FOUND`.
    pub(super) async fn of(connection: &impl ConnectionTrait, id: entity::id::ListingId) -> Result<Self> {
        let listing = listing::Entity::find_by_id(id).one(connection).await?;
        let listing = listing.filter(|row| row.kind == ListingKind::Need).ok_or_else(|| Error::from(Code::NotFound).on("needId"))?;
        let need = need::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
        Ok(Self { listing, need })
    }

    fn demands(&self) -> Demands {
        Demands { min_age: self.need.min_age, qualifications: codes(&self.need.qualifications) }
    }

    /// Refuses a risk without insurance (Volunteer Service Regulations art. 17), and a need of somebody who did not agree to its being filed.
    ///
    /// # Errors
    /// `INSURANCE_REQUIRED`, `CONSENT_REQUIRED`.
    pub(super) fn check(&self) -> Result<()> {
        if self.need.risk_level == RiskLevel::High && self.need.insurance_ref.is_none() {
            return Err(Code::InsuranceRequired.into());
        }
        let own = self.listing.owner_account_id == Some(self.listing.filed_by);
        if !own && self.need.consent.is_none() {
            return Err(Error::from(Code::ConsentRequired).on("consent"));
        }
        Ok(())
    }

    /// Refuses somebody who may not serve on a day, and who would serve themselves.
    ///
    /// # Errors
    /// `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`, `OWN_NEED`.
    fn check_person(&self, person: &volunteer::Model, held: &[entity::volunteer_qualification::Model], day: BusinessDate) -> Result<()> {
        if person.account_id.is_some() && person.account_id == self.listing.owner_account_id {
            return Err(Code::OwnNeed.into());
        }
        check_fit(person, held, &self.demands(), day)
    }
}

/// Refuses a volunteer who may not serve on a day; nothing is locked. `consent` tells whether the guardian of a minor agreed, or will be asked later.
///
/// # Errors
/// `NOT_FOUND` on `helper`, and as [`check_people`].
pub(super) async fn check_volunteer(
    connection: &impl ConnectionTrait,
    wanted: &Wanted,
    id: VolunteerId,
    day: BusinessDate,
    consent: bool,
) -> Result<()> {
    let person = volunteer::Entity::find_by_id(id).filter(volunteer::Column::CommunityId.eq(wanted.listing.community_id)).one(connection).await?;
    let person = person.ok_or_else(|| Error::from(Code::NotFound).on("helper"))?;
    wanted.check_person(&person, &licences(connection, &[id]).await?, day)?;
    check_minors(wanted, &[person], consent, day)
}

/// Locks those who are to serve and refuses any who may not, or who has no time. A minor serves at low risk alone, and not without an adult beside them
/// or a guardian's consent.
///
/// # Errors
/// `NOT_FOUND`, `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`, `OWN_NEED`, `SESSION_OVERLAP`, `CONSENT_REQUIRED` on `guardianConsent`,
/// `CONSENT_NOT_GIVEN`, `GUARDIAN_REQUIRED`.
pub(super) async fn check_people(tx: &Tx, wanted: &Wanted, row: &Model, ids: &[VolunteerId], time: Span) -> Result<Vec<volunteer::Model>> {
    let people = lock_people(tx, ids.iter().copied()).await?;
    if people.len() != ids.len() || people.iter().any(|person| person.community_id != row.community_id) {
        return Err(Code::NotFound.into());
    }
    let (held, day) = (licences(&tx.connection, ids).await?, time.from.business_date());
    for person in &people {
        consent::check_service(&tx.connection, person, tx.today()).await?;
        wanted.check_person(person, &held, day)?;
        check_free(tx, person.id, time, Engagement::Match(row.id), &[SignUpState::Confirmed, SignUpState::Attended]).await?;
    }
    check_minors(wanted, &people, row.guardian_consent.is_some(), day)?;
    Ok(people)
}

/// A minor serves at low risk alone, and not without an adult beside them or a guardian's consent.
fn check_minors(wanted: &Wanted, people: &[volunteer::Model], consent: bool, day: BusinessDate) -> Result<()> {
    let minors = people.iter().filter(|person| person.birth_date.years_until(day) < OF_AGE).count();
    if minors > 0 && wanted.need.risk_level != RiskLevel::Low {
        return Err(Error::from(Code::TooYoung).with("minAge", OF_AGE));
    }
    if minors > 0 && minors == people.len() && !consent {
        return Err(Error::from(Code::ConsentRequired).on("guardianConsent"));
    }
    Ok(())
}

/// Refuses a team that has not so many members who may serve on a day.
///
/// # Errors
/// `NOT_FOUND` on `teamId` for a team that is no more; `QUANTITY_INSUFFICIENT` with how many may; what keeps them when it keeps all.
pub(super) async fn check_team(tx: &Tx, wanted: &Wanted, id: TeamId, places: i64, day: BusinessDate) -> Result<()> {
    let there = team::Entity::find_by_id(id).filter(team::Column::DissolvedAt.is_null()).one(&tx.connection).await?;
    there.ok_or_else(|| Error::from(Code::NotFound).on("teamId"))?;
    let members = team_member::Entity::find().filter(team_member::Column::TeamId.eq(id)).all(&tx.connection).await?;
    let ids: Vec<VolunteerId> = members.iter().map(|member| member.volunteer_id).collect();
    let (mut able, mut kept) = (0, None);
    for chunk in ids.chunks(5_000) {
        let held = licences(&tx.connection, chunk).await?;
        let people = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(chunk.iter().copied())).all(&tx.connection).await?;
        for person in people {
            match wanted.check_person(&person, &held, day) {
                Ok(()) => able += 1,
                Err(error) => kept = kept.or(Some(error)),
            }
        }
    }
    match kept {
        _ if able >= places => Ok(()),
        Some(error) if able == 0 => Err(error),
        _ => Err(Error::from(Code::QuantityInsufficient).on("quantity").with("left", able)),
    }
}

/// The time that is served: from the start to the end by the clock, within what was agreed. Travel is never part of it.
pub(super) fn served(row: &Model, finished_at: UtcMicros) -> Option<Span> {
    let started_at = row.started_at?;
    let from = row.starts_at.map_or(started_at, |agreed| agreed.max(started_at));
    let to = row.ends_at.map_or(finished_at, |agreed| agreed.min(finished_at));
    Some(Span { from, to })
}
