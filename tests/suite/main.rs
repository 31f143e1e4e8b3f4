//! The suite: every story on SQLite and on PostgreSQL with Redis.

mod community;
mod door;
mod import;
mod ledger_model;
mod people;
mod redemption;
