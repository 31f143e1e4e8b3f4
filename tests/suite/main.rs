//! The suite: every story on SQLite and on PostgreSQL with Redis.

mod community;
mod delivery;
mod door;
mod door_documents;
mod graphql_rules;
mod import;
mod imports_rule;
mod leaderboard;
mod ledger_model;
mod live;
mod main_job;
mod matching;
mod people;
mod points_rules;
mod redemption;
mod roles;
mod schema;
mod service_activity;
mod service_check_in;
mod service_offline;
mod service_record;
mod service_sign_up;
