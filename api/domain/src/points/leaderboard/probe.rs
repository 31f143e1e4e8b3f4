//! How the Redis behind the order is: for the readiness probe and for the doctor.

use super::order::{Away, Order};

/// What a Redis says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Its version, such as `7.0.15`.
    pub version: String,
    /// What it does when its memory is full; only `noeviction` never drops a leaderboard.
    pub eviction: String,
    /// Whether it holds the order of some database under this program's prefix.
    pub filled: bool,
}

impl Order {
    /// Whether Redis answers.
    pub async fn answers(&self) -> bool {
        self.send::<(String,)>(redis::pipe().cmd("PING")).await.is_ok()
    }

    /// Asks Redis about itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn inspect(&self) -> Result<Inspected, Away> {
        let mut asked = redis::pipe();
        asked.cmd("INFO").arg("server").cmd("INFO").arg("memory").cmd("EXISTS").arg(self.sentinel_key());
        let (server, memory, filled): (String, String, bool) = self.send(&asked).await?;
        let line = |text: &str, name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
        Ok(Inspected { version: line(&server, "redis_version:"), eviction: line(&memory, "maxmemory_policy:"), filled })
    }
}
