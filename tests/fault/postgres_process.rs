//! PostgreSQL as something that can be killed, whole, and started again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use support::servers::Guard;
use tokio::net::TcpStream;

/// The cluster of throw-away servers.
pub struct PostgresProcess {
    data: PathBuf,
    arguments: Vec<String>,
    owner: Option<(u32, u32)>,
    port: u16,
    own: Option<Child>,
}

impl PostgresProcess {
    /// The running cluster of `servers`.
    pub fn find(servers: &Guard) -> Self {
        let data = servers.dir.join("postgres/data");
        let pid = postmaster(&data).expect("PostgreSQL runs");
        let line = fs::read(format!("/proc/{pid}/cmdline")).expect("its command line");
        let arguments =
            line.split(|byte| *byte == 0).filter(|part| !part.is_empty()).map(|part| String::from_utf8_lossy(part).into_owned()).collect();
        let port = servers.postgres.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).and_then(|port| port.parse().ok()).expect("a port");
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
        let id = |name: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .and_then(|ids| ids.split_whitespace().nth(1))
                .and_then(|id| id.parse::<u32>().ok())
        };
        let owner = id("Uid:").zip(id("Gid:")).filter(|(uid, _)| *uid != 0 && running_as_root());
        Self { data, arguments, owner, port, own: None }
    }

    /// Kills the server and every process it made (SIGKILL).
    pub fn kill(&mut self) {
        let postmaster = postmaster(&self.data).expect("PostgreSQL runs");
        let doomed: Vec<String> = children(postmaster).into_iter().chain([postmaster]).map(|pid| pid.to_string()).collect();
        assert!(Command::new("kill").arg("-9").args(&doomed).stderr(Stdio::null()).status().is_ok(), "killed");
        if let Some(mut child) = self.own.take() {
            child.wait().expect("gone");
        }
    }

    /// Starts it again; a killed cluster may need several tries until its shared memory is free.
    pub async fn start(&mut self) {
        for _ in 0..100 {
            let mut command = Command::new("setpriv");
            match self.owner {
                Some((uid, gid)) => command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".into(), "--".into()]),
                None => command.arg("--"),
            };
            let mut child = command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if child.try_wait().expect("asked").is_some() {
                    break;
                }
                if TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                    self.own = Some(child);
                    return;
                }
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("PostgreSQL does not come back");
    }
}

impl Drop for PostgresProcess {
    fn drop(&mut self) {
        if let Some(mut child) = self.own.take() {
            for pid in children(child.id()) {
                let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn running_as_root() -> bool {
    fs::read_to_string("/proc/self/status").is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")))
}

fn postmaster(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

fn children(parent: u32) -> Vec<u32> {
    let pids = fs::read_dir("/proc").expect("/proc").filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1).map(str::to_owned)) == Some(parent.to_string())
    };
    pids.filter(is_child).collect()
}
