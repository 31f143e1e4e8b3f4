//! Presence (签到): in and out of a session, by a rotating code, by roll-call, or by a leader's device without network.
//!
//! [`code`] makes and reads the rotating code, [`scan`] takes it from the volunteer, [`roll_call`] takes the leader's word for up to 500 people at
//! once, and [`roll`] is the one state machine behind all of them. Service is recorded truthfully and in time (Volunteer Service Regulations
//! art. 19): only the server's clock counts, and a check-out that is missing makes no minutes until a leader states the end.
//!
//! Invariant: a person is in once and out once per session (`checked_in_once`, conditional update). Invariant: nobody states their own presence.

use entity::attendance;
use entity::id::{ActivitySessionId, AttendanceId, VolunteerId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::error::{Code, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::Actor;
use crate::service::session;

pub mod code;
pub mod roll;
pub mod roll_call;
pub mod scan;

/// An attendance by id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: AttendanceId) -> Result<attendance::Model> {
    attendance::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// An attendance that exists for the actor: an own one, or one of a session the actor answers for.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: AttendanceId) -> Result<attendance::Model> {
    let row = get(connection, id).await?;
    session::check_concerns(connection, actor, row.session_id, row.volunteer_id).await?;
    Ok(row)
}

/// Who was at a session, first come first. Ask [`crate::service::session::led_by`] first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, session_id: ActivitySessionId, page: &Page) -> Result<Rows<attendance::Model>> {
    let query = attendance::Entity::find().filter(attendance::Column::SessionId.eq(session_id));
    let order = ListOrder { key: Some(attendance::Column::CheckedInAt), id: attendance::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, AttendanceId>(query, order)?.all(connection).await?))
}

/// The attendances of people at sessions.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_people(connection: &impl ConnectionTrait, sessions: &[ActivitySessionId], people: &[VolunteerId]) -> Result<Vec<attendance::Model>> {
    let query = attendance::Entity::find()
        .filter(attendance::Column::SessionId.is_in(sessions.iter().copied()))
        .filter(attendance::Column::VolunteerId.is_in(people.iter().copied()));
    Ok(query.all(connection).await?)
}
