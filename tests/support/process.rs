//! The program as a process of its own, as in production: started, killed, started again.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::app::SECRET;

/// A `qicai serve`.
pub struct Process {
    /// Where it listens, before and after a restart.
    pub address: SocketAddr,
    database_url: String,
    redis_url: Option<String>,
    settings: Vec<(String, String)>,
    child: Child,
}

impl Process {
    /// Starts the program on a database and waits until it listens.
    pub async fn start(database_url: &str, redis_url: Option<&str>) -> Self {
        Self::start_with(database_url, redis_url, &[]).await
    }

    /// The same with more settings, by the names of their variables.
    pub async fn start_with(database_url: &str, redis_url: Option<&str>, settings: &[(&str, &str)]) -> Self {
        let address = free_address();
        let settings: Vec<_> = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let child = spawn(address, database_url, redis_url, &settings);
        let process = Self { address, database_url: database_url.to_owned(), redis_url: redis_url.map(str::to_owned), settings, child };
        process.listening().await;
        process
    }

    /// Kills it without warning (SIGKILL).
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Tells it to stop (SIGTERM) and waits until it has; gives how it ended and how long that took.
    pub async fn terminate(&mut self) -> (ExitStatus, Duration) {
        let since = Instant::now();
        let told = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().expect("kill runs");
        assert!(told.success(), "it was told to stop");
        loop {
            if let Some(status) = self.child.try_wait().expect("waited for") {
                return (status, since.elapsed());
            }
            assert!(since.elapsed() < Duration::from_mins(1), "it does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Starts it again on the same address; gives how long it took until it listened.
    pub async fn restart(&mut self) -> Duration {
        let since = Instant::now();
        self.child = spawn(self.address, &self.database_url, self.redis_url.as_deref(), &self.settings);
        self.listening().await;
        since.elapsed()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    async fn listening(&self) {
        for _ in 0..2_000 {
            if TcpStream::connect(self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("qicai does not listen on {}", self.address);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port below the range of outgoing connections (a client that retries could otherwise connect to itself), given out once in this process.
#[must_use]
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 8_000).expect("small");
    loop {
        let port = 10_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return SocketAddr::from(([127, 0, 0, 1], port));
        }
    }
}

/// Runs `qicai serve` on a database with a secret or without; gives whether it ended well and what it told the operator.
///
/// # Panics
/// When it serves for ten seconds.
#[must_use]
pub fn refused(database_url: &str, secret: Option<&str>) -> (bool, String) {
    refused_with(database_url, &secret.map(|secret| ("QICAI_SECRET", secret)).into_iter().collect::<Vec<_>>())
}

/// The same with settings by the names of their variables.
///
/// # Panics
/// When it serves for ten seconds.
#[must_use]
pub fn refused_with(database_url: &str, settings: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(binary());
    command.args(["serve", "--listen", &free_address().to_string()]).env("DATABASE_URL", database_url).env_remove("QICAI_SECRET");
    command.envs(settings.iter().copied()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}; run `cargo build` first", binary().display()));
    let since = Instant::now();
    while child.try_wait().expect("waited for").is_none() {
        if since.elapsed() > Duration::from_secs(10) {
            let _ = child.kill();
            panic!("it serves");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().expect("what it told");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn spawn(address: SocketAddr, database_url: &str, redis_url: Option<&str>, settings: &[(String, String)]) -> Child {
    let secret = hex::encode(SECRET);
    let mut command = Command::new(binary());
    command
        .args(["serve", "--listen", &address.to_string()])
        .env("DATABASE_URL", database_url)
        .env("QICAI_SECRET", secret)
        // A load generator spends in a second what a person spends in a year.
        .env("QICAI_BUDGET", "1000000000")
        // Those who look at second factors ask for them.
        .env("QICAI_SECOND_FACTOR", "optional")
        .env_remove("REDIS_URL")
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(url) = redis_url {
        command.env("REDIS_URL", url);
    }
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}; run `cargo build` first", binary().display()))
}

/// The program, built beside the tests.
fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("the path of this test");
    let profile = here.parent().and_then(std::path::Path::parent).expect("target/PROFILE/deps");
    profile.join("qicai")
}
