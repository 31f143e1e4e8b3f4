//! Ends without service: declined, taken back, run out. What was promised is free again and the need is open.

use entity::id::{AccountId, NeedMatchId, ReservationId};
use entity::match_step::MatchStepKind;
use entity::need_match::{self, MatchSide, MatchState, Model};
use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use super::accept::{check_answers, check_speaks};
use super::{Helper, Live, dismiss, get, need_accounts, save, state, step};
use crate::error::{Code, Result};
use crate::exchange::{contact, reservation};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::service::sign_up::lock_people;
use crate::service::wording;
use crate::tx::Tx;

/// Matches ended in one go.
const BATCH: u64 = 200;

/// A match somebody ends, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Ending {
    /// The match.
    pub match_id: NeedMatchId,
    /// Why, 1 to 200 characters.
    pub reason: String,
}

/// Says no to a proposal, once per `key`; the pair is then left alone for the days of the policy. Nobody is the worse for it (art. 25).
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `SECOND_PERSON_REQUIRED`, `REASON_REQUIRED`, `STATE_CHANGED`.
pub async fn decline(tx: &Tx, actor: &Actor, key: &str, input: Ending) -> Result<NeedMatchId> {
    actor.require(Action::DeclineMatch, &actor.home())?;
    idempotency::once(tx, actor.account_id, "declineMatch", key, &input, async {
        let entry = get(&tx.connection, actor, input.match_id).await?;
        let reason = wording::reason(&input.reason)?;
        let row = state::lock(tx, entry.row.id).await?;
        let to = state::after(row.state, MatchStepKind::Declined)?[0];
        check_answers(tx, actor, &entry).await?;
        let helper = Helper::of(&row)?;
        dismiss(tx, row.community_id, row.need_id, helper, actor.account_id, &reason).await?;
        let row = Model { state: to, expires_at: None, ..row };
        save(tx, &row).await?;
        // The other side learns that it came to nothing, not why.
        let told = [helper.accounts(&tx.connection).await?, need_accounts(&entry.need), row.proposed_by.into_iter().collect()].concat();
        step::write(tx, &row, MatchStepKind::Declined, Some(actor.account_id), Some(reason), &told).await?;
        Ok(row.id)
    })
    .await
}

/// Takes one's word back, once per `key`: a proposal by the side that made it, an accepted match by the helper, the need's owner or whoever looks after
/// the place. What was promised is free, so the need is open again.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED`.
pub async fn withdraw(tx: &Tx, actor: &Actor, key: &str, input: Ending) -> Result<NeedMatchId> {
    actor.require(Action::WithdrawMatch, &actor.home())?;
    idempotency::once(tx, actor.account_id, "withdrawMatch", key, &input, async {
        let entry = get(&tx.connection, actor, input.match_id).await?;
        let reason = wording::reason(&input.reason)?;
        let row = state::lock(tx, entry.row.id).await?;
        let to = state::after(row.state, MatchStepKind::Withdrawn)?[0];
        let need_side = entry.part.owner || entry.part.staff;
        let proposed = row.state == MatchState::Proposed;
        match row.awaits {
            _ if need_side && !proposed => {}
            MatchSide::Helper if proposed && need_side => {}
            // Who is asked for a first word declines.
            MatchSide::Helper if proposed => return Err(Code::Forbidden.into()),
            MatchSide::Helper | MatchSide::Need => check_speaks(tx, actor, &entry).await?,
        }
        let row = Model { state: to, expires_at: None, ..row };
        release(tx, std::slice::from_ref(&row)).await?;
        let told = [Helper::of(&row)?.accounts(&tx.connection).await?, need_accounts(&entry.need)].concat();
        step::write(tx, &row, MatchStepKind::Withdrawn, Some(actor.account_id), Some(reason), &told).await?;
        Ok(row.id)
    })
    .await
}

/// Due work: ends proposals that nobody answered and accepted matches that nobody began in time; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn expire_due(tx: &Tx) -> Result<u64> {
    let due = need_match::Entity::find()
        .filter(need_match::Column::ExpiresAt.lte(tx.now))
        .filter(need_match::Column::State.is_in([MatchState::Proposed, MatchState::Accepted]))
        .order_by_asc(need_match::Column::Id)
        .limit(BATCH)
        // One that somebody answers or begins at this moment waits for the next turn.
        .lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked)
        .all(&tx.connection)
        .await?;
    let mut ended = Vec::with_capacity(due.len());
    for row in due {
        let to = state::after(row.state, MatchStepKind::Expired)?[0];
        ended.push(Model { state: to, expires_at: None, ..row });
    }
    release(tx, &ended).await?;
    for row in &ended {
        let need = entity::listing::Entity::find_by_id(row.need_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
        let told = [Helper::of(row)?.accounts(&tx.connection).await?, need_accounts(&need)].concat();
        step::write(tx, row, MatchStepKind::Expired, None, None, &told).await?;
    }
    Ok(u64::try_from(ended.len()).unwrap_or(u64::MAX))
}

/// Locks those of some matches in which nothing has begun, in the order of their ids, and gives them with who is to serve.
///
/// # Errors
/// When the database refuses.
pub async fn hold(tx: &Tx, ids: &[NeedMatchId]) -> Result<Vec<Live>> {
    let rows = need_match::Entity::find()
        .filter(need_match::Column::Id.is_in(ids.iter().copied()))
        .filter(need_match::Column::State.is_in([MatchState::Proposed, MatchState::Accepted]))
        .order_by_asc(need_match::Column::Id)
        .lock(LockType::NoKeyUpdate)
        .all(&tx.connection)
        .await?;
    let mut people = super::people(&tx.connection, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let live = |row: Model| {
        let people = people.remove(&row.id).unwrap_or_default().into_iter().map(|person| person.volunteer_id).collect();
        Live { row, people }
    };
    Ok(rows.into_iter().map(live).collect())
}

/// Takes the word of somebody who leaves for good back in matches that are [held](hold); the other sides are told.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, account_id: AccountId, held: Vec<Live>) -> Result<()> {
    let mut ended = Vec::with_capacity(held.len());
    for Live { row, .. } in held {
        let to = state::after(row.state, MatchStepKind::Withdrawn)?[0];
        ended.push(Model { state: to, expires_at: None, ..row });
    }
    release(tx, &ended).await?;
    for row in &ended {
        let need = entity::listing::Entity::find_by_id(row.need_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
        let told = [Helper::of(row)?.accounts(&tx.connection).await?, need_accounts(&need)].concat();
        step::write(tx, row, MatchStepKind::Withdrawn, Some(account_id), Some(String::new()), &told).await?;
    }
    Ok(())
}

/// Lets go what locked matches were promised, closes the contacts they opened, and writes the rows. Volunteers are locked by id before listings by id.
pub(super) async fn release(tx: &Tx, rows: &[Model]) -> Result<()> {
    let ids: Vec<NeedMatchId> = rows.iter().map(|row| row.id).collect();
    let people = super::people(&tx.connection, &ids).await?;
    lock_people(tx, people.values().flatten().map(|person| person.volunteer_id)).await?;
    for id in promises(rows) {
        reservation::release(tx, id).await?;
    }
    for row in rows {
        close_contacts(tx, row).await?;
        save(tx, row).await?;
    }
    Ok(())
}

/// The promises of matches, in the order of their listings' ids.
pub(super) fn promises(rows: &[Model]) -> Vec<ReservationId> {
    let of_need = rows.iter().filter_map(|row| Some((row.need_id, row.need_reservation_id?)));
    let of_offering = rows.iter().filter_map(|row| row.offering_id.zip(row.offering_reservation_id));
    let mut held: Vec<_> = of_need.chain(of_offering).collect();
    held.sort_unstable();
    held.into_iter().map(|(_, id)| id).collect()
}

/// Ends what the match allowed to know.
pub(super) async fn close_contacts(tx: &Tx, row: &Model) -> Result<()> {
    for listing_id in [row.need_id].into_iter().chain(row.offering_id) {
        contact::dismiss(tx, listing_id, None, row.id.into()).await?;
    }
    Ok(())
}
