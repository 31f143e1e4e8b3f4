//! The suite: every story on SQLite and on PostgreSQL with Redis.

mod door;
mod graphql_rules;
mod imports_rule;
mod leaderboard;
mod ledger_model;
mod redemption;
mod roles;
mod schema;
