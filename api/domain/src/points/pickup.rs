//! Pickup codes (提货码) that wait to be shown, when the program's secret changes.
//!
//! A code is derived from the redemption and a secret, and only its hash is kept. While the secret it was made with is known, the member goes on seeing it;
//! before that secret is dropped, what still waits is given the code of the present one, and the member sees that.

use entity::id::RedemptionId;
use entity::redemption::{self, RedemptionState};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::error::Result;
use crate::keys::Keys;
use crate::points::redemption::{pickup_code, pickup_hash};
use crate::tx::Tx;

/// Redemptions looked at in one go.
const BATCH: u64 = 500;

/// Gives the redemptions after `last` that wait the code of the current secret; gives how many had another, and the last row if there may be more.
///
/// # Errors
/// When the database refuses.
pub async fn rehash(tx: &Tx, keys: &Keys, last: Option<RedemptionId>) -> Result<(u64, Option<RedemptionId>)> {
    let rows = waiting(&tx.connection, last).await?;
    let mut done = 0;
    for row in rows.iter().filter(|row| is_of_another(keys, row)) {
        let update = redemption::Entity::update_many()
            .col_expr(redemption::Column::PickupHash, Expr::value(pickup_hash(&pickup_code(keys, row.id)).to_vec()))
            .filter(redemption::Column::Id.eq(row.id))
            .filter(redemption::Column::State.eq(RedemptionState::Reserved));
        done += update.exec(&tx.connection).await?.rows_affected;
    }
    Ok((done, next(&rows)))
}

/// How many redemptions wait with a code of another secret than the current one.
///
/// # Errors
/// When the database cannot be read.
pub async fn left(connection: &impl ConnectionTrait, keys: &Keys) -> Result<u64> {
    let (mut count, mut last) = (0, None);
    loop {
        let rows = waiting(connection, last).await?;
        count += rows.iter().filter(|row| is_of_another(keys, row)).count();
        last = next(&rows);
        if last.is_none() {
            return Ok(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }
}

async fn waiting(connection: &impl ConnectionTrait, last: Option<RedemptionId>) -> Result<Vec<redemption::Model>> {
    let mut query = redemption::Entity::find().filter(redemption::Column::State.eq(RedemptionState::Reserved));
    if let Some(last) = last {
        query = query.filter(redemption::Column::Id.gt::<RedemptionId>(last));
    }
    Ok(query.order_by_asc(redemption::Column::Id).limit(BATCH).all(connection).await?)
}

fn is_of_another(keys: &Keys, row: &redemption::Model) -> bool {
    row.pickup_hash != pickup_hash(&pickup_code(keys, row.id))
}

fn next(rows: &[redemption::Model]) -> Option<RedemptionId> {
    rows.last().map(|row| row.id).filter(|_| u64::try_from(rows.len()).unwrap_or(u64::MAX) == BATCH)
}
