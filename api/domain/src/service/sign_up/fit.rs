//! Whether somebody may serve, and has the time: asked of a seat in a session and of a match alike.

use std::collections::BTreeSet;

use entity::activity;
use entity::activity_session;
use entity::id::{ActivitySessionId, NeedMatchId, VolunteerId};
use entity::need_match::{self, MatchState};
use entity::sign_up::{self, SignUpState};
use entity::time::BusinessDate;
use entity::volunteer::{self, VolunteerState};
use entity::{match_person, volunteer_qualification};
use sea_orm::sea_query::{LockType, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::error::{Code, Error, Result};
use crate::service::activity as activities;
use crate::service::record::Span;
use crate::tx::Tx;

/// What service asks of who does it (Volunteer Service Regulations art. 15, 16).
#[derive(Clone, Debug)]
pub struct Demands {
    /// Youngest age, in years on the day.
    pub min_age: i32,
    /// Codes of the `QUALIFICATION` list that must hold on the day.
    pub qualifications: Vec<String>,
}

impl Demands {
    /// What an activity asks.
    #[must_use]
    pub fn of(activity: &activity::Model) -> Self {
        Self { min_age: activity.min_age, qualifications: activities::qualifications(activity) }
    }
}

/// What somebody has said yes to, and does not stand in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engagement {
    /// A seat in a session.
    Session(ActivitySessionId),
    /// A match.
    Match(NeedMatchId),
}

/// Locks volunteers in id order, and gives their rows.
///
/// # Errors
/// When the database refuses.
pub async fn lock_people(tx: &Tx, ids: impl IntoIterator<Item = VolunteerId>) -> Result<Vec<volunteer::Model>> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    let query = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids)).order_by_asc(volunteer::Column::Id);
    // NO KEY UPDATE: rows that only point at a volunteer must not wait.
    Ok(query.lock(LockType::NoKeyUpdate).all(&tx.connection).await?)
}

/// The licences of people.
///
/// # Errors
/// When the database cannot be read.
pub async fn licences(connection: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<Vec<volunteer_qualification::Model>> {
    let query = volunteer_qualification::Entity::find().filter(volunteer_qualification::Column::VolunteerId.is_in(ids.iter().copied()));
    Ok(query.all(connection).await?)
}

/// Whether a person may serve on a day: active, old enough, and with licences that hold on that day (Volunteer Service Regulations art. 15, 16).
///
/// # Errors
/// `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`.
pub fn check_fit(person: &volunteer::Model, licences: &[volunteer_qualification::Model], demands: &Demands, day: BusinessDate) -> Result<()> {
    if person.state != VolunteerState::Active {
        return Err(Code::VolunteerSuspended.into());
    }
    if person.birth_date.years_until(day) < demands.min_age {
        return Err(Error::from(Code::TooYoung).with("minAge", demands.min_age));
    }
    let holds = |code: &str| {
        let mut own = licences.iter().filter(|licence| licence.volunteer_id == person.id && licence.code == code);
        own.any(|licence| licence.valid_until.is_none_or(|until| until >= day))
    };
    match demands.qualifications.iter().find(|code| !holds(code)) {
        Some(code) => Err(Error::from(Code::QualificationMissing).with("code", code).with("on", day.naive())),
        None => Ok(()),
    }
}

/// Refuses a time at which the person has a seat in one of these states, or a match that was accepted; the person's row must be locked.
///
/// # Errors
/// `SESSION_OVERLAP`, with the session or the match.
pub async fn check_free(tx: &Tx, person: VolunteerId, time: Span, own: Engagement, seats: &[SignUpState]) -> Result<()> {
    let mut sessions = Query::select()
        .column(activity_session::Column::Id)
        .from(activity_session::Entity)
        .and_where(activity_session::Column::StartsAt.lt(time.to))
        .and_where(activity_session::Column::EndsAt.gt(time.from))
        .to_owned();
    if let Engagement::Session(id) = own {
        sessions.and_where(activity_session::Column::Id.ne(id));
    }
    let seat = sign_up::Entity::find()
        .filter(sign_up::Column::VolunteerId.eq(person))
        .filter(sign_up::Column::State.is_in(seats.iter().copied()))
        .filter(sign_up::Column::SessionId.in_subquery(sessions))
        .one(&tx.connection)
        .await?;
    if let Some(row) = seat {
        return Err(Error::from(Code::SessionOverlap).with("sessionId", row.session_id));
    }
    let mine = Query::select()
        .column(match_person::Column::MatchId)
        .from(match_person::Entity)
        .and_where(match_person::Column::VolunteerId.eq(person))
        .to_owned();
    let mut accepted = need_match::Entity::find()
        .filter(need_match::Column::Id.in_subquery(mine))
        .filter(need_match::Column::State.is_in([MatchState::Accepted, MatchState::InProgress]))
        .filter(need_match::Column::StartsAt.lt(time.to))
        .filter(need_match::Column::EndsAt.gt(time.from));
    if let Engagement::Match(id) = own {
        accepted = accepted.filter(need_match::Column::Id.ne(id));
    }
    match accepted.one(&tx.connection).await? {
        Some(row) => Err(Error::from(Code::SessionOverlap).with("matchId", row.id)),
        None => Ok(()),
    }
}
