//! Check-ins without network (离线签到): signed by a leader's registered device, uploaded within 72 hours, each taken once.
//!
//! A device signs `qicai-offline-v1|<session id>|<volunteer id>|<IN|OUT>|<epoch seconds>|<counter>` with its Ed25519 key. What the state machine of
//! presence accepts is APPLIED at once; what it refuses is kept as a CONFLICT with the code of the refusal, until another person accepts or
//! dismisses it. Nothing a device signed is dropped.
//!
//! Invariant: a counter of a device is taken once (`replayed_once`); uploading it again changes nothing and says so.

use ed25519_dalek::{Signature, VerifyingKey};
use entity::device_key;
use entity::id::{ActivitySessionId, DeviceKeyId, OfflineCheckInId, TeamId, VolunteerId};
use entity::offline_check_in::{self, CheckInPhase, OfflineState};
use entity::time::UtcMicros;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};

use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::service::{activity, session};

mod decide;
mod submit;

pub use decide::{Settlement, decide};
pub use submit::{ENTRIES_MAX, Outcome, OutcomeState, submit};

/// One signed check-in or check-out.
#[derive(Clone, Debug)]
pub struct Signed {
    /// At this session.
    pub session_id: ActivitySessionId,
    /// Of this person.
    pub volunteer_id: VolunteerId,
    /// In or out.
    pub phase: CheckInPhase,
    /// By the device's clock; whole seconds are signed.
    pub device_at: UtcMicros,
    /// The device's own count.
    pub counter: i64,
    /// Ed25519 signature, 128 hexadecimal digits.
    pub signature: String,
}

/// The text a device signs.
#[must_use]
pub fn signed_text(entry: &Signed) -> String {
    let phase = match entry.phase {
        CheckInPhase::In => "IN",
        CheckInPhase::Out => "OUT",
    };
    let seconds = entry.device_at.seconds();
    format!("qicai-offline-v1|{}|{}|{phase}|{seconds}|{}", entry.session_id, entry.volunteer_id, entry.counter)
}

/// Checks that the device signed the entry.
fn check_signature(device: &device_key::Model, entry: &Signed) -> Result<()> {
    let refused = || Error::from(Code::SignatureInvalid).on("entries").with("counter", entry.counter);
    let key: [u8; 32] = device.public_key.as_slice().try_into().map_err(|_| refused())?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| refused())?;
    let signature = unhex(&entry.signature).and_then(|bytes| Signature::from_slice(&bytes).ok()).ok_or_else(refused)?;
    key.verify_strict(signed_text(entry).as_bytes(), &signature).map_err(|_| refused())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 128 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

/// An offline check-in by id.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: OfflineCheckInId) -> Result<offline_check_in::Model> {
    offline_check_in::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// An offline check-in of a session the actor answers for.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: OfflineCheckInId) -> Result<offline_check_in::Model> {
    let row = get(connection, id).await?;
    let found = session::get(connection, actor, row.session_id).await?;
    if actor.may(Action::DecideOfflineCheckIn, &found.place) { Ok(row) } else { Err(Code::NotFound.into()) }
}

/// The account a device belongs to.
async fn owner(connection: &impl ConnectionTrait, id: DeviceKeyId) -> Result<device_key::Model> {
    device_key::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::DeviceUnknown.into())
}

/// Offline check-ins of the sessions the actor answers for, newest first: those that wait for a decision, or those in `state`.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    state: Option<OfflineState>,
    team_id: Option<TeamId>,
    page: &Page,
) -> Result<Rows<offline_check_in::Model>> {
    let mut query = offline_check_in::Entity::find()
        .filter(offline_check_in::Column::State.eq(state.unwrap_or(OfflineState::Conflict)))
        .filter(offline_check_in::Column::SessionId.in_subquery(session::ids_within(actor, Action::DecideOfflineCheckIn)?));
    if let Some(team_id) = team_id {
        query = query.filter(offline_check_in::Column::SessionId.in_subquery(session::ids_of(activity::ids_of_team(team_id))));
    }
    let order = ListOrder { key: None, id: offline_check_in::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, OfflineCheckInId>(query, order)?.all(connection).await?))
}

/// How many conflicts wait for the actor's decision; none where the actor may not decide.
///
/// # Errors
/// When the database cannot be read.
pub async fn count_waiting(connection: &impl ConnectionTrait, actor: &Actor) -> Result<u64> {
    let Ok(within) = session::ids_within(actor, Action::DecideOfflineCheckIn) else { return Ok(0) };
    let query = offline_check_in::Entity::find().filter(offline_check_in::Column::State.eq(OfflineState::Conflict));
    Ok(query.filter(offline_check_in::Column::SessionId.in_subquery(within)).count(connection).await?)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use entity::device_key;
    use entity::id::{AccountId, ActivitySessionId, DeviceKeyId, VolunteerId};
    use entity::offline_check_in::CheckInPhase;
    use entity::time::UtcMicros;

    use super::{Signed, check_signature, signed_text};

    #[test]
    fn only_what_the_device_signed_passes() {
        let now = UtcMicros(1_790_000_000_000_000);
        let key = SigningKey::from_bytes(&[5; 32]);
        let device = device_key::Model {
            id: DeviceKeyId::new(now),
            account_id: AccountId::new(now),
            name: "phone".to_owned(),
            public_key: key.verifying_key().to_bytes().to_vec(),
            created_at: now,
            revoked_at: None,
        };
        let mut entry = Signed {
            session_id: ActivitySessionId::new(now),
            volunteer_id: VolunteerId::new(now),
            phase: CheckInPhase::In,
            device_at: now,
            counter: 7,
            signature: String::new(),
        };
        let signature = key.sign(signed_text(&entry).as_bytes()).to_bytes();
        entry.signature = hex::encode(signature);
        assert!(check_signature(&device, &entry).is_ok());
        assert!(check_signature(&device, &Signed { phase: CheckInPhase::Out, ..entry.clone() }).is_err());
        assert!(check_signature(&device, &Signed { counter: 8, ..entry.clone() }).is_err());
        assert!(check_signature(&device, &Signed { device_at: now.plus(UtcMicros::SECOND), ..entry.clone() }).is_err());
        for bad in ["", "00", "é"] {
            assert!(check_signature(&device, &Signed { signature: bad.repeat(64), ..entry.clone() }).is_err(), "{bad}");
        }
    }
}
