//! What people may follow live: messages to them, leaderboards, the attendance of a session, what waits for review.
//!
//! Each is a *channel* of the [`crate::bus`]. The relay says with [`record()`] what a batch of events means to whom; a client follows a channel by a
//! subscription or asks for its changes from time to time. What travels with a change is the same for everybody who may follow the channel; what
//! differs from reader to reader (my place, what waits for me) is read when it is asked for.
//!
//! Invariant: who follows a channel may read what it tells by the same row of the permission table, asked again at every change.

use std::fmt;

use entity::activity_session::SessionState;
use entity::id::{AccountId, ActivitySessionId, CommunityId};
use entity::team::TeamColour;
use sea_orm::{ActiveEnum, ConnectionTrait};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::bus::Change;
use crate::error::{Code, Error, Result};
use crate::event::ReviewKind;
use crate::people::permission::{Actor, Place};
use crate::service::session;

mod record;
pub mod review;

pub use record::{News, record};

/// What somebody follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Messages to an account; carries [`super::notification::Told`].
    Notifications(AccountId),
    /// Who signed up for a session and who is there; carries [`Attendance`].
    Attendance(ActivitySessionId),
    /// What waits for review in a community, and for the panels on which somebody of it sits; carries [`ReviewKind`].
    ReviewQueue(CommunityId),
    /// The leaderboards of a region, or of one colour of a community; carries nothing.
    Leaderboards(Uuid, Option<TeamColour>),
}

impl fmt::Display for Channel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notifications(id) => write!(out, "notifications:{id}"),
            Self::Attendance(id) => write!(out, "attendance:{id}"),
            Self::ReviewQueue(id) => write!(out, "review:{id}"),
            Self::Leaderboards(scope_id, colour) => {
                write!(out, "leaderboards:{}:{}", scope_id.simple(), colour.map(|colour| colour.to_value()).unwrap_or_default())
            }
        }
    }
}

/// A session in numbers, as it stood when it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attendance {
    /// The session.
    pub session_id: ActivitySessionId,
    /// How far it is.
    #[serde(with = "state_text")]
    pub state: SessionState,
    /// Seats.
    pub capacity: i32,
    /// Seats taken, open offers included.
    pub seats_taken: i32,
    /// People who wait for a seat.
    pub waitlisted: i32,
    /// People who came.
    pub checked_in: i64,
    /// Those of them who left.
    pub checked_out: i64,
}

/// The state of a session in JSON as the table writes it.
mod state_text {
    use entity::activity_session::SessionState;
    use sea_orm::ActiveEnum;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(super) fn serialize<S: Serializer>(state: &SessionState, out: S) -> Result<S::Ok, S::Error> {
        state.to_value().serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SessionState, D::Error> {
        SessionState::try_from_value(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Reads what travelled with a change.
///
/// # Errors
/// When the change is of another channel.
pub fn told<T: DeserializeOwned>(change: &Change) -> Result<T> {
    serde_json::from_str(&change.payload).map_err(Error::internal)
}

/// Where a session lies that the actor may follow: one that the actor sees.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn attendance_place(connection: &impl ConnectionTrait, actor: &Actor, id: ActivitySessionId) -> Result<Place> {
    Ok(session::get(connection, actor, id).await?.place)
}

/// Lets the actor go on following what lies at `place`.
///
/// # Errors
/// `NOT_FOUND`.
pub fn sees(actor: &Actor, place: &Place) -> Result<()> {
    if actor.sees(place) { Ok(()) } else { Err(Code::NotFound.into()) }
}

/// The kinds of review in the order of the schema.
pub const REVIEW_KINDS: [ReviewKind; 4] = [ReviewKind::Record, ReviewKind::OfflineCheckIn, ReviewKind::Adjustment, ReviewKind::Round];
