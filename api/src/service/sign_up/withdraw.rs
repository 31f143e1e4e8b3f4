//! Giving a seat, an offer or a place in the queue back.

use entity::activity_session::SessionState;
use entity::id::SignUpId;
use entity::sign_up::{self, SignUpState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::{get_own, offer};
use crate::error::{Code, Result};
use crate::event::Event;
use crate::people::permission::{Action, Actor};
use crate::service::{session, wording};
use crate::tx::Tx;
use crate::{idempotency, outbox};

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
        // Under the session's lock a place in the queue cannot become a seat, nor a seat a place in the queue.
        let waiting = get_own(tx, own.id, input.sign_up_id).await?.state == SignUpState::Waitlisted;
        let given_back: &[SignUpState] = if waiting { &[SignUpState::Waitlisted] } else { &[SignUpState::Confirmed, SignUpState::Offered] };
        let changed = sign_up::Entity::update_many()
            .col_expr(sign_up::Column::State, Expr::value(SignUpState::Withdrawn))
            .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
            .col_expr(sign_up::Column::WithdrawReason, Expr::value(reason))
            .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
            .filter(sign_up::Column::Id.eq(input.sign_up_id))
            .filter(sign_up::Column::State.is_in(given_back.iter().copied()))
            .exec(&tx.connection)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Code::StateChanged.into());
        }
        if waiting {
            offer::leave_queue(tx, session.id).await?;
        } else {
            offer::pass_on(tx, &session, 1).await?;
        }
        outbox::record(tx, &Event::AttendanceChanged { session_id: session.id }).await?;
        Ok(input.sign_up_id)
    })
    .await
}
