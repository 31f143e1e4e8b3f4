//! Service for clients: activities and their sessions, sign-ups, presence, records, offline check-ins.

use crate::graphql::root::Parts;

pub mod activity;
pub mod activity_input;
pub mod attendance;
pub mod loader;
pub mod offline;
pub mod record;
pub mod session;
pub mod sign_up;

/// Reads of the area.
pub fn queries(parts: Parts) -> Parts {
    parts
        .with::<activity::ActivityQuery>()
        .with::<session::SessionQuery>()
        .with::<sign_up::SignUpQuery>()
        .with::<attendance::AttendanceQuery>()
        .with::<record::RecordQuery>()
        .with::<offline::OfflineQuery>()
}

/// Writes of the area.
pub fn mutations(parts: Parts) -> Parts {
    parts
        .with::<activity_input::ActivityMutation>()
        .with::<session::SessionMutation>()
        .with::<sign_up::SignUpMutation>()
        .with::<attendance::AttendanceMutation>()
        .with::<record::RecordMutation>()
        .with::<offline::OfflineMutation>()
}
