//! Calling an activity off.

use entity::activity::{self, ActivityState};
use entity::activity_session::{self, SessionState};
use entity::id::ActivityId;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{get, place_of};
use crate::error::Result;
use crate::people::permission::{Action, Actor};
use crate::service::{session, wording};
use crate::tx::Tx;

/// Calls an activity off, with all its open sessions that have not started; everybody signed up is told. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`.
pub async fn cancel(tx: &Tx, actor: &Actor, id: ActivityId, reason: &str) -> Result<activity::Model> {
    let row = get(&tx.connection, actor, id).await?;
    actor.require(Action::CancelActivity, &place_of(&tx.connection, &row).await?)?;
    let reason = wording::reason(reason)?;
    let changed = activity::Entity::update_many()
        .col_expr(activity::Column::State, Expr::value(ActivityState::Cancelled))
        .filter(activity::Column::Id.eq(id))
        .filter(activity::Column::State.ne(ActivityState::Cancelled))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 1 {
        let sessions = activity_session::Entity::find()
            .filter(activity_session::Column::ActivityId.eq(id))
            .filter(activity_session::Column::State.eq(SessionState::Open))
            .filter(activity_session::Column::StartsAt.gt(tx.now))
            .order_by_asc(activity_session::Column::Id)
            .lock(LockType::NoKeyUpdate)
            .all(&tx.connection)
            .await?;
        session::call_off(tx, &sessions, &reason).await?;
    }
    Ok(activity::Model { state: ActivityState::Cancelled, ..row })
}
