//! `qicai doctor`: says what is wrong with a configuration, and changes nothing.
//!
//! Each check is a line: well, not in use, or at fault with what to do about it. One fault makes the exit code 1.

use std::net::{TcpListener, ToSocketAddrs};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::db::{Db, sql};
use domain::link::Link;
use domain::outbox;
use domain::points::leaderboard::Order;
use domain::points::leaderboard::probe::Inspected;
use domain::secret;
use domain::tx::Clock;
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, DbBackend};

use super::outside::{self, Carrier};
use super::{connect, reseal, told};
use crate::config::Config;

/// Difference between the clocks of this machine and of the database that is still healthy.
const CLOCK_DRIFT_MAX: i64 = 2 * UtcMicros::SECOND;
/// Longest wait for anything that is checked.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a check found.
enum Found {
    Well(String),
    Unused(String),
    Fault(String),
}

use Found::{Fault, Unused, Well};

impl From<Result<String, String>> for Found {
    fn from(result: Result<String, String>) -> Self {
        result.map_or_else(Fault, Well)
    }
}

/// Checks everything the settings name and prints a line for each.
pub async fn run(config: &Config) -> ExitCode {
    let mut found = vec![("listen", listen(config).into()), ("secret", secret(config)), ("secret file", secret_file(config))];
    found.extend(database(config).await);
    found.push(("redis", redis(config).await));
    found.push(("codes", codes(config)));
    found.push(("wechat", wechat(config)));
    found.push(("media", media(config).await));
    let mut faults = 0;
    for (what, finding) in &found {
        let (sign, text) = match finding {
            Well(text) => ("ok", text),
            Unused(text) => ("-", text),
            Fault(text) => {
                faults += 1;
                ("FAULT", text)
            }
        };
        println!("{sign:<6} {what:<12} {text}");
    }
    println!("{}", if faults == 0 { "all is well".to_owned() } else { format!("{faults} to be put right") });
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How one-time codes reach phones.
fn codes(config: &Config) -> Found {
    match outside::carrier(config) {
        Ok(Carrier::Off) => Unused("nobody registers or signs in by a one-time code; QICAI_SMS names a gateway".to_owned()),
        Ok(Carrier::Log) => Well("written into the log, for development".to_owned()),
        Ok(Carrier::Gateway(_)) => Well("by a gateway".to_owned()),
        Err(reason) => Fault(reason),
    }
}

fn wechat(config: &Config) -> Found {
    match outside::wechat(config) {
        Ok(None) => Unused("there is no mini-program in the settings".to_owned()),
        Ok(Some(wechat)) => Well(format!("mini-program {} with {} templates", wechat.app_id, wechat.templates.len())),
        Err(reason) => Fault(reason),
    }
}

async fn media(config: &Config) -> Found {
    match outside::store(config) {
        Ok(None) => Unused("no pictures are taken; QICAI_MEDIA names a place".to_owned()),
        Ok(Some(store)) => tokio::time::timeout(PATIENCE, store.inspect()).await.unwrap_or_else(|_| Err("no answer".to_owned())).into(),
        Err(reason) => Fault(reason),
    }
}

async fn database(config: &Config) -> Vec<(&'static str, Found)> {
    if let Some(file) = config.database_file().filter(|file| !file.exists()) {
        return vec![("database", Unused(format!("{} will be made when the server first starts", file.display())))];
    }
    match tokio::time::timeout(PATIENCE, connect(config)).await.unwrap_or_else(|_| Err("no answer".to_owned())) {
        Ok(db) => vec![
            ("database", version(&db).await.into()),
            ("schema", schema(&db).await.into()),
            ("writing", write(&db).await.into()),
            ("clock", clock(&db).await),
            ("events", events(&db).await),
            ("old secrets", old_secrets(config, &db).await),
        ],
        Err(reason) => vec![("database", Fault(reason))],
    }
}

fn listen(config: &Config) -> Result<String, String> {
    let addresses = config.listen.to_socket_addrs().map_err(|error| format!("{} is not an address: {error}", config.listen))?;
    for address in addresses {
        TcpListener::bind(address).map_err(|error| format!("{address}: {error}; stop what listens there or set QICAI_LISTEN"))?;
    }
    Ok(format!("{} is free", config.listen))
}

fn secret(config: &Config) -> Found {
    match (&config.secret, config.secret_file()) {
        (None, Some(file)) if !file.exists() => Unused(format!("{} will be made when the server first starts", file.display())),
        _ => config.keys().map(|_| "readable, 32 bytes".to_owned()).into(),
    }
}

fn secret_file(config: &Config) -> Found {
    let Some(file) = config.secret_file().filter(|file| config.secret.is_none() && file.exists()) else { return Unused("none".to_owned()) };
    #[cfg(unix)]
    if let Ok(facts) = std::fs::metadata(&file) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o777;
        if mode & 0o077 != 0 {
            return Fault(format!("others may read {0} (mode {mode:o}): chmod 600 {0}", file.display()));
        }
    }
    Well(format!("only its owner may read {}", file.display()))
}

async fn version(db: &Db) -> Result<String, String> {
    let version = db.version().await.map_err(|error| told(&error))?;
    let major = version.split(['.', ' ']).next().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    match db.backend() {
        DbBackend::Postgres if major < 15 => Err(format!("PostgreSQL {version} is too old: 15 or newer is needed")),
        DbBackend::Postgres => Ok(format!("PostgreSQL {version}")),
        _ => Ok(format!("SQLite {version}")),
    }
}

async fn schema(db: &Db) -> Result<String, String> {
    match db.pending_migrations().await.map_err(|error| told(&error))? {
        0 => Ok("up to date".to_owned()),
        steps => Err(format!("{steps} steps behind: run `qicai migrate`, or start the server, which does the same")),
    }
}

/// Makes a table and takes it back with the transaction.
async fn write(db: &Db) -> Result<String, String> {
    let tx = db.begin().await.map_err(|error| told(&error))?;
    tx.connection.execute_unprepared("CREATE TABLE qicai_doctor (number INTEGER)").await.map_err(|error| error.to_string())?;
    let insert = sql(&tx.connection, "INSERT INTO qicai_doctor (number) VALUES ($1)", [1.into()]);
    tx.connection.execute_raw(insert).await.map_err(|error| error.to_string())?;
    tx.connection.rollback().await.map_err(|error| error.to_string())?;
    Ok("a table was made, written and rolled back".to_owned())
}

async fn clock(db: &Db) -> Found {
    let its = match db.server_time().await {
        Ok(Some(time)) => time,
        Ok(None) => return Unused("the database has no clock of its own".to_owned()),
        Err(error) => return Fault(told(&error)),
    };
    let drift = Clock::System.now().0 - its.0;
    let text = format!("{} ms apart from the database", drift / 1_000);
    if drift.abs() > CLOCK_DRIFT_MAX { Fault(format!("{text}: set both machines by the same time server")) } else { Well(text) }
}

/// Facts that the relay waits with.
async fn events(db: &Db) -> Found {
    match outbox::set_aside(db.reader()).await {
        Ok(0) => Well("every event can be read".to_owned()),
        Ok(count) => Fault(format!("{count} events of another program version are set aside: bring every process to the newest version")),
        Err(_) => Unused("the schema has to come first".to_owned()),
    }
}

/// Whether the secrets fit, and how much still needs one that is to be dropped.
async fn old_secrets(config: &Config, db: &Db) -> Found {
    let Ok(keys) = config.keys() else { return Unused("the secret has to come first".to_owned()) };
    match secret::compare(db.reader(), &keys).await {
        Ok(None) => {}
        Ok(Some(misfit)) => return Fault(misfit.to_string()),
        Err(_) => return Unused("the schema has to come first".to_owned()),
    }
    match reseal::left(db.reader(), &keys).await {
        Ok(left) if left.is_empty() => Well(format!("none is needed beside number {}", keys.number())),
        Ok(left) => Well(format!("{}: `qicai reseal` brings them under number {}", reseal::told(&left), keys.number())),
        Err(error) => Fault(told(&error)),
    }
}

async fn redis(config: &Config) -> Found {
    let Some(url) = &config.redis_url else { return Unused("not in use: leaderboards are answered from the database".to_owned()) };
    let order = match Link::open(url, &config.redis_prefix) {
        Ok(link) => Order::new(Arc::new(link)),
        Err(error) => return Fault(format!("REDIS_URL cannot be read: {}", told(&error))),
    };
    match tokio::time::timeout(PATIENCE, order.inspect()).await {
        Ok(Ok(Inspected { version, eviction, .. })) if eviction != "noeviction" => {
            Fault(format!("Redis {version} drops keys when its memory is full ({eviction}): set maxmemory-policy noeviction"))
        }
        Ok(Ok(Inspected { version, filled: true, .. })) => Well(format!("Redis {version} holds leaderboards")),
        Ok(Ok(Inspected { version, filled: false, .. })) => Well(format!("Redis {version}, still empty: the server fills it when it runs")),
        _ => Fault("no answer: leaderboards would be answered from the database, slower".to_owned()),
    }
}
