//! Sign-ups (报名): a seat in a session, or a place in the queue for one.
//!
//! A sign-up is CONFIRMED at once while seats are free and nobody waits, otherwise WAITLISTED in order of arrival. A seat given back is OFFERED to the
//! first who waits, for a limited time; an offer keeps its seat until it is accepted, declined or lapses, and then goes to the next. Nobody is
//! made to serve (Volunteer Service Regulations art. 25): every seat can be given back before the start, with a word why (art. 22).
//!
//! Invariant: a person stands at most once in a session (`sign_up_once`) and has no two seats at the same time: the check runs under the lock of
//! the person's row. Invariant: a seat is taken by a conditional statement on the session, never from a count read earlier.

use std::collections::{BTreeMap, HashMap};

use entity::id::{AccountId, ActivitySessionId, SignUpId, VolunteerId};
use entity::sign_up::{self, SignUpState};
use entity::volunteer;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::db::{sql, tuples};
use crate::error::{Code, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::Actor;
use crate::service::session;
use crate::tx::Tx;

mod enter;
mod fit;
mod offer;
mod withdraw;

pub use enter::{NewSignUp, enter};
pub use fit::{Demands, Engagement, check_fit, check_free, licences, lock_people};
pub use offer::{accept, lapse_offers};
pub use withdraw::{Withdrawal, leave, withdraw};

/// States in which a person stands in a session.
pub const LIVE: [SignUpState; 5] =
    [SignUpState::Confirmed, SignUpState::Waitlisted, SignUpState::Offered, SignUpState::Attended, SignUpState::NoShow];

/// A sign-up by id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: SignUpId) -> Result<sign_up::Model> {
    sign_up::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A sign-up that exists for the actor: an own one, or one of a session the actor answers for.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: SignUpId) -> Result<sign_up::Model> {
    let row = get(connection, id).await?;
    session::check_concerns(connection, actor, row.session_id, row.volunteer_id).await?;
    Ok(row)
}

/// One of the actor's own sign-ups.
async fn get_own(tx: &Tx, volunteer_id: VolunteerId, id: SignUpId) -> Result<sign_up::Model> {
    let row = sign_up::Entity::find_by_id(id).filter(sign_up::Column::VolunteerId.eq(volunteer_id)).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// The actor's sign-ups, newest first.
///
/// # Errors
/// `NOT_VOLUNTEER`, `BAD_CURSOR`.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor, states: &[SignUpState], page: &Page) -> Result<Rows<sign_up::Model>> {
    let mut query = sign_up::Entity::find().filter(sign_up::Column::VolunteerId.eq(actor.volunteer()?.id));
    if !states.is_empty() {
        query = query.filter(sign_up::Column::State.is_in(states.iter().copied()));
    }
    let order = ListOrder { key: None, id: sign_up::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, SignUpId>(query, order)?.all(connection).await?))
}

/// The sign-ups of a session in order of arrival; the sort key is `queued_at`. Ask [`crate::service::session::led_by`] first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn roster(
    connection: &impl ConnectionTrait,
    session_id: ActivitySessionId,
    states: &[SignUpState],
    page: &Page,
) -> Result<Rows<sign_up::Model>> {
    let mut query = sign_up::Entity::find().filter(sign_up::Column::SessionId.eq(session_id));
    if !states.is_empty() {
        query = query.filter(sign_up::Column::State.is_in(states.iter().copied()));
    }
    let order = ListOrder { key: Some(sign_up::Column::QueuedAt), id: sign_up::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, SignUpId>(query, order)?.all(connection).await?))
}

/// Where people stand in sessions now: their live sign-ups.
///
/// # Errors
/// When the database cannot be read.
pub async fn standing(connection: &impl ConnectionTrait, sessions: &[ActivitySessionId], people: &[VolunteerId]) -> Result<Vec<sign_up::Model>> {
    let query = sign_up::Entity::find()
        .filter(sign_up::Column::SessionId.is_in(sessions.iter().copied()))
        .filter(sign_up::Column::VolunteerId.is_in(people.iter().copied()))
        .filter(sign_up::Column::State.is_in(LIVE));
    Ok(query.all(connection).await?)
}

/// The accounts to tell.
pub(super) async fn accounts(connection: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<HashMap<VolunteerId, Option<AccountId>>> {
    let rows = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids.iter().copied())).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.account_id)).collect())
}

/// Notes sessions missed without word; a negative number takes notes back.
pub(super) async fn add_no_shows(tx: &Tx, missed: &BTreeMap<VolunteerId, i64>) -> Result<()> {
    add_to_volunteers(tx, "no_shows", missed).await
}

/// Adds to a counter of volunteers whose rows are locked, with one statement.
pub(super) async fn add_to_volunteers(tx: &Tx, counter: &'static str, amounts: &BTreeMap<VolunteerId, i64>) -> Result<()> {
    if amounts.is_empty() {
        return Ok(());
    }
    let rows = tuples(amounts.len(), 2);
    let text = format!("UPDATE volunteer SET {counter} = {counter} + v.column2 FROM (VALUES {rows}) AS v WHERE volunteer.id = v.column1");
    let values = amounts.iter().flat_map(|(id, amount)| [(*id).into(), (*amount).into()]);
    tx.connection.execute_raw(sql(&tx.connection, &text, values)).await?;
    Ok(())
}
