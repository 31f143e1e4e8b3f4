//! Signing up for a session.

use entity::activity_session::{self, SessionState};
use entity::id::{ActivitySessionId, SignUpId, VolunteerId};
use entity::sign_up::{self, SignUpState};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::{Demands, Engagement, check_fit, check_free, licences, lock_people, standing};
use crate::db::sql;
use crate::error::{Code, Result};
use crate::event::Event;
use crate::people::permission::{Action, Actor};
use crate::people::{consent, helper_change};
use crate::service::record::Span;
use crate::service::session;
use crate::tx::Tx;
use crate::{idempotency, outbox};

/// A wish to take part.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct NewSignUp {
    /// The session.
    pub session_id: ActivitySessionId,
    /// Queue up when it is full.
    pub waitlist: bool,
}

/// Signs the actor up, once per `key`: a seat while one is free and nobody waits, otherwise a place in the queue.
///
/// # Errors
/// `NOT_VOLUNTEER`, `NOT_FOUND`, `SESSION_NOT_OPEN`, `SESSION_STARTED`, `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`,
/// `ALREADY_SIGNED_UP`, `SESSION_OVERLAP`, `CONSENT_NOT_GIVEN`, `GUARDIAN_REQUIRED`, and `SESSION_FULL` without `waitlist`.
pub async fn enter(tx: &Tx, actor: &Actor, key: &str, input: NewSignUp) -> Result<SignUpId> {
    let own = actor.require_own(Action::SignUp)?;
    idempotency::once(tx, actor.account_id, "signUp", key, &input, async {
        let found = session::get(&tx.connection, actor, input.session_id).await?;
        // Wallets and records stay within one community, so seats do too.
        if found.session.community_id != actor.community_id {
            return Err(Code::NotFound.into());
        }
        check_open(tx, &found.session)?;
        let people = lock_people(tx, [own.id]).await?;
        let person = people.first().ok_or(Code::NotFound)?;
        consent::check_service(&tx.connection, person, tx.today()).await?;
        check_fit(person, &licences(&tx.connection, &[own.id]).await?, &Demands::of(&found.activity), found.session.business_date)?;
        if !standing(&tx.connection, &[input.session_id], &[own.id]).await?.is_empty() {
            return Err(Code::AlreadySignedUp.into());
        }
        check_free(
            tx,
            own.id,
            Span { from: found.session.starts_at, to: found.session.ends_at },
            Engagement::Session(found.session.id),
            &[SignUpState::Confirmed, SignUpState::Offered, SignUpState::Attended],
        )
        .await?;
        take_place(tx, &found.session, own.id, input.waitlist).await
    })
    .await
}

fn check_open(tx: &Tx, session: &activity_session::Model) -> Result<()> {
    if session.state != SessionState::Open {
        return Err(Code::SessionNotOpen.into());
    }
    if session.starts_at <= tx.now {
        return Err(Code::SessionStarted.into());
    }
    Ok(())
}

/// One statement decides between seat and queue, so that no seat is sold twice and nobody overtakes the queue.
async fn take_place(tx: &Tx, session: &activity_session::Model, person: VolunteerId, waitlist: bool) -> Result<SignUpId> {
    let text = "UPDATE activity_session SET \
                seats_taken = CASE WHEN seats_taken < capacity AND waitlisted = 0 THEN seats_taken + 1 ELSE seats_taken END, \
                waitlisted = CASE WHEN seats_taken < capacity AND waitlisted = 0 THEN 0 ELSE waitlisted + 1 END \
                WHERE id = $1 AND state = 'OPEN' AND ($2 OR (seats_taken < capacity AND waitlisted = 0)) RETURNING waitlisted";
    let row = tx.connection.query_one_raw(sql(&tx.connection, text, [session.id.into(), waitlist.into()])).await?;
    let state = match row.map(|row| row.try_get::<i32>("", "waitlisted")).transpose()? {
        Some(0) => SignUpState::Confirmed,
        Some(_) => SignUpState::Waitlisted,
        None => {
            let now = activity_session::Entity::find_by_id(session.id).one(&tx.connection).await?;
            let open = now.is_some_and(|now| now.state == SessionState::Open);
            return Err(if open { Code::SessionFull } else { Code::SessionNotOpen }.into());
        }
    };
    let row = sign_up::Model {
        id: SignUpId::new(tx.now),
        community_id: session.community_id,
        session_id: session.id,
        volunteer_id: person,
        state,
        queued_at: tx.now,
        offer_until: None,
        withdraw_reason: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    sign_up::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    helper_change::note(tx, [person]).await?;
    outbox::record(tx, &Event::AttendanceChanged { session_id: session.id }).await?;
    Ok(row.id)
}
