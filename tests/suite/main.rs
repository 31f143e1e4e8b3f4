//! The suite: every story on SQLite and on PostgreSQL with Redis.

mod door;
mod leaderboard;
mod ledger_model;
mod redemption;
