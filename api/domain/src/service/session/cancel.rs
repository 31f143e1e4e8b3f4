//! Calling a session off.

use entity::activity_session::{self, SessionState};
use entity::id::{ActivitySessionId, VolunteerId};
use entity::sign_up::{self, SignUpState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{get, lock};
use crate::error::{Code, Result};
use crate::event::Event;
use crate::outbox;
use crate::people::helper_change;
use crate::people::permission::{Action, Actor};
use crate::service::{sign_up as sign_ups, wording};
use crate::tx::Tx;

/// Calls off a session that has not started; everybody signed up is told. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `SESSION_STARTED`, `STATE_CHANGED` when it is closed.
pub async fn cancel(tx: &Tx, actor: &Actor, id: ActivitySessionId, reason: &str) -> Result<activity_session::Model> {
    let found = get(&tx.connection, actor, id).await?;
    actor.require(Action::CancelSession, &found.place)?;
    let reason = wording::reason(reason)?;
    let sessions = lock(tx, [id]).await?;
    match sessions.first().map(|session| session.state) {
        Some(SessionState::Cancelled) => {}
        Some(SessionState::Open) if found.session.starts_at > tx.now => call_off(tx, &sessions, &reason).await?,
        Some(SessionState::Open) => return Err(Code::SessionStarted.into()),
        Some(SessionState::Closed) | None => return Err(Code::StateChanged.into()),
    }
    Ok(activity_session::Model { state: SessionState::Cancelled, seats_taken: 0, waitlisted: 0, ..found.session })
}

/// Calls off open sessions whose rows are locked, with their sign-ups.
///
/// # Errors
/// When the database refuses.
pub async fn call_off(tx: &Tx, sessions: &[activity_session::Model], reason: &str) -> Result<()> {
    let ids: Vec<_> = sessions.iter().map(|session| session.id).collect();
    if ids.is_empty() {
        return Ok(());
    }
    activity_session::Entity::update_many()
        .col_expr(activity_session::Column::State, Expr::value(SessionState::Cancelled))
        .col_expr(activity_session::Column::SeatsTaken, Expr::value(0))
        .col_expr(activity_session::Column::Waitlisted, Expr::value(0))
        .filter(activity_session::Column::Id.is_in(ids.clone()))
        .exec(&tx.connection)
        .await?;
    let live = [SignUpState::Confirmed, SignUpState::Waitlisted, SignUpState::Offered, SignUpState::Attended];
    // The rows are read after the update, so that what a check-in changed meanwhile is told too.
    sign_up::Entity::update_many()
        .col_expr(sign_up::Column::State, Expr::value(SignUpState::Cancelled))
        .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
        .col_expr(sign_up::Column::WithdrawReason, Expr::value(reason))
        .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
        .filter(sign_up::Column::SessionId.is_in(ids.clone()))
        .filter(sign_up::Column::State.is_in(live))
        .exec(&tx.connection)
        .await?;
    let told = sign_up::Entity::find()
        .filter(sign_up::Column::SessionId.is_in(ids.iter().copied()))
        .filter(sign_up::Column::State.eq(SignUpState::Cancelled))
        .all(&tx.connection)
        .await?;
    let people: Vec<VolunteerId> = told.iter().map(|row| row.volunteer_id).collect();
    helper_change::note(tx, people.iter().copied()).await?;
    let accounts = sign_ups::accounts(&tx.connection, &people).await?;
    let events: Vec<_> = told
        .iter()
        .map(|row| Event::SessionCancelled { sign_up_id: row.id, account_id: accounts.get(&row.volunteer_id).copied().flatten() })
        .chain(ids.iter().map(|session_id| Event::AttendanceChanged { session_id: *session_id }))
        .collect();
    outbox::record_all(tx, &events).await
}
