//! `qicai demo`: a year in 涂新社区, and a server to look at it.
//!
//! The story follows what the community says of itself: seven-colour teams, the service day on the 28th, the service month in March, points that
//! are redeemed, local units that look after grids and bring projects before a panel. It is told by the program's own verbs under a clock that is turned by hand, so nothing in it could not have happened through
//! the API; no result is inserted. The twelve whole months before the present one are told, so that there is always a present to go on from, and
//! the same month always gives the same story.
//!
//! On SQLite it is told into a file beside the final one, which takes its name when the story is whole: a demo that was stopped half-way starts
//! anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use domain::app::App;
use domain::community::tenant;
use domain::db::Db;
use domain::error::Result;
use domain::people::permission::Actor;
use domain::people::session;
use domain::tx::Clock;
use entity::id::{AccountId, ActivityId, ProjectId, TeamId};
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::ConnectionTrait;

use super::{fail, serve, told};
use crate::config::{Config, DATABASE_URL_DEFAULT};

mod cast;
mod co_building;
mod guide;
mod projects;
mod shop;
mod year;

/// Official code of 涂新社区, 金盆岭街道, 天心区, 长沙市.
pub const COMMUNITY_CODE: &str = "430103006005";
/// The password of every demo login.
const PASSWORD: &str = "qicai2026";
/// Where the demo is kept when no database is named.
const DATABASE_URL: &str = "sqlite://qicai-demo.db?mode=rwc";

/// The running story: the program under a turned clock, and who plays in it.
struct Story {
    app: App,
    first_month: BusinessDate,
    admin: Arc<Actor>,
    desk: Arc<Actor>,
    grid_worker: Arc<Actor>,
    liaison: Arc<Actor>,
    panel: Vec<Arc<Actor>>,
    projects: Vec<ProjectId>,
    teams: Vec<Team>,
}

/// A team with its leader and its people, the leader last.
struct Team {
    id: TeamId,
    activity: Option<ActivityId>,
    leader: Arc<Actor>,
    members: Vec<Arc<Actor>>,
}

/// Tells the story unless it has been told, then serves it.
pub async fn run(config: &Config, serve_after: bool) -> ExitCode {
    let mut config = config.clone();
    if config.database_url == DATABASE_URL_DEFAULT {
        DATABASE_URL.clone_into(&mut config.database_url);
    }
    if let Err(reason) = Box::pin(prepare(&config)).await {
        return fail(reason);
    }
    let app = match super::open(&config).await {
        Ok(app) => app,
        Err(reason) => return fail(reason),
    };
    if let Err(error) = app.db.migrate().await {
        return fail(format!("the schema could not be brought up to date: {}", told(&error)));
    }
    if let Err(error) = guide::print(&config, &app).await {
        return fail(format!("the demo cannot be read: {}", told(&error)));
    }
    if !serve_after {
        return ExitCode::SUCCESS;
    }
    match serve::serve(&config, app).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => fail(reason),
    }
}

/// Makes sure that the database holds the story.
async fn prepare(config: &Config) -> std::result::Result<(), String> {
    let file = config.database_file().map(Path::to_path_buf);
    if let Some(file) = &file
        && file.exists()
    {
        eprintln!("The demo is in {} already; remove the file to tell it anew.", file.display());
        return Ok(());
    }
    let building = file.as_deref().map(unfinished);
    let mut told_into = config.clone();
    if let Some(building) = &building {
        remove(building)?;
        told_into.database_url = format!("sqlite://{}?mode=rwc", building.display());
    }
    let keys = config.keys()?;
    let now = Clock::System.now();
    let db = Db::connect(&told_into.database_url, config.db_connections, Clock::manual(now)).await;
    let db = db.map_err(|error| format!("the database {} cannot be opened: {}", config.database_name(), told(&error)))?;
    db.migrate().await.map_err(|error| format!("the schema could not be made: {}", told(&error)))?;
    super::admit(config, &db, &keys).await?;
    let found = tenant::find_by_code(db.reader(), COMMUNITY_CODE).await.map_err(|error| told(&error))?;
    if found.is_some() {
        eprintln!("涂新社区 is in this database already; it is served as it is.");
        return db.close().await.map_err(|error| told(&error));
    }
    let redis = config.redis_url.as_deref().map(|url| (url, config.redis_prefix.as_str()));
    let app = App::assemble(db, Arc::new(keys), redis).map_err(|error| format!("Redis: {}", told(&error)))?;
    let began = Instant::now();
    let figures = tell(app.clone(), now).await.map_err(|error| format!("the story broke off: {:?} {}", error.code, told(&error)))?;
    eprintln!("{figures} in {:.1} s.", began.elapsed().as_secs_f64());
    if let (Some(file), Some(building)) = (file, building) {
        let checkpoint = app.db.writer().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await;
        checkpoint.map_err(|error| format!("the story cannot be written out: {error}"))?;
        app.db.close().await.map_err(|error| told(&error))?;
        fs::rename(&building, &file).map_err(|error| format!("{} cannot be named {}: {error}", building.display(), file.display()))?;
        return Ok(());
    }
    app.db.close().await.map_err(|error| told(&error))
}

fn unfinished(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// Removes what an interrupted telling left.
fn remove(file: &Path) -> std::result::Result<(), String> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(format!("{}: {error}", file.display())),
            _ => {}
        }
    }
    Ok(())
}

/// Tells the whole story; gives its figures in a sentence.
async fn tell(app: App, now: UtcMicros) -> Result<String> {
    let today = now.business_date();
    let first_month = BusinessDate((today.year() - 1) * 10_000 + today.month() * 100 + 1);
    eprintln!("Telling a year in 涂新社区, from {} on …", first_month.naive());
    let mut story = cast::assemble(app, first_month).await?;
    shop::open(&story).await?;
    for month in 0..12 {
        story.month(month).await?;
        eprint!("\r  month {} of 12", month + 1);
    }
    eprintln!();
    story.present(now).await?;
    story.turn_to(now).await?;
    guide::figures(&story.app).await
}

impl Story {
    /// The first day of a month of the story.
    fn first_of(&self, month: u32) -> BusinessDate {
        let last_before = self.first_month.end_of_month_after(month).month_key();
        BusinessDate(last_before * 100 + 1)
    }

    /// Turns the clock to `moment` and lets happen what follows by itself.
    async fn turn_to(&self, moment: UtcMicros) -> Result<()> {
        self.app.db.clock().set(moment);
        domain::due::due_work(&self.app).await?;
        domain::relay::Relay::new()?.drain(&self.app).await
    }
}

/// Signs somebody in without a password, as their own telephone would have done before.
async fn voice(app: &App, account_id: AccountId) -> Result<Arc<Actor>> {
    let tx = app.db.begin().await?;
    let started = session::start(&tx, account_id, "demo").await?;
    let now = tx.now;
    tx.commit().await?;
    let signed_in = app.sessions.sign_in(started, now)?;
    app.sessions.load(&app.db, account_id, signed_in.login_session_id).await.map_err(Into::into)
}

/// Numbers that look strewn but are the same each time: which member comes, who fetches, who cancels.
fn strewn(seed: u64) -> u64 {
    // SplitMix64: every seed gives another number, all bits in use.
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
