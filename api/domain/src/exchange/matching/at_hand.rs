//! Markets kept at hand: the helpers and needs of a large community, read a little while ago.
//!
//! Reading a hundred thousand volunteers takes a second, and a suggestion may take ten milliseconds. So the market of a large community is kept and
//! read anew behind the answers, for less than a hundredth of the time: whoever is new is suggested some minutes later. What it says is a first guess:
//! who shows a pair looks at its rows again
//! ([`crate::exchange::suggestion`]). A small community is read anew for every question.
//!
//! Invariant: nothing that is kept here is needed; a process without it answers the same, later.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use entity::id::CommunityId;
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::load::{self, Loaded};
use crate::db::{Db, sql};
use crate::error::Result;

/// Volunteers from which on a market is kept.
const LARGE: i64 = 2_000;
/// Helpers of all markets together that are kept.
const HELPERS_MAX: u64 = 1_000_000;
/// Times as long as reading it took that a market is not read again.
const REST: i64 = 120;
/// Shortest rest, in microseconds.
const REST_MIN: i64 = 5 * UtcMicros::SECOND;
/// Age at which a market is not shown any more, in microseconds.
const AGE_MAX: i64 = 10 * UtcMicros::MINUTE;

/// A market and how long reading it took, in microseconds.
struct Kept {
    loaded: Arc<Loaded>,
    took: i64,
}

/// The markets of this process.
pub struct Markets {
    kept: moka::sync::Cache<CommunityId, Arc<Kept>>,
    /// Held while a large market is read: one at a time.
    reading: tokio::sync::Mutex<()>,
    /// Whether one is being read behind the answers.
    behind: AtomicBool,
}

impl Default for Markets {
    fn default() -> Self {
        let weigh = |_: &CommunityId, kept: &Arc<Kept>| super::number(kept.loaded.helpers.len());
        let kept = moka::sync::Cache::builder().weigher(weigh).max_capacity(HELPERS_MAX).build();
        Self { kept, reading: tokio::sync::Mutex::default(), behind: AtomicBool::new(false) }
    }
}

impl Markets {
    /// The market of a community: of a large one as it was a little while ago, of a small one as it is.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(self: &Arc<Self>, db: &Db, community_id: CommunityId, now: UtcMicros) -> Result<Arc<Loaded>> {
        if let Some(kept) = self.usable(community_id, now) {
            let rest = kept.took.saturating_mul(REST).max(REST_MIN);
            if now.0 - kept.loaded.frame.now.0 > rest && !self.behind.swap(true, Ordering::AcqRel) {
                let (own, connection) = (Arc::clone(self), db.aside().clone());
                tokio::spawn(async move {
                    if let Err(error) = own.read(&connection, community_id, now).await {
                        tracing::warn!(code = error.code.text(), "a market could not be read anew");
                    }
                    own.behind.store(false, Ordering::Release);
                });
            }
            return Ok(Arc::clone(&kept.loaded));
        }
        let connection = db.reader();
        if !is_large(connection, community_id).await? {
            return Ok(Arc::new(load::community(connection, community_id, now).await?));
        }
        let _turn = self.reading.lock().await;
        // Somebody else may have read it while this one waited.
        match self.usable(community_id, now) {
            Some(kept) => Ok(Arc::clone(&kept.loaded)),
            None => self.read(connection, community_id, now).await,
        }
    }

    /// Forgets what is kept of a community.
    pub fn forget(&self, community_id: CommunityId) {
        self.kept.invalidate(&community_id);
    }

    /// What is kept, unless it is of another day or too old.
    fn usable(&self, community_id: CommunityId, now: UtcMicros) -> Option<Arc<Kept>> {
        let kept = self.kept.get(&community_id)?;
        let read_at = kept.loaded.frame.now;
        ((0..AGE_MAX).contains(&(now.0 - read_at.0)) && read_at.business_date() == now.business_date()).then_some(kept)
    }

    async fn read(&self, connection: &DatabaseConnection, community_id: CommunityId, now: UtcMicros) -> Result<Arc<Loaded>> {
        let began = Instant::now();
        let loaded = Arc::new(load::community(connection, community_id, now).await?);
        let took = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
        self.kept.insert(community_id, Arc::new(Kept { loaded: Arc::clone(&loaded), took }));
        Ok(loaded)
    }
}

/// Whether a community has many volunteers who said what they can do.
async fn is_large(connection: &DatabaseConnection, community_id: CommunityId) -> Result<bool> {
    let text = format!("SELECT COUNT(*) AS n FROM (SELECT 1 FROM volunteer_supply WHERE community_id = $1 LIMIT {LARGE}) AS first");
    let row = connection.query_one_raw(sql(connection, &text, [community_id.into()])).await?;
    let count: i64 = row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or_default();
    Ok(count >= LARGE)
}
