//! Taking in what a device signed without network.

use std::collections::{BTreeSet, HashSet};

use entity::attendance::CheckInMethod;
use entity::device_key;
use entity::id::{DeviceKeyId, OfflineCheckInId, VolunteerId};
use entity::offline_check_in::{self, CheckInPhase, OfflineState};
use entity::time::UtcMicros;
use entity::volunteer;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use super::{Signed, check_signature};
use crate::error::{Code, Error, Result};
use crate::event::{Event, ReviewKind};
use crate::outbox;
use crate::people::permission::{Action, Actor};
use crate::service::check_in::roll::{Roll, Teller, within_window};
use crate::service::session::{self, Occurrence};
use crate::tx::Tx;

/// Most entries of one upload.
pub const ENTRIES_MAX: usize = 500;
/// What a device signed must arrive within this time, in microseconds.
const LATEST: i64 = 72 * UtcMicros::HOUR;

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeState {
    /// Taken over.
    Applied,
    /// Kept for a person to decide.
    Conflict,
    /// Uploaded before; nothing changed.
    Replayed,
}

/// What became of one entry.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The device's own count.
    pub counter: i64,
    /// What became of it.
    pub state: OutcomeState,
    /// Why it is a conflict.
    pub code: Option<String>,
    /// The row that keeps it; none for a replay.
    pub row: Option<offline_check_in::Model>,
}

/// Takes in up to 500 signed entries of the actor's device, in the order of their counters, and says what became of each.
///
/// # Errors
/// `BAD_INPUT` for none or too many, `DEVICE_UNKNOWN`, `SIGNATURE_INVALID`, `NOT_FOUND` and `FORBIDDEN` for a session or person out of the actor's
/// reach; each names the counter, and nothing is taken in.
pub async fn submit(tx: &Tx, actor: &Actor, device_id: DeviceKeyId, mut entries: Vec<Signed>) -> Result<Vec<Outcome>> {
    if entries.is_empty() || entries.len() > ENTRIES_MAX || entries.iter().any(|entry| entry.counter < 0) {
        return Err(Error::from(Code::BadInput).on("entries").with("min", 1).with("max", ENTRIES_MAX));
    }
    // The device's row is locked, so that the same upload sent twice at once is seen as a replay by the second.
    let device = device_key::Entity::find_by_id(device_id)
        .filter(device_key::Column::AccountId.eq(actor.account_id))
        .filter(device_key::Column::RevokedAt.is_null())
        .lock(LockType::NoKeyUpdate)
        .one(&tx.connection)
        .await?;
    let device = device.ok_or_else(|| Error::from(Code::DeviceUnknown).on("deviceId"))?;
    for entry in &entries {
        check_signature(&device, entry)?;
    }
    entries.sort_by_key(|entry| entry.counter);
    let mut known = known(tx, &device, &entries).await?;
    let fresh: Vec<&Signed> = entries.iter().filter(|entry| !known.contains(&entry.counter)).collect();
    let sessions = reachable(tx, actor, &fresh).await?;
    let people: Vec<VolunteerId> = fresh.iter().map(|entry| entry.volunteer_id).collect::<BTreeSet<_>>().into_iter().collect();
    let teller = Teller { method: CheckInMethod::Offline, account_id: actor.account_id };
    let mut roll = Roll::open(tx, sessions.clone(), &people, teller).await?;
    check_people(tx, &fresh, &sessions).await?;

    let mut outcomes = Vec::with_capacity(entries.len());
    for entry in &entries {
        if !known.insert(entry.counter) {
            outcomes.push(Outcome { counter: entry.counter, state: OutcomeState::Replayed, code: None, row: None });
            continue;
        }
        let Some(found) = sessions.iter().find(|found| found.session.id == entry.session_id) else {
            return Err(Error::from(Code::NotFound).on("entries").with("counter", entry.counter));
        };
        let device_at = within_window(&found.session, entry.device_at);
        let taken = take(tx, &mut roll, entry, device_at);
        let code = taken.err().map(|error| error.code.text().to_owned());
        let (state, kept) =
            if code.is_some() { (OutcomeState::Conflict, OfflineState::Conflict) } else { (OutcomeState::Applied, OfflineState::Applied) };
        let row = offline_check_in::Model {
            id: OfflineCheckInId::new(tx.now),
            community_id: found.session.community_id,
            device_key_id: device.id,
            counter: entry.counter,
            session_id: entry.session_id,
            volunteer_id: entry.volunteer_id,
            phase: entry.phase,
            device_at,
            state: kept,
            conflict: code.clone(),
            received_at: tx.now,
            decided_by: None,
            decided_at: None,
        };
        outcomes.push(Outcome { counter: entry.counter, state, code, row: Some(row) });
    }
    let rows = outcomes.iter().filter_map(|outcome| outcome.row.clone()).map(IntoActiveModel::into_active_model);
    offline_check_in::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    let conflicts = outcomes.iter().filter(|outcome| outcome.state == OutcomeState::Conflict).filter_map(|outcome| outcome.row.as_ref());
    let waiting: BTreeSet<_> = conflicts.map(|row| row.community_id).collect();
    let waiting = waiting.into_iter().map(|community_id| Event::ReviewQueueChanged { community_id, kind: ReviewKind::OfflineCheckIn });
    outbox::record_all(tx, &waiting.collect::<Vec<_>>()).await?;
    Box::pin(roll.write(tx, actor.account_id)).await?;
    Ok(outcomes)
}

/// Lets the state machine of presence take one entry, or say why not.
fn take(tx: &Tx, roll: &mut Roll, entry: &Signed, device_at: UtcMicros) -> Result<()> {
    if entry.device_at < tx.now.plus(-LATEST) {
        return Err(Code::OfflineTooOld.into());
    }
    if device_at > tx.now {
        return Err(Code::CheckInClosed.into());
    }
    roll.check_told(entry.session_id, entry.volunteer_id)?;
    match entry.phase {
        CheckInPhase::In => {
            // Without network nobody sees the free seats, so people without a sign-up wait for a decision.
            if !roll.expects(entry.session_id, entry.volunteer_id) {
                return Err(Code::NotSignedUp.into());
            }
            roll.enter(entry.session_id, entry.volunteer_id, device_at)
        }
        CheckInPhase::Out => roll.leave(entry.session_id, entry.volunteer_id, device_at),
    }
    .map(|_| ())
}

/// The counters among `entries` that the device has used already.
async fn known(tx: &Tx, device: &device_key::Model, entries: &[Signed]) -> Result<HashSet<i64>> {
    let rows: Vec<i64> = offline_check_in::Entity::find()
        .select_only()
        .column(offline_check_in::Column::Counter)
        .filter(offline_check_in::Column::DeviceKeyId.eq(device.id))
        .filter(offline_check_in::Column::Counter.is_in(entries.iter().map(|entry| entry.counter)))
        .into_tuple()
        .all(&tx.connection)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The sessions of `entries`, for all of which the actor may speak.
async fn reachable(tx: &Tx, actor: &Actor, entries: &[&Signed]) -> Result<Vec<Occurrence>> {
    let ids: Vec<_> = entries.iter().map(|entry| entry.session_id).collect::<BTreeSet<_>>().into_iter().collect();
    let found = session::occurrences(&tx.connection, &ids).await?;
    for entry in entries {
        let refused = |error: Error| error.on("entries").with("counter", entry.counter);
        let place = &found.get(&entry.session_id).ok_or_else(|| refused(Code::NotFound.into()))?.place;
        actor.require(Action::SubmitOfflineCheckIns, place).map_err(refused)?;
    }
    Ok(found.into_values().collect())
}

/// Every person named lives in the community of the session; a row could not be kept otherwise.
async fn check_people(tx: &Tx, entries: &[&Signed], sessions: &[Occurrence]) -> Result<()> {
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry.volunteer_id).collect();
    let people = volunteer::Entity::find().filter(volunteer::Column::Id.is_in(ids)).all(&tx.connection).await?;
    for entry in entries {
        let community = sessions.iter().find(|found| found.session.id == entry.session_id).map(|found| found.session.community_id);
        if !people.iter().any(|person| person.id == entry.volunteer_id && Some(person.community_id) == community) {
            return Err(Error::from(Code::NotFound).on("entries").with("counter", entry.counter));
        }
    }
    Ok(())
}
