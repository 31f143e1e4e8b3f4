//! The command line of `qicai`: what may be asked of the program, and the call of one command.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::community::tenant::Opening;

use crate::command;
use crate::command::import::{self, Kind};
use crate::command::verify::Report;
use crate::config::Config;
use crate::telemetry;

/// Qicai (七彩): volunteer points for communities, as a GraphQL server.
///
/// Without settings everything is kept in one SQLite file in the current directory. With `DATABASE_URL` set to a PostgreSQL database, `REDIS_URL`
/// and `QICAI_SECRET` the same program is the production server; any number of them may run side by side.
#[derive(Parser)]
#[command(name = "qicai", version, after_help = "Start here:  qicai demo    then open http://127.0.0.1:8000/graphql")]
struct Line {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Tell a year in a community of seven-colour teams into a database of its own, then serve it.
    ///
    /// Kept in qicai-demo.db unless a database is named; told once, served from then on. Prints addresses, logins and operations to try.
    #[command(after_help = "Example:  qicai demo    then open http://127.0.0.1:8000/graphql")]
    Demo {
        /// Only tell the story and end.
        #[arg(long)]
        no_serve: bool,
    },
    /// Serve the GraphQL API until told to stop.
    ///
    /// The schema of the database is brought up to date first. SIGTERM or Ctrl-C lets running requests finish.
    #[command(after_help = "Example:  qicai serve --listen 0.0.0.0:8000 --database-url postgres://qicai@db/qicai --redis-url redis://cache")]
    Serve,
    /// Bring the schema of the database up to date, and end.
    #[command(after_help = "Example:  qicai migrate --database-url postgres://qicai@db/qicai")]
    Migrate,
    /// Print the GraphQL schema as sorted SDL.
    #[command(after_help = "Example:  qicai schema > schema.graphql")]
    Schema,
    /// Take regions, teams or volunteers from a CSV file, all rows or none.
    ///
    /// Every row is checked and each fault is named by row and column. Teams and volunteers go into an open community.
    #[command(
        after_help = "Examples:  qicai import regions regions.csv --dry-run\n           qicai import volunteers people.csv --community 430103006005"
    )]
    Import {
        /// What the file holds.
        kind: Kind,
        /// The file: CSV in UTF-8 with a header.
        file: PathBuf,
        /// Official code of the community, 12 digits; for everything but regions.
        #[arg(long, value_name = "CODE")]
        community: Option<String>,
        /// Year of the official list of regions; this year when left out.
        #[arg(long, value_name = "YEAR")]
        edition: Option<i32>,
        /// Check everything and take nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Open a community, with its word lists, its points policy and its first administrator.
    ///
    /// Its place must have been imported. The administrator's password is read from standard input.
    #[command(after_help = "Example:  qicai open-community --code 430103006005 --admin-phone 13800000000 --levels 街道,社区,片区,网格,楼栋")]
    OpenCommunity {
        /// Official code of its place, 12 digits.
        #[arg(long)]
        code: String,
        /// Phone of the first administrator, 11 digits.
        #[arg(long, value_name = "PHONE")]
        admin_phone: String,
        /// Its name; the one of its place when left out.
        #[arg(long)]
        name: Option<String>,
        /// What it calls its levels, the street first; the usual four when left out.
        #[arg(long, value_name = "LABELS", value_delimiter = ',')]
        levels: Vec<String>,
    },
    /// Recompute every balance, total and rank from the rows and compare.
    ///
    /// The exit code is 1 when anything differs.
    #[command(after_help = "Example:  qicai verify --database-url postgres://qicai@db/qicai --redis-url redis://cache")]
    Verify,
    /// Make the leaderboards in Redis anew from the database, while the servers go on.
    #[command(after_help = "Example:  qicai rebuild-leaderboard --database-url postgres://qicai@db/qicai --redis-url redis://cache")]
    RebuildLeaderboard,
    /// Let access tokens be signed by a new key a minute from now; tokens of the old one hold until they run out.
    ///
    /// The servers do so by themselves every ninety days.
    #[command(after_help = "Example:  qicai rotate-token-key --database-url postgres://qicai@db/qicai")]
    RotateTokenKey,
    /// Bring everything that is sealed, and every hash by which it is found, under the secret of QICAI_SECRET, while the servers go on.
    ///
    /// Afterwards the secrets of QICAI_OLD_SECRETS may be dropped. Interrupted, it is run again and goes on; run twice, it changes nothing.
    #[command(after_help = "Example:  QICAI_SECRET=2:… QICAI_OLD_SECRETS=1:… qicai reseal --database-url postgres://qicai@db/qicai")]
    Reseal,
    /// Check the settings and what they name; say what is wrong, change nothing.
    #[command(
        after_help = "Example:  QICAI_SECRET=… qicai doctor --database-url postgres://qicai@db/qicai\nThe exit code is 1 when something is at fault."
    )]
    Doctor,
}

/// Parses the command line and runs what it asks for, on a runtime of its own.
#[must_use]
pub fn run() -> ExitCode {
    let Line { command, config } = Line::parse();
    // Kept to the end, so that the last spans are sent.
    let _telemetry = match telemetry::begin(&config) {
        Ok(telemetry) => telemetry,
        Err(reason) => return command::fail(reason),
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(obey(command, &config)),
        Err(error) => command::fail(error),
    }
}

/// Calls the one command.
async fn obey(command: Command, config: &Config) -> ExitCode {
    match command {
        Command::Demo { no_serve } => Box::pin(command::demo::run(config, !no_serve)).await,
        Command::Serve => command::serve::run(config).await,
        Command::Migrate => command::migrate::run(config).await,
        Command::Schema => command::schema::run(),
        Command::Import { kind, file, community, edition, dry_run } => {
            let order = import::Order { kind, file: &file, community: community.as_deref(), edition, dry_run };
            import::run(config, order).await
        }
        Command::OpenCommunity { code, admin_phone, name, levels } => {
            let opening = Opening { region_code: code, name, labels: levels };
            command::open_community::run_asking(config, opening, admin_phone).await
        }
        Command::Verify => command::report(config, command::verify::run, Report::is_clean).await,
        Command::RebuildLeaderboard => command::report(config, command::rebuild_leaderboard::run, |_| true).await,
        Command::RotateTokenKey => command::report(config, command::rotate_token_key::run, |_| true).await,
        Command::Reseal => command::report(config, command::reseal::run, command::reseal::Report::is_done).await,
        Command::Doctor => command::doctor::run(config).await,
    }
}
