//! Chaining: the rows of the audit log that have no link yet get one.
//!
//! A *pass* looks for lines and outcomes without a link, chain by chain, oldest first, [`TAKE`] of each at most. They are chosen by the absence of the
//! link, never by what comes after the last one, because ids are made before the commit and a late row would be passed over. As a rule a pass looks back
//! ten minutes; the first of a process, and one each hour, looks at everything.
//!
//! Invariant: two processes that chain at once make no fork and link nothing twice: a number is taken once, and what has a link is read after the head
//! was, so whatever was linked in between has taken the number.
//! Invariant: a process that dies half-way leaves nothing: the links of a pass to one chain are one transaction.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use entity::audit_link::{self, AuditPart};
use entity::id::AuditLineId;
use entity::time::UtcMicros;
use entity::{audit_checkpoint, audit_line, audit_outcome};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{HASH_LEN, chain_of, name_of, text};
use crate::db::{Db, sql};
use crate::error::Result;

/// Most lines, and most outcomes, of a pass.
pub const TAKE: usize = 2_000;
/// How far a pass looks back, in microseconds.
const LATE: i64 = 10 * UtcMicros::MINUTE;
/// How often a pass looks at everything, in microseconds.
const SWEEP: i64 = UtcMicros::HOUR;

const LINES: &str = "SELECT l.* FROM audit_line l WHERE l.id >= $1 AND NOT EXISTS \
                     (SELECT 1 FROM audit_link k WHERE k.line_id = l.id AND k.part = 'BEGUN' AND k.line_id >= $1) ORDER BY l.id LIMIT $2";
const OUTCOMES: &str = "SELECT o.* FROM audit_outcome o WHERE o.line_id >= $1 AND NOT EXISTS \
                        (SELECT 1 FROM audit_link k WHERE k.line_id = o.line_id AND k.part = 'ENDED' AND k.line_id >= $1) ORDER BY o.line_id LIMIT $2";

/// Chains; one for each process.
#[derive(Debug, Default)]
pub struct Chainer {
    /// When everything was last looked at, and nothing left.
    swept_at: Mutex<Option<UtcMicros>>,
}

/// A row without a link.
enum Waiting {
    Line(audit_line::Model),
    Outcome(audit_outcome::Model),
}

/// The last link of a chain, or what its checkpoint kept of it.
pub(in crate::insight) struct Head {
    pub(in crate::insight) number: i64,
    pub(in crate::insight) hash: Vec<u8>,
}

impl Waiting {
    fn key(&self) -> (AuditLineId, AuditPart) {
        match self {
            Self::Line(row) => (row.id, AuditPart::Begun),
            Self::Outcome(row) => (row.line_id, AuditPart::Ended),
        }
    }

    fn chain(&self) -> Uuid {
        match self {
            Self::Line(row) => chain_of(row.community_id),
            Self::Outcome(row) => chain_of(row.community_id),
        }
    }

    fn moment(&self) -> UtcMicros {
        match self {
            Self::Line(row) => row.begun_at,
            Self::Outcome(row) => row.ended_at,
        }
    }

    fn text(&self, number: i64, previous: &[u8]) -> Result<String> {
        match self {
            Self::Line(row) => text::line(row, number, previous),
            Self::Outcome(row) => text::outcome(row, number, previous),
        }
    }
}

impl Chainer {
    /// Links what has no link; gives how many rows.
    ///
    /// # Errors
    /// When the database refuses; what was not linked waits for the next pass.
    pub async fn pass(&self, db: &Db) -> Result<usize> {
        let now = db.now();
        let swept_at = *self.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
        let sweeps = swept_at.is_none_or(|at| at.plus(SWEEP) <= now);
        let floor = if sweeps { AuditLineId(Uuid::nil()) } else { AuditLineId::first_of(now.plus(-LATE)) };
        let (waiting, all) = waiting(db, floor).await?;
        let mut done = 0;
        for (chain, rows) in waiting {
            done += link(db, chain, rows).await?;
        }
        if sweeps || !all {
            *self.swept_at.lock().unwrap_or_else(PoisonError::into_inner) = all.then_some(now);
        }
        Ok(done)
    }
}

/// The rows from `floor` on that have no link, chain by chain as they happened; and whether these are all.
async fn waiting(db: &Db, floor: AuditLineId) -> Result<(BTreeMap<Uuid, Vec<Waiting>>, bool)> {
    let limit = i64::try_from(TAKE).unwrap_or(i64::MAX);
    let values = || [floor.into(), limit.into()];
    // Outcomes first: one that is read has its line among those that are read after it, or linked.
    let outcomes = audit_outcome::Entity::find().from_raw_sql(sql(db.reader(), OUTCOMES, values())).all(db.reader()).await?;
    let lines = audit_line::Entity::find().from_raw_sql(sql(db.reader(), LINES, values())).all(db.reader()).await?;
    let all = lines.len() < TAKE && outcomes.len() < TAKE;
    let mut waiting: BTreeMap<Uuid, Vec<Waiting>> = BTreeMap::new();
    for row in lines.into_iter().map(Waiting::Line).chain(outcomes.into_iter().map(Waiting::Outcome)) {
        waiting.entry(row.chain()).or_default().push(row);
    }
    for rows in waiting.values_mut() {
        // Lines stand before outcomes already, and stay there at the same moment.
        rows.sort_by_key(Waiting::moment);
    }
    Ok((waiting, all))
}

/// Links rows to a chain; gives how many, none when another process was first.
async fn link(db: &Db, chain: Uuid, rows: Vec<Waiting>) -> Result<usize> {
    let Head { mut number, mut hash } = head(db.reader(), chain).await?;
    // After the head: see the invariants.
    let linked = linked(db, &rows).await?;
    let mut links = Vec::with_capacity(rows.len());
    for row in rows.iter().filter(|row| !linked.contains(&row.key())) {
        number += 1;
        hash = text::hash(&row.text(number, &hash)?);
        let (line_id, part) = row.key();
        links.push(audit_link::Model { chain, number, line_id, part, hash: hash.clone() }.into_active_model());
    }
    if links.is_empty() {
        return Ok(0);
    }
    let (tx, count) = (db.begin().await?, links.len());
    match tx.insert_all(links, None).await {
        Ok(_) => tx.commit().await?,
        Err(error) if crate::db::refused_by(&error).is_some() => return Ok(0),
        Err(error) => return Err(error.into()),
    }
    // The head leaves the database here: whoever keeps the log can hold the chain against it.
    tracing::info!(chain = name_of(chain), number, hash = hex::encode(&hash), size = count, "the audit log was chained");
    Ok(count)
}

/// Which of these rows have a link.
async fn linked(db: &Db, rows: &[Waiting]) -> Result<HashSet<(AuditLineId, AuditPart)>> {
    let mut found = HashSet::new();
    for some in rows.chunks(1_000) {
        let ids = some.iter().map(|row| row.key().0);
        let links = audit_link::Entity::find().filter(audit_link::Column::LineId.is_in(ids)).all(db.reader()).await?;
        found.extend(links.into_iter().map(|link| (link.line_id, link.part)));
    }
    Ok(found)
}

/// Where a chain ends.
async fn head(connection: &impl ConnectionTrait, chain: Uuid) -> Result<Head> {
    let last = audit_link::Entity::find().filter(audit_link::Column::Chain.eq(chain)).order_by_desc(audit_link::Column::Number);
    match last.one(connection).await? {
        Some(link) => Ok(Head { number: link.number, hash: link.hash }),
        None => begins(connection, chain).await,
    }
}

/// Before where the kept part of a chain begins.
pub(in crate::insight) async fn begins(connection: &impl ConnectionTrait, chain: Uuid) -> Result<Head> {
    let last = audit_checkpoint::Entity::find().filter(audit_checkpoint::Column::Chain.eq(chain)).order_by_desc(audit_checkpoint::Column::Number);
    let last = last.one(connection).await?;
    Ok(last.map_or_else(|| Head { number: 0, hash: vec![0; HASH_LEN] }, |row| Head { number: row.number, hash: row.hash }))
}
