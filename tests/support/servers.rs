//! Throw-away servers, started once for each test process by `tests/servers` and stopped by it when this process ends, however it ends.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// An empty directory that goes away with this process.
pub fn scratch() -> &'static Path {
    static GUARD: OnceLock<Guard> = OnceLock::new();
    &GUARD.get_or_init(|| Guard::start(&["scratch"])).dir
}

/// PostgreSQL and Redis.
pub fn servers() -> &'static Guard {
    static GUARD: OnceLock<Guard> = OnceLock::new();
    GUARD.get_or_init(|| Guard::start(&["all"]))
}

/// The running script; it stops its servers when the pipe to it closes.
pub struct Guard {
    /// Its directory.
    pub dir: PathBuf,
    /// URL of PostgreSQL's maintenance database.
    pub postgres: String,
    /// URL of Redis.
    pub redis: String,
    /// Holds the pipe.
    _process: Child,
}

impl Guard {
    /// Starts `tests/servers` with these arguments and waits until it is ready.
    #[must_use]
    #[expect(clippy::zombie_processes, reason = "the script ends after this process does")]
    pub fn start(what: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers");
        // A group of its own: Ctrl-C ends the tests, and the script then sees its input end and cleans up.
        let mut process = Command::new(&script)
            .args(what)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", script.display()));
        let mut told = Vec::new();
        for line in BufReader::new(process.stdout.take().expect("a pipe")).lines() {
            let line = line.expect("text");
            if line == "ready" {
                let value = |name: &str| told.iter().find_map(|line: &String| line.strip_prefix(name)).unwrap_or_default().to_owned();
                return Self { dir: value("dir=").into(), postgres: value("postgres="), redis: value("redis="), _process: process };
            }
            told.push(line);
        }
        panic!(
            "PostgreSQL 15 and redis-server are needed for this test; see the message of tests/servers above. `tests/run` installs or names them."
        );
    }
}
