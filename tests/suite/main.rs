//! The suite: every story on SQLite and on PostgreSQL with Redis.

mod community;
mod door;
mod graphql_rules;
mod import;
mod imports_rule;
mod ledger_model;
mod people;
mod redemption;
mod roles;
mod schema;
