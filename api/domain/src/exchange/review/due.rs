//! What the clock brings about: reminders, word that the time is over, and publication at the end of a phase.

use entity::review_round::{self, RoundPhase};
use entity::review_seat::SeatState;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::panel::{seats_of, told};
use super::{outcome, round};
use crate::error::Result;
use crate::event::ReviewNews;
use crate::outbox;
use crate::tx::Tx;

/// Rounds in one go.
const BATCH: u64 = 100;

/// Due work: reminds those who have not scored, and tells them and who opened the round when the time is over; gives how many rounds it was about.
///
/// # Errors
/// When the database refuses.
pub async fn remind_due(tx: &Tx) -> Result<u64> {
    let due = review_round::Entity::find()
        .filter(review_round::Column::RemindAt.lte(tx.now))
        // The order in which everybody goes through several rounds, whose locks are kept to the end.
        .order_by_asc(review_round::Column::Id)
        .limit(BATCH)
        .all(&tx.connection)
        .await?;
    let mut reminded = 0;
    for row in due {
        let row = round::lock(tx, row.id).await?;
        if row.phase != RoundPhase::Scoring || row.remind_at.is_none_or(|at| at > tx.now) {
            continue;
        }
        let over = row.due_at <= tx.now;
        let news = if over { ReviewNews::Over } else { ReviewNews::Reminded };
        let seats = seats_of(&tx.connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
        let waiting = seats.into_iter().filter(|seat| seat.state == SeatState::Active).map(|seat| seat.account_id);
        let mut people: Vec<_> = waiting.filter(|id| *id != row.opened_by).collect();
        people.extend(over.then_some(row.opened_by));
        let events: Vec<_> = people.into_iter().map(|id| told(&row, id, news, tx)).collect();
        outbox::record_all(tx, &events).await?;
        review_round::Entity::update_many()
            .col_expr(review_round::Column::RemindAt, Expr::value((!over).then_some(row.due_at.0)))
            .filter(review_round::Column::Id.eq(row.id))
            .exec(&tx.connection)
            .await?;
        reminded += 1;
    }
    Ok(reminded)
}

/// Due work: publishes closed rounds whose phase has ended; gives how many. One whose scores lie far apart waits for its note of consensus.
///
/// # Errors
/// When the database refuses.
pub async fn publish_due(tx: &Tx) -> Result<u64> {
    let agreed = Condition::any()
        .add(review_round::Column::ConsensusNote.is_not_null())
        .add(Expr::col(review_round::Column::SpreadBps).lte(Expr::col(review_round::Column::SpreadLimitBps)));
    let due = review_round::Entity::find()
        .filter(review_round::Column::PublishAt.lte(tx.now))
        .filter(review_round::Column::Phase.eq(RoundPhase::Closed))
        .filter(agreed)
        .order_by_asc(review_round::Column::Id)
        .limit(BATCH)
        .all(&tx.connection)
        .await?;
    let mut published = 0;
    for row in due {
        let row = round::lock(tx, row.id).await?;
        if row.phase == RoundPhase::Closed {
            outcome::make_known(tx, &row).await?;
            published += 1;
        }
    }
    Ok(published)
}
