//! Service for clients: activities and their sessions, sign-ups, presence, records, offline check-ins.

use async_graphql::MergedObject;

pub mod activity;
pub mod activity_input;
pub mod attendance;
pub mod loader;
pub mod offline;
pub mod record;
pub mod session;
pub mod sign_up;

#[derive(MergedObject, Default)]
pub struct ServiceQuery(
    activity::ActivityQuery,
    session::SessionQuery,
    sign_up::SignUpQuery,
    attendance::AttendanceQuery,
    record::RecordQuery,
    offline::OfflineQuery,
);

#[derive(MergedObject, Default)]
pub struct ServiceMutation(
    activity_input::ActivityMutation,
    session::SessionMutation,
    sign_up::SignUpMutation,
    attendance::AttendanceMutation,
    record::RecordMutation,
    offline::OfflineMutation,
);
