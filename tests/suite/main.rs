//! The suite: every story on SQLite and on PostgreSQL with Redis.

mod door;
mod ledger_model;
mod redemption;
mod service_activity;
mod service_check_in;
mod service_offline;
mod service_record;
mod service_sign_up;
