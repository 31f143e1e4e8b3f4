//! Listings whose time is over.

use entity::listing::{self, ListingState};
use entity::listing_step::StepKind;
use entity::reservation::{self, ReservationState};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::state::{Step, advance, before, lock};
use super::step;
use crate::error::{Code, Result};
use crate::tx::Tx;

/// Listings ended in one go.
const BATCH: u64 = 200;

/// Due work: ends listings whose validity is over; gives how many. One of which something is still promised waits until that is given or let go;
/// nothing more of it can be promised meanwhile. An expired need still waits for its reply.
///
/// # Errors
/// When the database refuses.
pub async fn expire_due(tx: &Tx) -> Result<u64> {
    let promised = Query::select()
        .column(reservation::Column::ListingId)
        .from(reservation::Entity)
        .and_where(reservation::Column::State.eq(ReservationState::Held))
        .to_owned();
    let states: Vec<ListingState> = before(Step::Expire).collect();
    let due = listing::Entity::find()
        .filter(listing::Column::ValidUntil.lte(tx.now))
        .filter(listing::Column::State.is_in(states.iter().copied()))
        .filter(listing::Column::Id.not_in_subquery(promised))
        .order_by_asc(listing::Column::Id)
        .limit(BATCH)
        .all(&tx.connection)
        .await?;
    let mut ended = 0;
    for row in due {
        let row = lock(tx, row.id).await?;
        if !states.contains(&row.state) || row.valid_until > tx.now {
            continue;
        }
        match advance(tx, &row, Step::Expire).await {
            Ok(row) => step::write(tx, &row, step::Entry::of(StepKind::Expired, None)).await?,
            // It was promised at the last moment.
            Err(error) if error.code == Code::ListingReserved => continue,
            Err(error) => return Err(error),
        }
        ended += 1;
    }
    Ok(ended)
}
