//! The states of a project and the steps between them, as one table.
//!
//! DRAFT → SUBMITTED → `UNDER_REVIEW` → (RETURNED →) APPROVED → PUBLISHED → MATCHED → `IN_PROGRESS` → COMPLETED → EVALUATED, and REJECTED, CANCELLED. What the
//! table does not list is refused.

use entity::id::ProjectId;
use entity::project::{self, ProjectState};
use entity::project_step::ProjectStep;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QueryFilter, QuerySelect};

use crate::error::{Code, Error, Result};
use crate::tx::Tx;

use ProjectState::{Approved, Cancelled, Completed, Draft, Evaluated, InProgress, Matched, Published, Rejected, Returned, Submitted, UnderReview};
use ProjectStep as Step;

/// From which state which step leads where.
pub const TABLE: &[(ProjectState, Step, ProjectState)] = &[
    (Draft, Step::Submit, Submitted),
    (Draft, Step::Cancel, Cancelled),
    (Submitted, Step::OpenReview, UnderReview),
    (Submitted, Step::Cancel, Cancelled),
    (UnderReview, Step::Recall, Submitted),
    (UnderReview, Step::Return, Returned),
    (UnderReview, Step::Approve, Approved),
    (UnderReview, Step::Reject, Rejected),
    (Returned, Step::Submit, Submitted),
    (Returned, Step::Cancel, Cancelled),
    (Approved, Step::Publish, Published),
    (Approved, Step::Cancel, Cancelled),
    (Published, Step::Match, Matched),
    (Published, Step::Cancel, Cancelled),
    (Matched, Step::Start, InProgress),
    (Matched, Step::Cancel, Cancelled),
    (InProgress, Step::Complete, Completed),
    (InProgress, Step::Cancel, Cancelled),
    (Completed, Step::Evaluate, Evaluated),
];

/// States in which everybody of the community sees a project.
pub const OPEN_TO_ALL: [ProjectState; 5] = [Published, Matched, InProgress, Completed, Evaluated];
/// States in which its owner may write it anew.
pub const WRITABLE: [ProjectState; 2] = [Draft, Returned];
/// States in which partners may promise something, and lists and activities may be linked.
pub const TAKES_PARTNERS: [ProjectState; 6] = [Draft, Returned, Approved, Published, Matched, InProgress];
/// States in which its agreement and insurance may be recorded.
pub const TAKES_PAPERS: [ProjectState; 4] = [Approved, Published, Matched, InProgress];
/// States after which it may come again.
pub const CARRIED_OUT: [ProjectState; 2] = [Completed, Evaluated];

/// Where a step leads from a state.
///
/// # Errors
/// `STATE_CHANGED`, with the state.
pub fn after(state: ProjectState, step: Step) -> Result<ProjectState> {
    let found = TABLE.iter().find(|row| row.0 == state && row.1 == step);
    found.map(|row| row.2).ok_or_else(|| changed(state))
}

/// Refuses a project that is in none of these states.
///
/// # Errors
/// `STATE_CHANGED`, with the state.
pub fn within(row: &project::Model, states: &[ProjectState]) -> Result<()> {
    if states.contains(&row.state) { Ok(()) } else { Err(changed(row.state)) }
}

fn changed(state: ProjectState) -> Error {
    Error::from(Code::StateChanged).with("state", state.to_value())
}

/// Locks a project; what is read after it is its last state.
///
/// # Errors
/// `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, id: ProjectId) -> Result<project::Model> {
    // NO KEY UPDATE: rows that only point at a project must not wait.
    let row = project::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// Moves a locked project on.
///
/// # Errors
/// `STATE_CHANGED`.
pub(super) async fn advance(tx: &Tx, row: &project::Model, step: Step) -> Result<project::Model> {
    let to = after(row.state, step)?;
    project::Entity::update_many()
        .col_expr(project::Column::State, Expr::value(to))
        .filter(project::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    Ok(project::Model { state: to, ..row.clone() })
}

#[cfg(test)]
mod tests {
    use entity::project::ProjectState;
    use sea_orm::Iterable;

    use super::{Step, TABLE, after};
    use crate::error::Code;

    #[test]
    fn every_state_is_reached_and_three_are_ends() {
        for state in ProjectState::iter() {
            let reached = state == ProjectState::Draft || TABLE.iter().any(|row| row.2 == state);
            assert!(reached, "{state:?} is never reached");
            let ends = matches!(state, ProjectState::Rejected | ProjectState::Cancelled | ProjectState::Evaluated);
            assert_eq!(TABLE.iter().all(|row| row.0 != state), ends, "{state:?}");
        }
    }

    #[test]
    fn a_row_stands_once_and_what_is_not_listed_is_refused() {
        for (at, row) in TABLE.iter().enumerate() {
            assert!(TABLE[at + 1..].iter().all(|other| (other.0, other.1) != (row.0, row.1)), "{row:?}");
        }
        assert_eq!(after(ProjectState::Draft, Step::Publish).map_err(|error| error.code), Err(Code::StateChanged));
    }
}
