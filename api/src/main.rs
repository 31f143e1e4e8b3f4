//! `qicai`: parses the command line and calls one command.

use std::io::IsTerminal;
use std::process::ExitCode;

use api::command;
use api::config::{Config, LogFormat};
use clap::{Parser, Subcommand};

/// Qicai (七彩): volunteer points for communities, as a GraphQL server.
///
/// Without settings everything is kept in one SQLite file in the current directory. With DATABASE_URL set to a PostgreSQL database, REDIS_URL and
/// QICAI_SECRET the same program is the production server; any number of them may run side by side.
#[derive(Parser)]
#[command(name = "qicai", version, after_help = "Start here:  qicai serve    then open http://127.0.0.1:8000/graphql")]
struct Line {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
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
    /// Check the settings and what they name; say what is wrong, change nothing.
    #[command(
        after_help = "Example:  QICAI_SECRET=… qicai doctor --database-url postgres://qicai@db/qicai\nThe exit code is 1 when something is at fault."
    )]
    Doctor,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Line { command, config } = Line::parse();
    let log = tracing_subscriber::fmt()
        .with_max_level(config.log)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    match command {
        Command::Serve => command::serve::run(&config).await,
        Command::Migrate => command::migrate::run(&config).await,
        Command::Schema => command::schema::run(),
        Command::Doctor => command::doctor::run(&config).await,
    }
}
