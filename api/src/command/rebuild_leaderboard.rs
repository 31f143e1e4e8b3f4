//! `qicai rebuild-leaderboard`: makes the order in Redis anew from the totals, without a gap for readers.

use std::fmt;
use std::time::{Duration, Instant};

use domain::app::App;
use domain::error::Result;
use domain::points::leaderboard::rebuild::Rebuilt;
use domain::relay::Relay;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was written; none without Redis.
    pub rebuilt: Option<Rebuilt>,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rebuilt {
            None => write!(out, "there is no Redis in the settings; leaderboards are answered from the database and need no rebuilding"),
            Some(Rebuilt { families, boards, places }) => {
                write!(out, "rebuilt {boards} leaderboards of {families} scopes with {places} places in {:.1} s", self.took.as_secs_f64())
            }
        }
    }
}

/// Takes the relay over for as long as it takes and rebuilds; a running server takes it back afterwards.
///
/// # Errors
/// `UNAVAILABLE` when Redis is away; when the database cannot be read.
pub async fn run(app: &App) -> Result<Report> {
    let began = Instant::now();
    let rebuilt = Relay::new()?.rebuild(app).await?;
    Ok(Report { rebuilt, took: began.elapsed() })
}
