//! Verifying and publishing.

use entity::activity::RiskLevel;
use entity::id::ListingId;
use entity::listing::ListingKind;
use entity::listing_step::StepKind;

use super::state::{Step, advance, lock};
use super::{Detail, Entry, in_charge_of, step};
use crate::error::{Code, Result};
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// Notes that a listing was found true; from now on it does not change.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`; `INSURANCE_REQUIRED` for a need of high risk without insurance (Volunteer Service
/// Regulations art. 17), which is still a draft and may be completed.
pub async fn verify(tx: &Tx, actor: &Actor, id: ListingId, kind: Option<ListingKind>, note: Option<&str>) -> Result<Entry> {
    take(tx, actor, (id, kind), note, (Action::VerifyListing, Step::Verify, StepKind::Verified)).await
}

/// Opens a verified listing to the community.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`.
pub async fn publish(tx: &Tx, actor: &Actor, id: ListingId, kind: Option<ListingKind>) -> Result<Entry> {
    take(tx, actor, (id, kind), None, (Action::PublishListing, Step::Publish, StepKind::Published)).await
}

async fn take(
    tx: &Tx,
    actor: &Actor,
    (id, kind): (ListingId, Option<ListingKind>),
    note: Option<&str>,
    (action, step, log): (Action, Step, StepKind),
) -> Result<Entry> {
    let entry = in_charge_of(&tx.connection, actor, action, id, kind).await?;
    let note = wording::optional(note, "note", 200)?;
    if let Detail::Need(need, _) = &entry.detail
        && (step, need.risk_level, &need.insurance_ref) == (Step::Verify, RiskLevel::High, &None)
    {
        return Err(Code::InsuranceRequired.into());
    }
    let row = lock(tx, id).await?;
    let listing = advance(tx, &row, step).await?;
    step::write(tx, &listing, step::Entry::of(log, Some(actor.account_id)).saying(note)).await?;
    Ok(Entry { listing, ..entry })
}
