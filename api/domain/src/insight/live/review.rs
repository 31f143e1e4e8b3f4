//! What waits for review (待审): records, conflicts of offline check-ins, adjustments, rounds of review; counted for one reviewer.

use sea_orm::ConnectionTrait;

use crate::error::{Code, Result};
use crate::event::ReviewKind;
use crate::exchange::review::queue;
use crate::people::permission::{Action, Actor};
use crate::points::adjustment;
use crate::service::{offline, record};

/// How much waits for a reviewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Service records.
    pub records: u64,
    /// Conflicts of offline check-ins.
    pub offline_check_ins: u64,
    /// Adjustments of points.
    pub adjustments: u64,
    /// Rounds of review on whose panel the reviewer sits.
    pub rounds: u64,
}

const fn action(kind: ReviewKind) -> Action {
    match kind {
        ReviewKind::Record => Action::DecideRecord,
        ReviewKind::OfflineCheckIn => Action::DecideOfflineCheckIn,
        ReviewKind::Adjustment => Action::DecideAdjustment,
        ReviewKind::Round => Action::ScoreReview,
    }
}

/// Whether the actor decides on things of this kind somewhere.
#[must_use]
pub fn concerns(actor: &Actor, kind: ReviewKind) -> bool {
    actor.grants.iter().any(|grant| action(kind).roles().contains(&grant.role))
}

/// Lets those pass who decide on anything.
///
/// # Errors
/// `FORBIDDEN`.
pub fn require(actor: &Actor) -> Result<()> {
    if super::REVIEW_KINDS.iter().any(|kind| concerns(actor, *kind)) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// What waits for the actor's decision, wherever the actor's grants reach.
///
/// # Errors
/// `FORBIDDEN` for those who decide on nothing.
pub async fn waiting(connection: &impl ConnectionTrait, actor: &Actor) -> Result<Waiting> {
    require(actor)?;
    Ok(Waiting {
        records: record::count_waiting(connection, actor).await?,
        offline_check_ins: offline::count_waiting(connection, actor).await?,
        adjustments: adjustment::count_waiting(connection, actor).await?,
        rounds: queue::count_waiting(connection, actor).await?,
    })
}
