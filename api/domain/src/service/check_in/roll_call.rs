//! Roll-call (点名): the leader states who was there, from when to when, for up to 500 people at once.
//!
//! It also states the end for those who forgot to check out, and takes in people who came without signing up while seats are free. Either all
//! of it stands or nothing, and the refusal names the first person at fault.

use std::collections::HashSet;

use entity::attendance::CheckInMethod;
use entity::id::{ActivitySessionId, VolunteerId};
use entity::time::UtcMicros;
use serde::Serialize;

use super::roll::{Roll, Teller, within_window};
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::people::permission::Actor;
use crate::service::session::{self, CHECK_IN_LEAD, Occurrence};
use crate::tx::Tx;

/// Most people in one roll-call.
pub const ENTRIES_MAX: usize = 500;
/// A roll is called at the latest this long after the end, in microseconds; later service is back-filled, with a second person.
const LATEST: i64 = 7 * UtcMicros::DAY;

/// One person's presence, as the leader states it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Entry {
    /// Who.
    pub volunteer_id: VolunteerId,
    /// From when; the check-in already taken, or else the start of the session, when left out.
    pub checked_in_at: Option<UtcMicros>,
    /// Until when; the person is still there, or the end is not known, when left out.
    pub checked_out_at: Option<UtcMicros>,
}

#[derive(Serialize)]
struct Call<'a> {
    session_id: ActivitySessionId,
    entries: &'a [Entry],
}

/// Takes a roll-call, once per `key`. A check-in already taken stands as it is; times are held to half an hour around the session.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT`, `SESSION_NOT_OPEN`, `CHECK_IN_CLOSED` before and a week after the session, and for an entry, with its
/// `volunteerId`: `NOT_FOUND`, `SELF_DEALING`, `SESSION_FULL`, `TOO_YOUNG`, `QUALIFICATION_MISSING`, `VOLUNTEER_SUSPENDED`,
/// `ALREADY_CHECKED_IN`, `ALREADY_CHECKED_OUT`, `RECORD_OVERLAP`.
pub async fn call_roll(tx: &Tx, actor: &Actor, key: &str, session_id: ActivitySessionId, entries: &[Entry]) -> Result<ActivitySessionId> {
    idempotency::once(tx, actor.account_id, "callRoll", key, &Call { session_id, entries }, async {
        let found = session::led_by(&tx.connection, actor, session_id).await?;
        if tx.now < found.session.starts_at.plus(-CHECK_IN_LEAD) || tx.now > found.session.ends_at.plus(LATEST) {
            return Err(Code::CheckInClosed.into());
        }
        let people: Vec<VolunteerId> = entries.iter().map(|entry| entry.volunteer_id).collect();
        if people.is_empty() || people.len() > ENTRIES_MAX {
            return Err(Error::from(Code::BadInput).on("entries").with("min", 1).with("max", ENTRIES_MAX));
        }
        let mut once = HashSet::new();
        if let Some(twice) = people.iter().find(|id| !once.insert(**id)) {
            return Err(Error::from(Code::BadInput).on("entries").with("volunteerId", twice));
        }
        let teller = Teller { method: CheckInMethod::RollCall, account_id: actor.account_id };
        let mut roll = Roll::open(tx, [found.clone()], &people, teller).await?;
        for entry in entries {
            take(tx.now, &mut roll, &found, entry).map_err(|error| error.on("entries").with("volunteerId", entry.volunteer_id))?;
        }
        Box::pin(roll.write(tx, actor.account_id)).await?;
        Ok(session_id)
    })
    .await
}

fn take(now: UtcMicros, roll: &mut Roll, found: &Occurrence, entry: &Entry) -> Result<()> {
    if [entry.checked_in_at, entry.checked_out_at].into_iter().flatten().any(|stated| stated > now) {
        return Err(Code::BadInput.into());
    }
    let session_id = found.session.id;
    let is_in = roll.is_in(session_id, entry.volunteer_id);
    // Someone already in may be named again; only a second beginning would contradict the first.
    if !is_in || (entry.checked_in_at.is_some() && entry.checked_out_at.is_none()) {
        let at = entry.checked_in_at.unwrap_or(found.session.starts_at).min(now);
        roll.enter(session_id, entry.volunteer_id, within_window(&found.session, at))?;
    }
    if let Some(at) = entry.checked_out_at {
        roll.leave(session_id, entry.volunteer_id, within_window(&found.session, at))?;
    }
    Ok(())
}
