//! Sessions (场次): one occurrence of an activity, with seats.
//!
//! A session is OPEN until a person calls it off (CANCELLED) or two hours after its end the clock closes it (CLOSED). Closing notes who did not come
//! and ends what is left of the waitlist. `seats_taken` counts confirmed sign-ups, open offers, people who came and people who did not;
//! `waitlisted` counts the waiting.
//!
//! Invariant: `seats_taken` lies between 0 and `capacity` (constraint `session_full`), and an activity has one session per start
//! (`session_once`). Invariant: nobody waits while a seat of a session that has not started is free.

use std::collections::HashMap;

use entity::activity::{self, ActivityState};
use entity::activity_session::{self, SessionState};
use entity::id::{ActivityId, ActivitySessionId, TeamId, VolunteerId};
use entity::team;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::sea_query::{LockType, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::service::{activity as activities, place};
use crate::tx::Tx;

mod cancel;
mod close;
mod recur;
mod schedule;

pub use cancel::{call_off, cancel};
pub use close::close_due;
pub use recur::{schedule_months, schedule_recurring};
pub use schedule::{NewSession, schedule};

/// Most seats of a session.
pub const CAPACITY_MAX: i32 = 100_000;
/// Check-in opens this long before the start, in microseconds.
pub const CHECK_IN_LEAD: i64 = 30 * UtcMicros::MINUTE;
/// Check-out ends, and a session is closed, this long after its end, in microseconds.
pub const CHECK_OUT_GRACE: i64 = 2 * UtcMicros::HOUR;

/// A session with everything that decides about it.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The session.
    pub session: activity_session::Model,
    /// Its activity.
    pub activity: activity::Model,
    /// The team that runs it.
    pub team: team::Model,
    /// Where it lies.
    pub place: Place,
}

/// Sessions with what decides about them, in four queries however many they are; ids of nothing are left out.
///
/// # Errors
/// When the database cannot be read.
pub async fn occurrences(connection: &impl ConnectionTrait, ids: &[ActivitySessionId]) -> Result<HashMap<ActivitySessionId, Occurrence>> {
    let sessions = activity_session::Entity::find().filter(activity_session::Column::Id.is_in(ids.iter().copied())).all(connection).await?;
    let wanted = sessions.iter().map(|session| session.activity_id);
    let activities = activity::Entity::find().filter(activity::Column::Id.is_in(wanted)).all(connection).await?;
    let teams = team::Entity::find().filter(team::Column::Id.is_in(activities.iter().map(|row| row.team_id))).all(connection).await?;
    let paths = place::paths(connection, activities.iter().map(|row| row.region_id)).await?;
    let found = sessions.into_iter().filter_map(|session| {
        let activity = activities.iter().find(|row| row.id == session.activity_id)?.clone();
        let team = teams.iter().find(|row| row.id == activity.team_id)?.clone();
        let path = paths.get(&activity.region_id)?.clone();
        let place = Place { community_id: session.community_id, path, team_id: Some(team.id) };
        Some((session.id, Occurrence { session, activity, team, place }))
    });
    Ok(found.collect())
}

/// A session that exists for the actor.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: ActivitySessionId) -> Result<Occurrence> {
    let found = occurrences(connection, &[id]).await?.remove(&id).ok_or(Code::NotFound)?;
    if actor.sees(&found.place) { Ok(found) } else { Err(Code::NotFound.into()) }
}

/// A session for whose people the actor answers: its team's leader, or an administrator.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn led_by(connection: &impl ConnectionTrait, actor: &Actor, id: ActivitySessionId) -> Result<Occurrence> {
    let found = get(connection, actor, id).await?;
    actor.require(Action::CallRoll, &found.place)?;
    Ok(found)
}

/// Lets the actor see what a person does in a session: the person, and who answers for the session.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn check_concerns(connection: &impl ConnectionTrait, actor: &Actor, id: ActivitySessionId, person: VolunteerId) -> Result<()> {
    if actor.volunteer.is_some_and(|own| own.id == person) {
        return Ok(());
    }
    let found = get(connection, actor, id).await?;
    if actor.may(Action::CallRoll, &found.place) { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// Sessions by id, for lists that name them.
///
/// # Errors
/// When the database cannot be read.
pub async fn by_ids(connection: &impl ConnectionTrait, ids: &[ActivitySessionId]) -> Result<Vec<activity_session::Model>> {
    Ok(activity_session::Entity::find().filter(activity_session::Column::Id.is_in(ids.iter().copied())).all(connection).await?)
}

/// The next open sessions of several activities, up to `most` each, soonest first, in one query.
///
/// # Errors
/// When the database cannot be read.
pub async fn upcoming(connection: &impl ConnectionTrait, ids: &[ActivityId], most: u32, now: UtcMicros) -> Result<Vec<activity_session::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let listed = (0..ids.len()).map(|at| format!("${}", at + 3)).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT * FROM (SELECT s.*, ROW_NUMBER() OVER (PARTITION BY activity_id ORDER BY starts_at, id) AS place FROM activity_session s \
         WHERE s.state = 'OPEN' AND s.starts_at > $1 AND s.activity_id IN ({listed})) AS n WHERE n.place <= $2 ORDER BY n.starts_at, n.id"
    );
    let values = [now.into(), i64::from(most).into()].into_iter().chain(ids.iter().map(|id| (*id).into()));
    Ok(activity_session::Entity::find().from_raw_sql(crate::db::sql(connection, &text, values)).all(connection).await?)
}

/// Which sessions to list; every part narrows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Ending after this moment.
    pub from: Option<UtcMicros>,
    /// Starting before this moment.
    pub to: Option<UtcMicros>,
    /// Of this activity.
    pub activity_id: Option<ActivityId>,
    /// Of this team's activities.
    pub team_id: Option<TeamId>,
    /// Only sessions that take sign-ups: open, and not started at this moment.
    pub open_at: Option<UtcMicros>,
}

/// Sessions of the actor's community, by start; the sort key is `starts_at`.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: &Filter, page: &Page) -> Result<Rows<activity_session::Model>> {
    let mut query = activity_session::Entity::find().filter(activity_session::Column::CommunityId.eq(actor.community_id));
    if let Some(from) = filter.from {
        query = query.filter(activity_session::Column::EndsAt.gt(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(activity_session::Column::StartsAt.lt(to));
    }
    if let Some(activity_id) = filter.activity_id {
        query = query.filter(activity_session::Column::ActivityId.eq(activity_id));
    }
    if let Some(team_id) = filter.team_id {
        query = query.filter(activity_session::Column::ActivityId.in_subquery(activities::ids_of_team(team_id)));
    }
    if let Some(now) = filter.open_at {
        query = query.filter(activity_session::Column::State.eq(SessionState::Open)).filter(activity_session::Column::StartsAt.gt(now));
    }
    let order = ListOrder { key: Some(activity_session::Column::StartsAt), id: activity_session::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, ActivitySessionId>(query, order)?.all(connection).await?))
}

/// The sessions of an activity the actor was shown, by start; the sort key is `starts_at`.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list_of(connection: &impl ConnectionTrait, activity_id: ActivityId, page: &Page) -> Result<Rows<activity_session::Model>> {
    let query = activity_session::Entity::find().filter(activity_session::Column::ActivityId.eq(activity_id));
    let order = ListOrder { key: Some(activity_session::Column::StartsAt), id: activity_session::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, ActivitySessionId>(query, order)?.all(connection).await?))
}

/// Locks sessions in id order; what reads them afterwards reads their last state.
pub(super) async fn lock(tx: &Tx, ids: impl IntoIterator<Item = ActivitySessionId>) -> Result<Vec<activity_session::Model>> {
    // NO KEY UPDATE: new sign-ups and attendances point at the row and must not wait for it.
    let rows = activity_session::Entity::find()
        .filter(activity_session::Column::Id.is_in(ids))
        .order_by_asc(activity_session::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(&tx.connection)
        .await?;
    Ok(rows)
}

/// Ids of the sessions for whose people the actor may do `action`, as a subquery.
pub(super) fn ids_within(actor: &Actor, action: Action) -> Result<sea_orm::sea_query::SelectStatement> {
    let reach = place::within(actor, action, activity::Column::RegionId, activity::Column::TeamId)?;
    Ok(ids_of(Query::select().column(activity::Column::Id).from(activity::Entity).cond_where(reach).to_owned()))
}

/// Ids of the sessions of the activities that a subquery gives.
pub(super) fn ids_of(activities: sea_orm::sea_query::SelectStatement) -> sea_orm::sea_query::SelectStatement {
    Query::select()
        .column(activity_session::Column::Id)
        .from(activity_session::Entity)
        .and_where(activity_session::Column::ActivityId.in_subquery(activities))
        .to_owned()
}

/// A new row, if its times and seats are possible.
fn planned(now: UtcMicros, activity: &activity::Model, starts_at: UtcMicros, ends_at: UtcMicros, capacity: i32) -> Result<activity_session::Model> {
    if activity.state != ActivityState::Published {
        return Err(Error::from(Code::StateChanged).on("activityId"));
    }
    if starts_at <= now {
        return Err(Error::from(Code::BadInput).on("startsAt"));
    }
    if ends_at.0 - starts_at.0 < UtcMicros::MINUTE || ends_at.0 - starts_at.0 > UtcMicros::DAY {
        return Err(Error::from(Code::BadInput).on("endsAt").with("maxHours", 24));
    }
    if !(1..=CAPACITY_MAX).contains(&capacity) {
        return Err(Error::from(Code::BadInput).on("capacity").with("min", 1).with("max", CAPACITY_MAX));
    }
    let business_date: BusinessDate = starts_at.business_date();
    Ok(activity_session::Model {
        id: ActivitySessionId::new(now),
        community_id: activity.community_id,
        activity_id: activity.id,
        starts_at,
        ends_at,
        business_date,
        capacity,
        seats_taken: 0,
        waitlisted: 0,
        state: SessionState::Open,
        created_at: now,
        closed_at: None,
    })
}
