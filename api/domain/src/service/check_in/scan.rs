//! Checking in and out with the code on the leader's screen.

use entity::activity_session::SessionState;
use entity::attendance::CheckInMethod;
use entity::id::{ActivitySessionId, AttendanceId};
use entity::offline_check_in::CheckInPhase;
use serde::Serialize;

use super::code;
use super::roll::{Roll, Teller};
use crate::error::{Code, Result};
use crate::idempotency;
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::service::session::{self, CHECK_IN_LEAD, CHECK_OUT_GRACE};
use crate::tx::Tx;

/// What the volunteer scanned.
#[derive(Clone, Debug, Serialize)]
pub struct Scan {
    /// The session.
    pub session_id: ActivitySessionId,
    /// The code on the screen.
    pub code: String,
}

/// Checks the actor in, once per `key`; open from 30 minutes before the start to the end.
///
/// # Errors
/// `NOT_FOUND`, `SESSION_NOT_OPEN`, `CHECK_IN_CODE_INVALID`, `CHECK_IN_CODE_OTHER_SESSION`, `CHECK_IN_CODE_STALE`, `CHECK_IN_CLOSED`,
/// `NOT_SIGNED_UP`, `ALREADY_CHECKED_IN`.
pub async fn check_in(tx: &Tx, keys: &Keys, actor: &Actor, key: &str, input: Scan) -> Result<AttendanceId> {
    let own = actor.require_own(Action::CheckIn)?;
    idempotency::once(tx, actor.account_id, "checkIn", key, &input, async {
        let mut roll = open_roll(tx, keys, actor, &input, CheckInPhase::In).await?;
        let id = roll.enter(input.session_id, own.id, tx.now)?;
        Box::pin(roll.write(tx, actor.account_id)).await?;
        Ok(id)
    })
    .await
}

/// Checks the actor out, once per `key`; open from the check-in to two hours after the end. Minutes are counted within the session's times and
/// certified at once up to the day's limit.
///
/// # Errors
/// Those of [`check_in`], `NOT_CHECKED_IN`, `ALREADY_CHECKED_OUT`, `RECORD_OVERLAP`.
pub async fn check_out(tx: &Tx, keys: &Keys, actor: &Actor, key: &str, input: Scan) -> Result<AttendanceId> {
    let own = actor.require_own(Action::CheckOut)?;
    idempotency::once(tx, actor.account_id, "checkOut", key, &input, async {
        let mut roll = open_roll(tx, keys, actor, &input, CheckInPhase::Out).await?;
        let id = roll.leave(input.session_id, own.id, tx.now)?;
        Box::pin(roll.write(tx, actor.account_id)).await?;
        Ok(id)
    })
    .await
}

async fn open_roll(tx: &Tx, keys: &Keys, actor: &Actor, input: &Scan, phase: CheckInPhase) -> Result<Roll> {
    let own = actor.volunteer()?;
    let found = session::get(&tx.connection, actor, input.session_id).await?;
    code::verify(keys, tx.now, &input.code, input.session_id, phase)?;
    if found.session.state != SessionState::Open {
        return Err(Code::SessionNotOpen.into());
    }
    let (opens, ends) = match phase {
        CheckInPhase::In => (found.session.starts_at.plus(-CHECK_IN_LEAD), found.session.ends_at),
        CheckInPhase::Out => (found.session.starts_at.plus(-CHECK_IN_LEAD), found.session.ends_at.plus(CHECK_OUT_GRACE)),
    };
    if tx.now < opens || tx.now > ends {
        return Err(Code::CheckInClosed.into());
    }
    Roll::open(tx, [found], &[own.id], Teller { method: CheckInMethod::Code, account_id: actor.account_id }).await
}
