//! Bringing the order in Redis up to date, family by family, with absolute values.

use std::collections::BTreeMap;

use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use super::order::{Away, Order};
use super::period::Period;
use super::{BoardKey, Metric, identity, rebuild};
use crate::db::{Db, sql, tuples};
use crate::error::{Code, Result};
use crate::lease::Lease;

/// Members brought up to date between two looks at the lease.
const ROWS: usize = 4_000;

/// How writing to Redis ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As it should.
    Done,
    /// Redis is away; what was to be written stays noted.
    Away,
    /// A later epoch has written, which the database does not know of, or the lease was lost.
    Fenced(i64),
}

impl From<Away> for Written {
    fn from(Away: Away) -> Self {
        Self::Away
    }
}

/// Brings Redis up to date under a lease. `first` is a holder's first call.
///
/// # Errors
/// `CONFLICT` when the lease was lost; when the database refuses.
pub async fn catch_up(db: &Db, order: &Order, lease: Lease, first: bool) -> Result<Written> {
    if order.is_resting() {
        return Ok(Written::Away);
    }
    let mark = mark(db, order, lease).await?;
    match claim(order, mark, lease, if first { "FIRST" } else { "AGAIN" }).await {
        Ok((1, _)) => {}
        Ok((0, _)) => {
            let built = rebuild::all(db, order, lease, mark, true).await?;
            if let Err(written) = built {
                return Ok(written);
            }
        }
        Ok((_, epoch)) => return Ok(Written::Fenced(epoch)),
        Err(Away) => return Ok(Written::Away),
    }
    push_dirty(db, order, lease, mark).await
}

/// Answers about a sentinel or a family: 1, 0 or -1, and an epoch.
pub(super) type Verdict = (i64, i64);

pub(super) async fn claim(order: &Order, mark: Uuid, lease: Lease, how: &str) -> Result<Verdict, Away> {
    let mut invocation = order.scripts().claim.prepare_invoke();
    invocation.key(order.sentinel_key()).arg(mark.simple().to_string()).arg(lease.epoch).arg(how);
    order.invoke(&invocation).await
}

async fn mark(db: &Db, order: &Order, lease: Lease) -> Result<Uuid> {
    if let Some(mark) = identity::find(db.reader()).await? {
        order.remember_mark(Some(mark));
        return Ok(mark);
    }
    let tx = db.begin().await?;
    if !lease.keep(&tx).await? {
        return Err(Code::Conflict.into());
    }
    let mark = identity::get(&tx).await?;
    tx.commit().await?;
    order.remember_mark(Some(mark));
    Ok(mark)
}

/// A member whose order is older than its total.
struct Dirty {
    board_id: i64,
    board: BoardKey,
    member_id: Uuid,
    points_score: i64,
    minutes_score: i64,
}

async fn push_dirty(db: &Db, order: &Order, lease: Lease, mark: Uuid) -> Result<Written> {
    loop {
        let dirty = read_dirty(db).await?;
        if dirty.is_empty() {
            return Ok(Written::Done);
        }
        let mut families: BTreeMap<String, Vec<&Dirty>> = BTreeMap::new();
        for row in &dirty {
            families.entry(order.meta_key(&row.board)).or_default().push(row);
        }
        for (meta, rows) in families {
            match push_family(order, lease, mark, &meta, &rows, db.now()).await {
                Ok((1, _)) => {}
                Ok((0, _)) => {
                    if let Err(written) = rebuild::family(db, order, lease, mark, &rows[0].board).await? {
                        return Ok(written);
                    }
                }
                Ok((_, epoch)) => return Ok(Written::Fenced(epoch)),
                Err(Away) => return Ok(Written::Away),
            }
        }
        let tx = db.begin().await?;
        if !lease.keep(&tx).await? {
            return Ok(Written::Fenced(lease.epoch));
        }
        for chunk in dirty.chunks(1_000) {
            let statement = format!("DELETE FROM leaderboard_dirty WHERE (board_id, member_id) IN (VALUES {})", tuples(chunk.len(), 2));
            let pairs: Vec<Value> = chunk.iter().flat_map(|row| [row.board_id.into(), row.member_id.into()]).collect();
            tx.connection.execute_raw(sql(&tx.connection, &statement, pairs)).await?;
        }
        tx.commit().await?;
        if dirty.len() < ROWS {
            return Ok(Written::Done);
        }
    }
}

async fn read_dirty(db: &Db) -> Result<Vec<Dirty>> {
    let statement = format!(
        "SELECT d.board_id, d.member_id, b.scope_id, b.colour, b.subject, b.period, b.period_key, \
         COALESCE(s.points_score, 0) AS points_score, COALESCE(s.minutes_score, 0) AS minutes_score \
         FROM leaderboard_dirty d JOIN leaderboard_board b ON b.id = d.board_id \
         LEFT JOIN leaderboard_score s ON s.board_id = d.board_id AND s.member_id = d.member_id ORDER BY d.board_id, d.member_id LIMIT {ROWS}"
    );
    let read = |row: &QueryResult| -> Result<Dirty> {
        Ok(Dirty {
            board_id: row.try_get("", "board_id")?,
            board: BoardKey::read(row)?,
            member_id: row.try_get("", "member_id")?,
            points_score: row.try_get("", "points_score")?,
            minutes_score: row.try_get("", "minutes_score")?,
        })
    };
    db.writer().query_all_raw(sql(db.writer(), &statement, [])).await?.iter().map(read).collect()
}

/// What is written to one sorted set.
struct Changes {
    keep: Keep,
    pairs: Vec<(i64, Uuid)>,
}

async fn push_family(order: &Order, lease: Lease, mark: Uuid, meta: &str, rows: &[&Dirty], now: UtcMicros) -> Result<Verdict, Away> {
    let mut sets: BTreeMap<String, Changes> = BTreeMap::new();
    for row in rows {
        let Some(keep) = keep_for(&row.board, now) else { continue };
        for (metric, score) in [(Metric::Points, row.points_score), (Metric::Minutes, row.minutes_score)] {
            sets.entry(order.set_key(&row.board, metric)).or_insert_with(|| Changes { keep, pairs: Vec::new() }).pairs.push((score, row.member_id));
        }
    }
    let mut invocation = order.scripts().push.prepare_invoke();
    invocation.key(meta).arg(mark.simple().to_string()).arg(lease.epoch);
    for (key, Changes { keep, pairs }) in &sets {
        invocation.key(key.as_str()).arg(keep.argument()).arg(pairs.len());
        for (score, member_id) in pairs {
            invocation.arg(if *score > 0 { score.to_string() } else { String::new() }).arg(member_id.as_bytes().as_slice());
        }
    }
    order.invoke(&invocation).await
}

/// How long Redis keeps a board from now on; counted from the program's clock, which Redis does not share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// For ever.
    Always,
    /// For so many seconds.
    Seconds(i64),
}

impl Keep {
    /// As the scripts take it: seconds, or nothing.
    pub(super) fn argument(self) -> String {
        match self {
            Self::Always => String::new(),
            Self::Seconds(seconds) => seconds.to_string(),
        }
    }
}

/// How long Redis keeps a board from now on; `None` when its time has passed.
pub(super) fn keep_for(board: &BoardKey, now: UtcMicros) -> Option<Keep> {
    let Some(until) = Period::of_key(board.period, board.period_key)?.kept_until() else { return Some(Keep::Always) };
    let seconds = until.seconds() - now.seconds();
    (seconds > 0).then_some(Keep::Seconds(seconds))
}

/// Takes the epoch that Redis has seen as past, and the mark away, so that everything is rebuilt: the database is older than Redis. `None` when the
/// lease was lost.
///
/// # Errors
/// When the database refuses.
pub async fn outgrow(db: &Db, lease: Lease, epoch: i64) -> Result<Option<Lease>> {
    let tx = db.begin().await?;
    let Some(lease) = lease.outgrow(&tx, epoch).await? else { return Ok(None) };
    identity::forget(&tx).await?;
    tx.commit().await?;
    Ok(Some(lease))
}
