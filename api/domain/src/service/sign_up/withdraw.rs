//! Giving a seat, an offer or a place in the queue back.

use std::collections::BTreeMap;

use entity::activity_session::{self, SessionState};
use entity::id::{ActivitySessionId, SignUpId, VolunteerId};
use entity::sign_up::{self, SignUpState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::{get_own, offer};
use crate::error::{Code, Result};
use crate::event::Event;
use crate::people::helper_change;
use crate::people::permission::{Action, Actor};
use crate::service::{session, wording};
use crate::tx::Tx;
use crate::{idempotency, outbox};

/// What a person who leaves says.
const LEAVES: &str = "本人注销账号";

/// What to give back, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Withdrawal {
    /// The sign-up.
    pub sign_up_id: SignUpId,
    /// Why, 1 to 200 characters (Volunteer Service Regulations art. 22).
    pub reason: String,
}

/// Takes the actor's sign-up back, once per `key`; its seat is offered to the first who waits. Declining an offer is the same thing.
///
/// # Errors
/// `NOT_FOUND`, `REASON_REQUIRED`, `SESSION_STARTED`, `STATE_CHANGED` when there is nothing left to give back.
pub async fn withdraw(tx: &Tx, actor: &Actor, key: &str, input: Withdrawal) -> Result<SignUpId> {
    let own = actor.require_own(Action::WithdrawSignUp)?;
    idempotency::once(tx, actor.account_id, "withdrawSignUp", key, &input, async {
        let session_id = get_own(tx, own.id, input.sign_up_id).await?.session_id;
        let reason = wording::reason(&input.reason)?;
        let session = session::lock(tx, [session_id]).await?.pop().ok_or(Code::NotFound)?;
        if session.state != SessionState::Open {
            return Err(Code::StateChanged.into());
        }
        if session.starts_at <= tx.now {
            return Err(Code::SessionStarted.into());
        }
        if !give_back(tx, &session, own.id, input.sign_up_id, &reason).await? {
            return Err(Code::StateChanged.into());
        }
        outbox::record(tx, &Event::AttendanceChanged { session_id: session.id }).await?;
        Ok(input.sign_up_id)
    })
    .await
}

/// Gives back what a person holds of a session whose row is locked; whether there was anything.
async fn give_back(tx: &Tx, session: &activity_session::Model, person: VolunteerId, id: SignUpId, reason: &str) -> Result<bool> {
    // Under the session's lock a place in the queue cannot become a seat, nor a seat a place in the queue.
    let waiting = get_own(tx, person, id).await?.state == SignUpState::Waitlisted;
    let given_back: &[SignUpState] = if waiting { &[SignUpState::Waitlisted] } else { &[SignUpState::Confirmed, SignUpState::Offered] };
    let changed = sign_up::Entity::update_many()
        .col_expr(sign_up::Column::State, Expr::value(SignUpState::Withdrawn))
        .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
        .col_expr(sign_up::Column::WithdrawReason, Expr::value(reason))
        .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
        .filter(sign_up::Column::Id.eq(id))
        .filter(sign_up::Column::State.is_in(given_back.iter().copied()))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    helper_change::note(tx, [person]).await?;
    if waiting {
        offer::leave_queue(tx, session.id).await?;
    } else {
        offer::pass_on(tx, session, 1).await?;
    }
    Ok(true)
}

/// Gives back every seat, offer and place in a queue of somebody who leaves for good; gives how many. What has begun takes its course.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, person: VolunteerId) -> Result<usize> {
    let held = sign_up::Entity::find().filter(sign_up::Column::VolunteerId.eq(person)).filter(sign_up::Column::State.is_in([
        SignUpState::Confirmed,
        SignUpState::Offered,
        SignUpState::Waitlisted,
    ]));
    let held: BTreeMap<ActivitySessionId, SignUpId> = held.all(&tx.connection).await?.into_iter().map(|row| (row.session_id, row.id)).collect();
    let mut given_back = 0;
    for session in session::lock(tx, held.keys().copied()).await? {
        if session.state != SessionState::Open || session.starts_at <= tx.now {
            continue;
        }
        if give_back(tx, &session, person, held[&session.id], LEAVES).await? {
            outbox::record(tx, &Event::AttendanceChanged { session_id: session.id }).await?;
            given_back += 1;
        }
    }
    Ok(given_back)
}
