//! Service for clients: activities and their sessions, sign-ups, presence, records, offline check-ins.

use async_graphql::MergedObject;

use crate::error::{Code, Error};
use crate::graphql::error::ApiResult;

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

/// For `node`: what does not exist for the actor is nothing, not a failure.
fn found<T>(result: Result<T, Error>) -> ApiResult<Option<T>> {
    match result {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code == Code::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
