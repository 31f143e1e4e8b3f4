//! Closing sessions that are over.

use std::collections::BTreeMap;

use entity::activity_session::{self, SessionState};
use entity::id::{ActivitySessionId, VolunteerId};
use entity::sign_up::{self, SignUpState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{CHECK_OUT_GRACE, lock};
use crate::db::sql;
use crate::error::Result;
use crate::event::Event;
use crate::outbox;
use crate::people::helper_change;
use crate::service::sign_up as sign_ups;
use crate::tx::Tx;

/// Sessions closed in one go.
const BATCH: u64 = 50;

/// Due work: closes sessions that ended two hours ago; gives how many. Who had a seat and did not come is a no-show, the waitlist lapses, and a
/// check-out that is missing stays missing: nobody gets minutes that no one stated.
///
/// # Errors
/// When the database refuses.
pub async fn close_due(tx: &Tx) -> Result<u64> {
    let due: Vec<ActivitySessionId> = activity_session::Entity::find()
        .filter(activity_session::Column::State.eq(SessionState::Open))
        .filter(activity_session::Column::EndsAt.lte(tx.now.plus(-CHECK_OUT_GRACE)))
        .order_by_asc(activity_session::Column::EndsAt)
        .limit(BATCH)
        .all(&tx.connection)
        .await?
        .into_iter()
        .map(|session| session.id)
        .collect();
    if due.is_empty() {
        return Ok(0);
    }
    let absent = in_state(tx, &due, SignUpState::Confirmed).await?;
    sign_ups::lock_people(tx, absent.iter().map(|row| row.volunteer_id)).await?;
    let open: Vec<_> = lock(tx, due).await?.into_iter().filter(|session| session.state == SessionState::Open).map(|session| session.id).collect();

    // A check-in may have come between; only who is still absent under the locks counts.
    let absent = in_state(tx, &open, SignUpState::Confirmed).await?;
    let offers = in_state(tx, &open, SignUpState::Offered).await?;
    end(tx, &open, &[SignUpState::Confirmed], SignUpState::NoShow).await?;
    end(tx, &open, &[SignUpState::Waitlisted, SignUpState::Offered], SignUpState::Lapsed).await?;
    helper_change::note(tx, absent.iter().chain(&offers).map(|row| row.volunteer_id)).await?;
    let mut missed: BTreeMap<VolunteerId, i64> = BTreeMap::new();
    for row in &absent {
        *missed.entry(row.volunteer_id).or_default() += 1;
    }
    sign_ups::add_no_shows(tx, &missed).await?;
    for session_id in &open {
        let freed = i32::try_from(offers.iter().filter(|row| row.session_id == *session_id).count()).unwrap_or(i32::MAX);
        if freed > 0 {
            let text = "UPDATE activity_session SET seats_taken = seats_taken - $2 WHERE id = $1";
            tx.connection.execute_raw(sql(&tx.connection, text, [(*session_id).into(), freed.into()])).await?;
        }
    }
    let closed = activity_session::Entity::update_many()
        .col_expr(activity_session::Column::State, Expr::value(SessionState::Closed))
        .col_expr(activity_session::Column::ClosedAt, Expr::value(tx.now))
        .col_expr(activity_session::Column::Waitlisted, Expr::value(0))
        .filter(activity_session::Column::Id.is_in(open.iter().copied()))
        .exec(&tx.connection)
        .await?;
    let changed: Vec<_> = open.into_iter().map(|session_id| Event::AttendanceChanged { session_id }).collect();
    outbox::record_all(tx, &changed).await?;
    Ok(closed.rows_affected)
}

async fn in_state(tx: &Tx, ids: &[ActivitySessionId], state: SignUpState) -> Result<Vec<sign_up::Model>> {
    let query = sign_up::Entity::find().filter(sign_up::Column::SessionId.is_in(ids.iter().copied())).filter(sign_up::Column::State.eq(state));
    Ok(query.all(&tx.connection).await?)
}

async fn end(tx: &Tx, ids: &[ActivitySessionId], from: &[SignUpState], to: SignUpState) -> Result<()> {
    sign_up::Entity::update_many()
        .col_expr(sign_up::Column::State, Expr::value(to))
        .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
        .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
        .filter(sign_up::Column::SessionId.is_in(ids.iter().copied()))
        .filter(sign_up::Column::State.is_in(from.iter().copied()))
        .exec(&tx.connection)
        .await?;
    Ok(())
}
