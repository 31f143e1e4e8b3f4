//! Offers of the waitlist: made when a seat comes free, accepted in time, or lapsed and made to the next.

use std::collections::BTreeMap;

use entity::activity_session::{self, SessionState};
use entity::id::{ActivitySessionId, SignUpId, VolunteerId};
use entity::sign_up::{self, SignUpState};
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::{Demands, Engagement, accounts, check_fit, check_free, get_own, licences, lock_people};
use crate::db::sql;
use crate::error::{Code, Result};
use crate::event::Event;
use crate::people::permission::{Action, Actor};
use crate::people::{consent, helper_change};
use crate::points::policy;
use crate::service::record::Span;
use crate::service::session;
use crate::tx::Tx;
use crate::{idempotency, outbox};

/// Offers lapsed in one go.
const BATCH: u64 = 200;

#[derive(Serialize)]
struct Acceptance {
    sign_up_id: SignUpId,
}

/// Accepts the seat offered to the actor, once per `key`.
///
/// # Errors
/// `NOT_FOUND`, `OFFER_ENDED`, `SESSION_OVERLAP` with a seat taken meanwhile, `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`,
/// `CONSENT_NOT_GIVEN`, `GUARDIAN_REQUIRED`.
pub async fn accept(tx: &Tx, actor: &Actor, key: &str, id: SignUpId) -> Result<SignUpId> {
    let own = actor.require_own(Action::AcceptOffer)?;
    idempotency::once(tx, actor.account_id, "acceptOffer", key, &Acceptance { sign_up_id: id }, async {
        let row = get_own(tx, own.id, id).await?;
        let found = session::get(&tx.connection, actor, row.session_id).await?;
        let people = lock_people(tx, [own.id]).await?;
        let person = people.first().ok_or(Code::NotFound)?;
        consent::check_service(&tx.connection, person, tx.today()).await?;
        check_fit(person, &licences(&tx.connection, &[own.id]).await?, &Demands::of(&found.activity), found.session.business_date)?;
        // Another open offer does not stand in the way: one of the two can be taken, the other then only declined.
        check_free(
            tx,
            own.id,
            Span { from: found.session.starts_at, to: found.session.ends_at },
            Engagement::Session(found.session.id),
            &[SignUpState::Confirmed, SignUpState::Attended],
        )
        .await?;
        let changed = sign_up::Entity::update_many()
            .col_expr(sign_up::Column::State, Expr::value(SignUpState::Confirmed))
            .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
            .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
            .filter(sign_up::Column::Id.eq(id))
            .filter(sign_up::Column::State.eq(SignUpState::Offered))
            .filter(sign_up::Column::OfferUntil.gt(tx.now))
            .exec(&tx.connection)
            .await?;
        if changed.rows_affected == 0 {
            return Err(Code::OfferEnded.into());
        }
        helper_change::note(tx, [own.id]).await?;
        outbox::record(tx, &Event::AttendanceChanged { session_id: row.session_id }).await?;
        Ok(id)
    })
    .await
}

/// Due work: ends offers whose time is over and offers the seats to the next who wait; gives how many ended.
///
/// # Errors
/// When the database refuses.
pub async fn lapse_offers(tx: &Tx) -> Result<u64> {
    let due = sign_up::Entity::find()
        .filter(sign_up::Column::State.eq(SignUpState::Offered))
        .filter(sign_up::Column::OfferUntil.lte(tx.now))
        .order_by_asc(sign_up::Column::OfferUntil)
        .limit(BATCH)
        .all(&tx.connection)
        .await?;
    helper_change::note(tx, due.iter().map(|row| row.volunteer_id)).await?;
    let mut by_session: BTreeMap<ActivitySessionId, Vec<SignUpId>> = BTreeMap::new();
    for row in due {
        by_session.entry(row.session_id).or_default().push(row.id);
    }
    let mut ended = 0;
    for session in session::lock(tx, by_session.keys().copied()).await? {
        let ids = by_session.remove(&session.id).unwrap_or_default();
        let lapsed = sign_up::Entity::update_many()
            .col_expr(sign_up::Column::State, Expr::value(SignUpState::Lapsed))
            .col_expr(sign_up::Column::OfferUntil, Expr::value(None::<i64>))
            .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
            .filter(sign_up::Column::Id.is_in(ids))
            .filter(sign_up::Column::State.eq(SignUpState::Offered))
            .exec(&tx.connection)
            .await?;
        pass_on(tx, &session, lapsed.rows_affected).await?;
        if lapsed.rows_affected > 0 {
            outbox::record(tx, &Event::AttendanceChanged { session_id: session.id }).await?;
        }
        ended += lapsed.rows_affected;
    }
    Ok(ended)
}

/// Someone left the queue of a session whose row is locked.
pub(super) async fn leave_queue(tx: &Tx, id: ActivitySessionId) -> Result<()> {
    let text = "UPDATE activity_session SET waitlisted = waitlisted - 1 WHERE id = $1";
    tx.connection.execute_raw(sql(&tx.connection, text, [id.into()])).await?;
    Ok(())
}

/// Hands `freed` seats of a session whose row is locked to the first who wait; what nobody waits for is free again.
pub(super) async fn pass_on(tx: &Tx, session: &activity_session::Model, freed: u64) -> Result<()> {
    if freed == 0 {
        return Ok(());
    }
    let mut next = Vec::new();
    if session.state == SessionState::Open && session.starts_at > tx.now {
        next = sign_up::Entity::find()
            .filter(sign_up::Column::SessionId.eq(session.id))
            .filter(sign_up::Column::State.eq(SignUpState::Waitlisted))
            .order_by_asc(sign_up::Column::QueuedAt)
            .order_by_asc(sign_up::Column::Id)
            .limit(freed)
            .all(&tx.connection)
            .await?;
    }
    let offered = i32::try_from(next.len()).unwrap_or(i32::MAX);
    let given_up = i32::try_from(freed).unwrap_or(i32::MAX) - offered;
    let text = "UPDATE activity_session SET seats_taken = seats_taken - $2, waitlisted = waitlisted - $3 WHERE id = $1";
    tx.connection.execute_raw(sql(&tx.connection, text, [session.id.into(), given_up.into(), offered.into()])).await?;
    if next.is_empty() {
        return Ok(());
    }
    let policy = policy::in_force(&tx.connection, session.community_id, tx.today()).await?;
    let offer_until = tx.now.plus(i64::from(policy.offer_hours) * UtcMicros::HOUR).min(session.starts_at);
    sign_up::Entity::update_many()
        .col_expr(sign_up::Column::State, Expr::value(SignUpState::Offered))
        .col_expr(sign_up::Column::OfferUntil, Expr::value(offer_until))
        .col_expr(sign_up::Column::UpdatedAt, Expr::value(tx.now))
        .filter(sign_up::Column::Id.is_in(next.iter().map(|row| row.id)))
        .exec(&tx.connection)
        .await?;
    let people: Vec<VolunteerId> = next.iter().map(|row| row.volunteer_id).collect();
    helper_change::note(tx, people.iter().copied()).await?;
    let accounts = accounts(&tx.connection, &people).await?;
    let told = next.iter().map(|row| {
        let account_id = accounts.get(&row.volunteer_id).copied().flatten();
        Event::SeatOffered { sign_up_id: row.id, account_id, offer_until }
    });
    outbox::record_all(tx, &told.collect::<Vec<_>>()).await
}
