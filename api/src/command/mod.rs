//! Subcommands of the program, one file each.
//!
//! A command gets the settings and gives an exit code: 0 when all is well, 1 when it found or met a fault, which it has then told on standard error.

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;

use crate::app::App;
use crate::config::Config;
use crate::db::Db;
use crate::error::Error;
use crate::tx::Clock;

pub mod doctor;
pub mod import;
pub mod migrate;
pub mod open_community;
pub mod rebuild_leaderboard;
pub mod schema;
pub mod serve;
pub mod verify;

/// Opens the program that the settings describe, by the machine's clock.
///
/// # Errors
/// A sentence for the operator.
pub async fn open(config: &Config) -> Result<App, String> {
    let keys = config.keys()?;
    let db = connect(config).await?;
    let redis = config.redis_url.as_deref().map(|url| (url, config.redis_prefix.as_str()));
    App::assemble(db, Arc::new(keys), redis).map_err(|error| format!("Redis: {}", told(&error)))
}

/// Opens the database of the settings.
///
/// # Errors
/// A sentence for the operator.
pub async fn connect(config: &Config) -> Result<Db, String> {
    let db = Db::connect(&config.database_url, config.db_connections, Clock::System).await;
    db.map_err(|error| format!("the database {} cannot be opened: {}", config.database_name(), told(&error)))
}

/// An error as an operator reads it: what went wrong below, or the message of its code.
#[must_use]
pub fn told(error: &Error) -> String {
    error.source.as_ref().map_or_else(|| error.code.en().to_owned(), ToString::to_string)
}

/// Tells a fault and gives the exit code for it.
pub fn fail(reason: impl Display) -> ExitCode {
    eprintln!("qicai: {reason}");
    ExitCode::FAILURE
}
