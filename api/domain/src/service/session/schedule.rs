//! Adding a session by hand.

use entity::activity_session;
use entity::id::{ActivityId, ActivitySessionId};
use entity::time::UtcMicros;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::planned;
use crate::error::Result;
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::service::activity;
use crate::tx::Tx;

/// A session to add.
#[derive(Clone, Debug, Serialize)]
pub struct NewSession {
    /// Of this activity.
    pub activity_id: ActivityId,
    /// Start, in the future.
    pub starts_at: UtcMicros,
    /// End, at most 24 hours later.
    pub ends_at: UtcMicros,
    /// Seats, 1 to 100000.
    pub capacity: i32,
}

/// Adds a session to a published activity, once per `key`.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` when the activity is not published, `BAD_INPUT`, `SESSION_EXISTS`.
pub async fn schedule(tx: &Tx, actor: &Actor, key: &str, input: NewSession) -> Result<ActivitySessionId> {
    idempotency::once(tx, actor.account_id, "scheduleSession", key, &input, async {
        let activity = activity::get(&tx.connection, actor, input.activity_id).await?;
        actor.require(Action::ScheduleSession, &activity::place_of(&tx.connection, &activity).await?)?;
        let row = planned(tx.now, &activity, input.starts_at, input.ends_at, input.capacity)?;
        activity_session::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(row.id)
    })
    .await
}
