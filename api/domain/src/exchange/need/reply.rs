//! Answering a need, and what the person served says of it.

use entity::id::ListingId;
use entity::listing::{ListingKind, ListingState};
use entity::listing_step::StepKind;
use entity::role_grant::Role;

use crate::error::{Code, Error, Result};
use crate::exchange::listing::{self, Detail, Entry, state, step};
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// Replies to a need, as often as there is something to say; its author is told.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED` for one that is closed or was taken back, `BAD_INPUT`, `WORD_RESERVED`.
pub async fn reply(tx: &Tx, actor: &Actor, id: ListingId, text: &str) -> Result<Entry> {
    let entry = listing::in_charge_of(&tx.connection, actor, Action::ReplyNeed, id, Some(ListingKind::Need)).await?;
    let text = wording::required(text, "reply", 500, Code::BadInput)?;
    let row = state::lock(tx, id).await?;
    if matches!(row.state, ListingState::Closed | ListingState::Withdrawn) {
        return Err(Code::StateChanged.into());
    }
    step::write(tx, &row, step::Entry::of(StepKind::Replied, Some(actor.account_id)).saying(Some(text))).await?;
    Ok(Entry { listing: row, ..entry })
}

/// Rates how a need was met, once, when it is fulfilled or closed: the person served, or the grid worker who writes down what somebody said for whom the
/// need was filed. The log says who wrote it.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`, `ALREADY_RATED`, `BAD_INPUT` for stars outside 1 to 5.
pub async fn rate(tx: &Tx, actor: &Actor, id: ListingId, stars: i32, note: Option<&str>) -> Result<Entry> {
    actor.require(Action::RateNeed, &actor.home())?;
    let entry = listing::get(&tx.connection, actor, id, Some(ListingKind::Need)).await?;
    let own = entry.listing.owner_account_id == Some(actor.account_id);
    let spoken = matches!(&entry.detail, Detail::Need(row, _) if row.consent.is_some()) && actor.holds(&[Role::GridWorker], &entry.place());
    if !own && !spoken {
        return Err(Code::Forbidden.into());
    }
    if !(1..=5).contains(&stars) {
        return Err(Error::from(Code::BadInput).on("stars").with("min", 1).with("max", 5));
    }
    let note = wording::optional(note, "note", 200)?;
    let row = state::lock(tx, id).await?;
    if !matches!(row.state, ListingState::Fulfilled | ListingState::Closed) {
        return Err(Code::StateChanged.into());
    }
    if step::has(&tx.connection, id, StepKind::Rated).await? {
        return Err(Code::AlreadyRated.into());
    }
    let rating = step::Entry { stars: Some(stars), ..step::Entry::of(StepKind::Rated, Some(actor.account_id)).saying(note) };
    step::write(tx, &row, rating).await?;
    Ok(Entry { listing: row, ..entry })
}
