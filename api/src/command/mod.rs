//! Subcommands of the program, one file each.
//!
//! A command gets the settings and gives an exit code: 0 when all is well, 1 when it found or met a fault, which it has then told on standard error.

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::app::App;
use domain::db::Db;
use domain::error::Error;
use domain::keys::Keys;
use domain::points::proof::seal::Sealer;
use domain::secret::{self, Misfit};
use domain::tx::Clock;

use crate::config::Config;

pub mod demo;
pub mod doctor;
pub mod import;
pub mod line;
pub mod migrate;
pub mod open_community;
pub mod outside;
pub mod rebuild_leaderboard;
pub mod reseal;
pub mod rotate_token_key;
pub mod schema;
pub mod serve;
pub mod verify;

/// Makes sure that these are the secrets of a database whose schema is up to date, and seals what was written in clear before it was sealed.
///
/// # Errors
/// A sentence for the operator.
pub async fn admit(config: &Config, db: &Db, keys: &Keys) -> Result<(), String> {
    if let Some(misfit) = secret::check(db, keys).await.map_err(|error| told(&error))? {
        return Err(misfit_told(config, misfit));
    }
    reseal::seal_clear(db, keys).await.map_err(|error| told(&error)).map(|_| ())
}

/// Why a program does not start with the secrets that it has.
fn misfit_told(config: &Config, misfit: Misfit) -> String {
    let kept = config.secret_file().filter(|_| config.secret.is_none());
    let put_back = match (misfit, kept) {
        (Misfit::Missing(_), _) => String::new(),
        (Misfit::Another(_), Some(file)) => format!(". Put the right one back into {}", file.display()),
        (Misfit::Another(number), None) => format!(
            ". Put the right one back into QICAI_SECRET; a new secret takes the next number, as QICAI_SECRET={}:HEX, and leaves the old one in \
             QICAI_OLD_SECRETS",
            u32::from(number) + 1
        ),
    };
    format!("the secret of {} does not fit: {misfit}{put_back}.", config.database_name())
}

/// Opens the program that the settings describe, by the machine's clock.
///
/// # Errors
/// A sentence for the operator.
pub async fn open(config: &Config) -> Result<App, String> {
    let keys = config.keys()?;
    let db = connect(config).await?;
    let redis = config.redis_url.as_deref().map(|url| (url, config.redis_prefix.as_str()));
    let app = App::assemble(db, Arc::new(keys), redis).map_err(|error| format!("Redis: {}", told(&error)))?;
    let sealer = Sealer::new(&app.keys, Duration::from_secs(config.seal_after.into()));
    outside::join(config, App { sealer: Arc::new(sealer), ..app })
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
    if let Some(source) = &error.source {
        return source.to_string();
    }
    let params = error.params.iter().map(|(name, value)| format!("{name} {value}"));
    let about: Vec<String> = error.field.iter().map(|field| (*field).to_owned()).chain(params).collect();
    if about.is_empty() { error.code.en().to_owned() } else { format!("{} ({})", error.code.en(), about.join(", ")) }
}

/// Opens the program, lets `work` look at it and prints what it found; `good` says whether that is well.
pub async fn report<R: Display>(config: &Config, work: impl AsyncFnOnce(&App) -> Result<R, Error>, good: impl FnOnce(&R) -> bool) -> ExitCode {
    let app = match open(config).await {
        Ok(app) => app,
        Err(reason) => return fail(reason),
    };
    match app.db.pending_migrations().await {
        Ok(0) => {}
        Ok(steps) => return fail(format!("the database is {steps} steps behind this program: run `qicai migrate` first")),
        Err(error) => return fail(told(&error)),
    }
    if let Err(reason) = admit(config, &app.db, &app.keys).await {
        return fail(reason);
    }
    match work(&app).await {
        Ok(found) => {
            println!("{found}");
            if good(&found) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => fail(told(&error)),
    }
}

/// Tells a fault and gives the exit code for it.
pub fn fail(reason: impl Display) -> ExitCode {
    eprintln!("qicai: {reason}");
    ExitCode::FAILURE
}
