//! `qicai migrate`: brings the database up to date and ends.

use std::process::ExitCode;

use super::{connect, fail, told};
use crate::config::Config;

/// Takes every step that is still to be taken.
pub async fn run(config: &Config) -> ExitCode {
    let db = match connect(config).await {
        Ok(db) => db,
        Err(reason) => return fail(reason),
    };
    let steps = match db.pending_migrations().await {
        Ok(steps) => steps,
        Err(error) => return fail(told(&error)),
    };
    if let Err(error) = db.migrate().await {
        return fail(format!("the schema could not be brought up to date: {}", told(&error)));
    }
    println!("{}: {steps} steps taken, the schema is up to date", config.database_name());
    ExitCode::SUCCESS
}
