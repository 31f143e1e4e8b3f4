//! Service: an activity has sessions, people sign up, check in and out, and get records.

pub mod activity;
pub mod check_in;
pub mod offline;
pub mod record;
pub mod session;
pub mod sign_up;
