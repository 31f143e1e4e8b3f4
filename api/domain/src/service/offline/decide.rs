//! Settling a conflict of an offline check-in.

use entity::attendance::CheckInMethod;
use entity::id::OfflineCheckInId;
use entity::offline_check_in::{self, CheckInPhase, OfflineState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::{get, owner};
use crate::error::{Code, Error, Result};
use crate::event::{Event, ReviewKind};
use crate::people::permission::{Action, Actor};
use crate::service::check_in::roll::{Roll, Teller};
use crate::service::session;
use crate::tx::Tx;
use crate::{idempotency, outbox};

/// A decision on a conflict.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Settlement {
    /// The conflict.
    pub id: OfflineCheckInId,
    /// Take it over like a roll-call, or put it away.
    pub accept: bool,
}

/// Settles a conflict, once per `key`: accepted it counts as the decider's word and may take a free seat; dismissed it counts for nothing. What
/// presence still refuses stays a conflict and may be dismissed.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SECOND_PERSON_REQUIRED` for the owner of the device, `SELF_DEALING` on one's own presence, `STATE_CHANGED` when it is
/// settled already, and the refusals of a roll-call.
pub async fn decide(tx: &Tx, actor: &Actor, key: &str, input: Settlement) -> Result<OfflineCheckInId> {
    idempotency::once(tx, actor.account_id, "decideOfflineCheckIn", key, &input, async {
        let row = get(&tx.connection, input.id).await?;
        let found = session::get(&tx.connection, actor, row.session_id).await?;
        actor.require(Action::DecideOfflineCheckIn, &found.place)?;
        if owner(&tx.connection, row.device_key_id).await?.account_id == actor.account_id {
            return Err(Error::from(Code::SecondPersonRequired));
        }
        if actor.volunteer.is_some_and(|own| own.id == row.volunteer_id) {
            return Err(Code::SelfDealing.into());
        }
        let teller = Teller { method: CheckInMethod::Offline, account_id: actor.account_id };
        // The roll locks the person first, as every verb does; the conflict is then taken by one conditional statement.
        let mut roll = Roll::open(tx, [found], &[row.volunteer_id], teller).await?;
        let state = if input.accept { OfflineState::Accepted } else { OfflineState::Dismissed };
        let changed = offline_check_in::Entity::update_many()
            .col_expr(offline_check_in::Column::State, Expr::value(state))
            .col_expr(offline_check_in::Column::DecidedBy, Expr::value(actor.account_id))
            .col_expr(offline_check_in::Column::DecidedAt, Expr::value(tx.now))
            .filter(offline_check_in::Column::Id.eq(row.id))
            .filter(offline_check_in::Column::State.eq(OfflineState::Conflict))
            .exec(&tx.connection)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Code::StateChanged.into());
        }
        outbox::record(tx, &Event::ReviewQueueChanged { community_id: row.community_id, kind: ReviewKind::OfflineCheckIn }).await?;
        if input.accept {
            match row.phase {
                CheckInPhase::In => roll.enter(row.session_id, row.volunteer_id, row.device_at)?,
                CheckInPhase::Out => roll.leave(row.session_id, row.volunteer_id, row.device_at)?,
            };
            Box::pin(roll.write(tx, actor.account_id)).await?;
        }
        Ok(row.id)
    })
    .await
}
