//! Settings: flags of the command line, each with an environment variable of the same meaning.
//!
//! A flag wins over its variable, a variable over the default. Nothing else of the program reads the environment.

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use domain::keys::{self, Keys, Master};

/// The database of a program that was told of none.
pub const DATABASE_URL_DEFAULT: &str = "sqlite://qicai.db?mode=rwc";

/// Where and how the program runs.
#[derive(Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct Config {
    /// Address and port to serve on.
    #[arg(long, global = true, env = "QICAI_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8000")]
    pub listen: String,

    /// The database: `sqlite://FILE?mode=rwc` or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", default_value = DATABASE_URL_DEFAULT, hide_env_values = true)]
    pub database_url: String,

    /// Redis for the leaderboard's order: `redis://HOST:PORT`. Without it the leaderboard is answered from the database.
    #[arg(long, global = true, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    pub redis_url: Option<String>,

    /// Beginning of every key kept in Redis, so that several programs can share one.
    #[arg(long, global = true, env = "QICAI_REDIS_PREFIX", value_name = "WORD", default_value = "qicai:")]
    pub redis_prefix: String,

    /// Master secret, 64 hexadecimal digits, with a number before them from the second on, as `2:HEX`. Needed with PostgreSQL; with SQLite a file
    /// beside the database keeps one.
    #[arg(long, global = true, env = "QICAI_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub secret: Option<String>,

    /// Other secrets that sealed something here, as `1:HEX`, separated by commas; `qicai reseal` makes them superfluous.
    #[arg(long, global = true, env = "QICAI_OLD_SECRETS", value_name = "SECRETS", value_delimiter = ',', hide_env_values = true)]
    pub old_secrets: Vec<String>,

    /// Most connections to PostgreSQL that write, 1 to 1000; a quarter as many more only read.
    #[arg(long, global = true, env = "QICAI_DB_CONNECTIONS", value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub db_connections: u32,

    /// Threads that serve requests; as many as the machine has processors when left out.
    #[arg(long, global = true, env = "QICAI_WORKERS", value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,

    /// Development answers introspection and serves GraphiQL. Default: development on SQLite, production on PostgreSQL.
    #[arg(long, global = true, env = "QICAI_ENV", value_name = "MODE")]
    pub env: Option<Mode>,

    /// What one account, or one address without an account, may spend on requests in a minute, in points of cost.
    #[arg(long, global = true, env = "QICAI_BUDGET", value_name = "POINTS", default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub budget: u64,

    /// Most sockets and streams of events that one process keeps open, 1 to 1000000.
    #[arg(long, global = true, env = "QICAI_CONNECTIONS", value_name = "COUNT", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections: u32,

    /// How many balancers in front of the program append to X-Forwarded-For. With 0 the header is not believed.
    #[arg(long, global = true, env = "QICAI_PROXIES", value_name = "COUNT", default_value_t = 0)]
    pub proxies: u8,

    /// Origins whose pages may ask from a browser, as `https://panel.example.cn`, separated by commas. In development every page may.
    #[arg(long, global = true, env = "QICAI_ORIGINS", value_name = "ORIGINS", value_delimiter = ',')]
    pub origins: Vec<String>,

    /// What the addresses of this host begin with, as https://qicai.example.cn, for codes that are printed. Without it, what the request was sent to.
    #[arg(long, global = true, env = "QICAI_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Where pictures are kept: `off`, `dir:/PATH`, or `s3://BUCKET?endpoint=https://HOST&region=REGION&style=path` (or `host`). Default: with SQLite a
    /// directory `*.media` beside the database, with PostgreSQL nowhere.
    #[arg(long, global = true, env = "QICAI_MEDIA", value_name = "PLACE")]
    pub media: Option<String>,

    /// Access key of the bucket that --media names.
    #[arg(long, global = true, env = "QICAI_MEDIA_KEY", value_name = "KEY", requires = "media_secret", hide_env_values = true)]
    pub media_key: Option<String>,

    /// Secret of that key.
    #[arg(long, global = true, env = "QICAI_MEDIA_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub media_secret: Option<String>,

    /// Documents that clients were built with: a JSON object from SHA-256 to text, as graphql-codegen writes it.
    #[arg(long, global = true, env = "QICAI_DOCUMENTS", value_name = "FILE")]
    pub documents: Option<PathBuf>,

    /// Takes no documents but those of --documents.
    #[arg(long, global = true, env = "QICAI_ONLY_TRUSTED", requires = "documents")]
    pub only_trusted: bool,

    /// What a scraper of /metrics sends as its bearer token. Without one the page is shown in development alone.
    #[arg(long, global = true, env = "QICAI_METRICS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub metrics_token: Option<String>,

    /// How one-time codes reach phones: `off`, `log` (in development alone), or the address of a gateway that takes JSON by POST.
    /// Default: log in development, off in production.
    #[arg(long, global = true, env = "QICAI_SMS", value_name = "HOW", hide_env_values = true)]
    pub sms: Option<String>,

    /// What the gateway for text messages is sent as a bearer token.
    #[arg(long, global = true, env = "QICAI_SMS_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub sms_token: Option<String>,

    /// Whether reviewers and administrators need a second factor before they have set one up. Default: needed in production.
    #[arg(long, global = true, env = "QICAI_SECOND_FACTOR", value_name = "RULE")]
    pub second_factor: Option<SecondFactor>,

    /// App id of the WeChat mini-program. Without one nobody signs in by WeChat.
    #[arg(long, global = true, env = "QICAI_WECHAT_APP_ID", value_name = "ID", requires = "wechat_secret")]
    pub wechat_app_id: Option<String>,

    /// App secret of the WeChat mini-program.
    #[arg(long, global = true, env = "QICAI_WECHAT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub wechat_secret: Option<String>,

    /// Where WeChat is.
    #[arg(long, global = true, env = "QICAI_WECHAT_URL", value_name = "URL", default_value = "https://api.weixin.qq.com")]
    pub wechat_url: String,

    /// Templates of subscription messages: a JSON object from the kind of message to `{"id", "page", "fields": {"thing1": "title"}}`.
    #[arg(long, global = true, env = "QICAI_WECHAT_TEMPLATES", value_name = "FILE")]
    pub wechat_templates: Option<PathBuf>,

    /// Token with which WeChat signs its messages to /wechat/events.
    #[arg(long, global = true, env = "QICAI_WECHAT_WEBHOOK_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub wechat_webhook_token: Option<String>,

    /// Seconds that an operation of the ledger waits for others to be sealed with, 1 to 3600.
    #[arg(long, global = true, env = "QICAI_SEAL_AFTER", value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seal_after: u32,

    /// An OpenTelemetry collector that takes spans over HTTP, as `http://127.0.0.1:4318`; in programs built with the feature `telemetry`.
    #[arg(long, global = true, env = "QICAI_OTLP", value_name = "URL")]
    pub otlp: Option<String>,

    /// How much is logged: error, warn, info, debug or trace.
    #[arg(long, global = true, env = "QICAI_LOG", value_name = "LEVEL", default_value = "info")]
    pub log: tracing::Level,

    /// How log lines are written.
    #[arg(long, global = true, env = "QICAI_LOG_FORMAT", value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// For whom the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// For the people who build on it.
    Development,
    /// For the people who use it.
    Production,
}

/// Whether reviewers and administrators need a second factor before they have set one up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SecondFactor {
    /// Who has none does nothing as staff until one is set up.
    Required,
    /// Who has one shows it.
    Optional,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For reading.
    Text,
    /// One JSON object a line.
    Json,
}

impl fmt::Debug for Config {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Config").field("listen", &self.listen).field("env", &self.mode()).finish_non_exhaustive()
    }
}

impl Config {
    /// Whether the database is one file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.database_url.starts_with("sqlite:")
    }

    /// For whom the program runs.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.env.unwrap_or(if self.is_sqlite() { Mode::Development } else { Mode::Production })
    }

    /// The database without user, password and options, for people to read.
    #[must_use]
    pub fn database_name(&self) -> String {
        let plain = self.database_url.split('?').next().unwrap_or_default();
        match (plain.split_once("://"), plain.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://{rest}"),
            _ => plain.to_owned(),
        }
    }

    /// The file of a program on SQLite.
    #[must_use]
    pub fn database_file(&self) -> Option<&Path> {
        let rest = self.database_url.strip_prefix("sqlite:")?;
        let path = rest.strip_prefix("//").unwrap_or(rest).split('?').next()?;
        (!path.is_empty() && path != ":memory:").then(|| Path::new(path))
    }

    /// The file that keeps the master secret of a program on SQLite.
    #[must_use]
    pub fn secret_file(&self) -> Option<PathBuf> {
        self.database_file().map(|file| PathBuf::from(format!("{}.secret", file.display())))
    }

    /// The directory that keeps pictures of a program on `SQLite` that was told of no place.
    #[must_use]
    pub fn media_directory(&self) -> Option<PathBuf> {
        self.database_file().map(|file| PathBuf::from(format!("{}.media", file.display())))
    }

    /// The keys of the deployment. On SQLite the secret is made on first use.
    ///
    /// # Errors
    /// A sentence for the operator: no secret where one is needed, one of the wrong form, two of one number, or a file that cannot be read or written.
    pub fn keys(&self) -> Result<Keys, String> {
        let current = self.current_secret()?;
        let mut others = Vec::new();
        for text in self.old_secrets.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            others.push(read_secret(text).ok_or_else(|| format!("QICAI_OLD_SECRETS must be {SECRET_FORM}, separated by commas"))?);
        }
        let mut numbers: Vec<u8> = std::iter::once(&current).chain(&others).map(|master| master.number).collect();
        numbers.sort_unstable();
        if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            let twice = pair[0];
            return Err(format!("two secrets have the number {twice}: a new secret takes the next number, as in QICAI_SECRET={}:HEX", numbers.len()));
        }
        Ok(Keys::of(&current, &others))
    }

    fn current_secret(&self) -> Result<Master, String> {
        if let Some(text) = &self.secret {
            return read_secret(text.trim()).ok_or_else(|| format!("QICAI_SECRET must be {SECRET_FORM}; `openssl rand -hex 32` makes the digits"));
        }
        let Some(file) = self.secret_file() else {
            return Err("QICAI_SECRET is not set. With PostgreSQL every process of the deployment needs the same secret: 64 hexadecimal digits, \
                        for example from `openssl rand -hex 32`. Keep it; without it sealed phone numbers cannot be read again."
                .to_owned());
        };
        match std::fs::read_to_string(&file) {
            Ok(text) => read_secret(text.trim()).ok_or_else(|| format!("{} does not hold {SECRET_FORM}", file.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let secret = new_secret(&file).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
                Ok(Master { number: 1, secret })
            }
            Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
        }
    }
}

/// How a secret is written.
const SECRET_FORM: &str = "64 hexadecimal digits, or a number from 1 to 255, a colon and those";

/// Reads `HEX`, which is number 1, or `NUMBER:HEX`.
fn read_secret(text: &str) -> Option<Master> {
    let (number, digits) = text.split_once(':').unwrap_or(("1", text));
    let number = number.parse().ok().filter(|number| *number > 0)?;
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut secret = [0; 32];
    for (at, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).ok()?;
    }
    Some(Master { number, secret })
}

/// Makes a secret that only the owner of the file can read.
fn new_secret(file: &Path) -> io::Result<[u8; 32]> {
    let mut secret = [0; 32];
    keys::fill_random(&mut secret).map_err(|_| io::Error::other("the system has no randomness"))?;
    let text = secret.iter().fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(file)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::Config;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        config: Config,
    }

    fn config(url: &str) -> Config {
        Line::parse_from(["qicai", "--database-url", url]).config
    }

    #[test]
    fn the_secret_lies_beside_the_file_and_passwords_are_not_shown() {
        let sqlite = config("sqlite://data/qicai.db?mode=rwc");
        assert_eq!(sqlite.secret_file().expect("a file").to_string_lossy(), "data/qicai.db.secret");
        let postgres = config("postgres://someone:password@db.example:5432/qicai?sslmode=require");
        assert_eq!(postgres.secret_file(), None);
        assert_eq!(postgres.database_name(), "postgres://db.example:5432/qicai");
    }

    #[test]
    fn postgresql_without_a_secret_is_refused_with_a_reason() {
        let mut postgres = config("postgres://db.example/qicai");
        postgres.secret = None;
        assert!(postgres.keys().expect_err("refused").contains("QICAI_SECRET"));
        postgres.secret = Some("zz".repeat(32));
        assert!(postgres.keys().is_err());
        postgres.secret = Some("0f".repeat(32));
        assert!(postgres.keys().is_ok());
    }

    #[test]
    fn secrets_have_numbers_and_no_two_the_same() {
        let mut config = config("postgres://db.example/qicai");
        config.secret = Some(format!("2:{}", "0f".repeat(32)));
        config.old_secrets = vec!["0e".repeat(32)];
        assert_eq!(config.keys().expect("keys").numbers().collect::<Vec<_>>(), [2, 1], "bare digits are number 1");
        config.old_secrets.push(format!("2:{}", "0d".repeat(32)));
        assert!(config.keys().expect_err("refused").contains("number 2"));
        for bad in [format!("0:{}", "0e".repeat(32)), format!("256:{}", "0e".repeat(32)), "1:0e".to_owned()] {
            config.old_secrets = vec![bad];
            assert!(config.keys().expect_err("refused").contains("QICAI_OLD_SECRETS"));
        }
    }
}
