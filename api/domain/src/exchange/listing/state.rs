//! The states of a listing and the steps between them, as one table.
//!
//! DRAFT → VERIFIED → PUBLISHED → `PARTLY_MATCHED` → MATCHED → FULFILLED → CLOSED, and WITHDRAWN, EXPIRED. What the table does not list is refused. A step
//! that would leave a promise behind (a reservation that is held) is refused with `LISTING_RESERVED`.

use entity::listing::{self, ListingState};
use entity::reservation::{self, ReservationState};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use crate::error::{Code, Error, Result};
use crate::tx::Tx;

/// What moves a listing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Staff found it true.
    Verify,
    /// Staff opened it to the community.
    Publish,
    /// Some of it was promised.
    Claim,
    /// A promise was let go.
    Free,
    /// The last of it was given.
    Fulfil,
    /// Staff closed it.
    Close,
    /// Its owner took it back.
    Withdraw,
    /// Its time is over.
    Expire,
}

use ListingState::{Closed, Draft, Expired, Fulfilled, Matched, PartlyMatched, Published, Verified, Withdrawn};

/// From which state which step leads where.
pub const TABLE: &[(ListingState, Step, &[ListingState])] = &[
    (Draft, Step::Verify, &[Verified]),
    (Draft, Step::Close, &[Closed]),
    (Draft, Step::Withdraw, &[Withdrawn]),
    (Draft, Step::Expire, &[Expired]),
    (Verified, Step::Publish, &[Published]),
    (Verified, Step::Close, &[Closed]),
    (Verified, Step::Withdraw, &[Withdrawn]),
    (Verified, Step::Expire, &[Expired]),
    (Published, Step::Claim, &[PartlyMatched, Matched]),
    (Published, Step::Close, &[Closed]),
    (Published, Step::Withdraw, &[Withdrawn]),
    (Published, Step::Expire, &[Expired]),
    (PartlyMatched, Step::Claim, &[PartlyMatched, Matched]),
    (PartlyMatched, Step::Free, &[Published, PartlyMatched]),
    (PartlyMatched, Step::Close, &[Closed]),
    (PartlyMatched, Step::Expire, &[Expired]),
    (Matched, Step::Free, &[Published, PartlyMatched]),
    (Matched, Step::Fulfil, &[Fulfilled]),
    (Fulfilled, Step::Close, &[Closed]),
    (Expired, Step::Close, &[Closed]),
];

/// States in which everybody of the community sees a listing.
pub const OPEN_TO_ALL: [ListingState; 4] = [Published, PartlyMatched, Matched, Fulfilled];

/// The states that a step leads out of.
pub fn before(step: Step) -> impl Iterator<Item = ListingState> {
    TABLE.iter().filter(move |row| row.1 == step).map(|row| row.0)
}

/// The same as text of a statement: `('PUBLISHED','PARTLY_MATCHED')`.
#[must_use]
pub fn before_sql(step: Step) -> String {
    let states: Vec<String> = before(step).map(|state| format!("'{}'", state.to_value())).collect();
    format!("({})", states.join(","))
}

/// Where a step leads from a state.
///
/// # Errors
/// `STATE_CHANGED`, for a claim `LISTING_NOT_OPEN`, with the state.
pub fn after(state: ListingState, step: Step) -> Result<&'static [ListingState]> {
    let found = TABLE.iter().find(|row| row.0 == state && row.1 == step);
    let refusal = if step == Step::Claim { Code::ListingNotOpen } else { Code::StateChanged };
    found.map(|row| row.2).ok_or_else(|| Error::from(refusal).with("state", state.to_value()))
}

/// Locks a listing; what is read after it is its last state.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn lock(tx: &Tx, id: entity::id::ListingId) -> Result<listing::Model> {
    // NO KEY UPDATE: rows that only point at a listing must not wait.
    let row = listing::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// Moves a locked listing on by a step with one possible end, unless something of it is still promised.
///
/// # Errors
/// `STATE_CHANGED`, `LISTING_RESERVED`.
pub(super) async fn advance(tx: &Tx, row: &listing::Model, step: Step) -> Result<listing::Model> {
    let promised = matches!(step, Step::Close | Step::Withdraw | Step::Expire) && held(tx, row.id).await? > 0;
    if promised {
        return Err(Code::ListingReserved.into());
    }
    let to = after(row.state, step)?[0];
    listing::Entity::update_many()
        .col_expr(listing::Column::State, Expr::value(to))
        .filter(listing::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    Ok(listing::Model { state: to, ..row.clone() })
}

/// How many promises of a listing stand.
async fn held(tx: &Tx, id: entity::id::ListingId) -> Result<u64> {
    let query =
        reservation::Entity::find().filter(reservation::Column::ListingId.eq(id)).filter(reservation::Column::State.eq(ReservationState::Held));
    Ok(query.count(&tx.connection).await?)
}

#[cfg(test)]
mod tests {
    use entity::listing::ListingState;
    use sea_orm::Iterable;

    use super::{Step, TABLE, after};
    use crate::error::Code;

    #[test]
    fn every_state_is_reached_and_only_two_are_ends() {
        for state in ListingState::iter() {
            let reached = state == ListingState::Draft || TABLE.iter().any(|row| row.2.contains(&state));
            assert!(reached, "{state:?} is never reached");
            let ends = matches!(state, ListingState::Closed | ListingState::Withdrawn);
            assert_eq!(TABLE.iter().all(|row| row.0 != state), ends, "{state:?}");
        }
    }

    #[test]
    fn a_row_stands_once_and_what_is_not_listed_is_refused() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(TABLE[at + 1..].iter().all(|other| (other.0, other.1) != (row.0, row.1)), "{row:?}");
        }
        assert_eq!(after(ListingState::Draft, Step::Publish).map_err(|error| error.code), Err(Code::StateChanged));
        assert_eq!(after(ListingState::Verified, Step::Claim).map_err(|error| error.code), Err(Code::ListingNotOpen));
    }
}
