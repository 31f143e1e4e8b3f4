//! The queue (待我评审): rounds that wait for the actor's score, those opened first at the front.

use entity::id::ReviewRoundId;
use entity::review_round;
use entity::review_seat::{self, SeatState};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::round::{self, Seen};
use crate::error::Result;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::Actor;

fn own(actor: &Actor) -> Select<review_seat::Entity> {
    let query = review_seat::Entity::find().filter(review_seat::Column::AccountId.eq(actor.account_id));
    query.filter(review_seat::Column::State.eq(SeatState::Active))
}

/// A page of what waits for the actor. A seat is let go when its round is closed, so the queue is read off one index.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn waiting(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<Seen>> {
    let order = ListOrder { key: None, id: review_round::Column::Id, descending: false };
    let seats = own(actor).select_only().column(review_seat::Column::RoundId).into_query();
    let query = review_round::Entity::find().filter(review_round::Column::Id.in_subquery(seats));
    let page = page.rows(page.select::<_, ReviewRoundId>(query, order)?.all(connection).await?);
    let seats = page.rows.iter().map(|row| (row.id, SeatState::Active)).collect();
    Ok(Rows { rows: round::seen_from(connection, actor, page.rows, &seats).await?, has_next: page.has_next, has_previous: page.has_previous })
}

/// How many rounds wait for the actor.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_waiting(connection: &impl ConnectionTrait, actor: &Actor) -> Result<u64> {
    Ok(own(actor).count(connection).await?)
}
