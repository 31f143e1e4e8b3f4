//! The states of a match and the steps between them, as one table. What the table does not list is refused.

use entity::id::NeedMatchId;
use entity::match_step::MatchStepKind;
use entity::need_match::{self, MatchState};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveEnum, EntityTrait, QuerySelect};

use crate::error::{Code, Error, Result};
use crate::tx::Tx;

use MatchState::{Accepted, Confirmed, Declined, Disputed, Done, Expired, InProgress, Proposed, Voided, Withdrawn};
use MatchStepKind as Step;

/// From which state which step leads where; a decided dispute leads to one of two.
pub const TABLE: &[(MatchState, MatchStepKind, &[MatchState])] = &[
    (Proposed, Step::Accepted, &[Accepted]),
    (Proposed, Step::Declined, &[Declined]),
    (Proposed, Step::Expired, &[Expired]),
    (Proposed, Step::Withdrawn, &[Withdrawn]),
    (Accepted, Step::Started, &[InProgress]),
    (Accepted, Step::Expired, &[Expired]),
    (Accepted, Step::Withdrawn, &[Withdrawn]),
    (InProgress, Step::Finished, &[Done]),
    (InProgress, Step::Withdrawn, &[Withdrawn]),
    (Done, Step::Confirmed, &[Confirmed]),
    (Done, Step::Disputed, &[Disputed]),
    (Confirmed, Step::Disputed, &[Disputed]),
    (Disputed, Step::Resolved, &[Confirmed, Voided]),
];

/// States in which a pair has no second match.
pub const LIVE: [MatchState; 5] = [Proposed, Accepted, InProgress, Done, Disputed];

/// Where a step leads from a state.
///
/// # Errors
/// `STATE_CHANGED`, with the state.
pub fn after(state: MatchState, step: MatchStepKind) -> Result<&'static [MatchState]> {
    let found = TABLE.iter().find(|row| row.0 == state && row.1 == step);
    found.map(|row| row.2).ok_or_else(|| Error::from(Code::StateChanged).with("state", state.to_value()))
}

/// Locks a match; what is read after it is its last state.
///
/// # Errors
/// `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, id: NeedMatchId) -> Result<need_match::Model> {
    // NO KEY UPDATE: rows that only point at a match must not wait.
    let row = need_match::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

#[cfg(test)]
mod tests {
    use entity::match_step::MatchStepKind;
    use entity::need_match::MatchState;
    use sea_orm::Iterable;

    use super::{LIVE, TABLE, after};
    use crate::error::Code;

    #[test]
    fn every_state_is_reached_and_what_is_live_has_an_exit() {
        for state in MatchState::iter() {
            assert!(state == MatchState::Proposed || TABLE.iter().any(|row| row.2.contains(&state)), "{state:?} is never reached");
            let ends = TABLE.iter().all(|row| row.0 != state);
            assert_eq!(ends, !LIVE.contains(&state) && state != MatchState::Confirmed, "{state:?}");
        }
    }

    #[test]
    fn a_row_stands_once_and_what_is_not_listed_is_refused() {
        for state in MatchState::iter() {
            for step in MatchStepKind::iter() {
                let rows = TABLE.iter().filter(|row| (row.0, row.1) == (state, step)).count();
                assert!(rows <= 1, "{state:?} {step:?}");
                assert_eq!(after(state, step).is_err(), rows == 0);
                assert!(after(state, step).err().is_none_or(|error| error.code == Code::StateChanged));
            }
        }
    }
}
