//! The ends of a listing: all given, closed, taken back.

use entity::id::{AccountId, ListingId};
use entity::listing::{self, ListingKind, ListingState};
use entity::listing_step::StepKind;

use super::state::{Step, advance, after, lock};
use super::{Entry, in_charge_of, own_or_in_charge, step};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// What came of a listing that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What was wanted was given, by a match or otherwise.
    Resolved,
    /// It was not.
    Unresolved,
}

/// Closes a listing with what came of it. A need must have been replied to, or is replied to with `reply`.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`, `LISTING_RESERVED`, `REPLY_REQUIRED`; `BAD_INPUT` on `reply` for what is no need.
pub async fn close(tx: &Tx, actor: &Actor, id: ListingId, kind: Option<ListingKind>, outcome: Outcome, reply: Option<&str>) -> Result<Entry> {
    let entry = in_charge_of(&tx.connection, actor, Action::CloseListing, id, kind).await?;
    let reply = wording::optional(reply, "reply", 500)?;
    let need = entry.listing.kind == ListingKind::Need;
    if !need && reply.is_some() {
        return Err(Error::from(Code::BadInput).on("reply"));
    }
    let row = lock(tx, id).await?;
    after(row.state, Step::Close)?;
    if need && reply.is_none() && !step::has(&tx.connection, id, StepKind::Replied).await? {
        return Err(Error::from(Code::ReplyRequired).on("reply"));
    }
    let listing = advance(tx, &row, Step::Close).await?;
    let by = Some(actor.account_id);
    if reply.is_some() {
        step::write(tx, &listing, step::Entry::of(StepKind::Replied, by).saying(reply)).await?;
    }
    if outcome == Outcome::Resolved && !step::has(&tx.connection, id, StepKind::Resolved).await? {
        step::write(tx, &listing, step::Entry::of(StepKind::Resolved, by)).await?;
    }
    step::write(tx, &listing, step::Entry::of(StepKind::Closed, by)).await?;
    Ok(Entry { listing, ..entry })
}

/// Takes a listing back, with a word why. Nothing of it may be promised.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED`, `LISTING_RESERVED`.
pub async fn withdraw(tx: &Tx, actor: &Actor, id: ListingId, kind: Option<ListingKind>, reason: &str) -> Result<Entry> {
    actor.require(Action::WithdrawListing, &actor.home())?;
    let entry = own_or_in_charge(&tx.connection, actor, id, kind).await?;
    let reason = wording::reason(reason)?;
    let row = lock(tx, id).await?;
    let listing = advance(tx, &row, Step::Withdraw).await?;
    step::write(tx, &listing, step::Entry::of(StepKind::Withdrawn, Some(actor.account_id)).saying(Some(reason))).await?;
    Ok(Entry { listing, ..entry })
}

/// Takes the listings of somebody who leaves for good back, those of which something was given closes; gives how many. Nothing of them may be promised.
///
/// # Errors
/// `LISTING_RESERVED`.
pub async fn leave(tx: &Tx, account_id: AccountId, ids: &[ListingId]) -> Result<usize> {
    let mut ended = 0;
    for id in ids {
        let row = lock(tx, *id).await?;
        let ways = [(Step::Withdraw, StepKind::Withdrawn), (Step::Close, StepKind::Closed)];
        // One that has run out or was given in full is over, though its log may still wait for a word.
        let open = !matches!(row.state, ListingState::Expired | ListingState::Fulfilled);
        let Some((way, kind)) = ways.into_iter().find(|(way, _)| open && after(row.state, *way).is_ok()) else { continue };
        let listing = advance(tx, &row, way).await?;
        step::write(tx, &listing, step::Entry::of(kind, Some(account_id))).await?;
        ended += 1;
    }
    Ok(ended)
}

/// The last of a listing was given: notes it, once. The row is in its new state already.
///
/// # Errors
/// When the database refuses.
pub async fn fulfilled(tx: &Tx, listing: &listing::Model) -> Result<()> {
    step::write(tx, listing, step::Entry::of(StepKind::Resolved, None)).await
}
