//! Comparing the order in Redis with the totals, place by place.

use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::order::Order;
use super::push::keep_for;
use super::{BoardKey, Metric, identity};
use crate::db::{Db, sql};
use crate::error::Result;

/// Places compared at once.
const ROWS: usize = 2_000;
/// Differences kept.
const KEPT: usize = 100;

/// A place that differs; -1 where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misplaced {
    /// The sorted set.
    pub set: String,
    /// The place, 1 for the first.
    pub place: usize,
    /// The score that belongs there.
    pub expected: i64,
    /// The score that stands there, or the same when it is another member's.
    pub found: i64,
}

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Places compared.
    pub places: i64,
    /// Places that differ.
    pub differences: i64,
    /// Some of them.
    pub first: Vec<Misplaced>,
}

/// Compares every board that Redis keeps. Families that do not carry the database's mark are not believed by readers and left out. `None` when Redis
/// is away.
///
/// # Errors
/// When the database cannot be read.
pub async fn compare(db: &Db, order: &Order) -> Result<Option<Audit>> {
    let mut audit = Audit::default();
    let Some(mark) = identity::find(db.reader()).await? else { return Ok(Some(audit)) };
    let mark = mark.simple().to_string();
    let mut after = 0_i64;
    loop {
        let statement = "SELECT id, scope_id, colour, subject, period, period_key FROM leaderboard_board WHERE id > $1 ORDER BY id LIMIT 500";
        let boards = db.reader().query_all_raw(sql(db.reader(), statement, [after.into()])).await?;
        for row in &boards {
            after = row.try_get("", "id")?;
            let board = BoardKey::read(row)?;
            // What ends within the day may leave Redis while it is compared.
            if keep_for(&board, db.now().plus(entity::time::UtcMicros::DAY)).is_none() {
                continue;
            }
            let mut trusted = redis::pipe();
            trusted.cmd("HGET").arg(order.meta_key(&board)).arg("mark");
            let Ok((held,)) = order.send::<(Option<String>,)>(&trusted).await else { return Ok(None) };
            if held.as_deref() != Some(mark.as_str()) {
                continue;
            }
            for metric in Metric::ALL {
                if !compare_set(db, order, after, &board, metric, &mut audit).await? {
                    return Ok(None);
                }
            }
        }
        if boards.is_empty() {
            return Ok(Some(audit));
        }
    }
}

/// Compares one sorted set; `false` when Redis is away.
async fn compare_set(db: &Db, order: &Order, board_id: i64, board: &BoardKey, metric: Metric, audit: &mut Audit) -> Result<bool> {
    let (total, score) = match metric {
        Metric::Points => ("points", "points_score"),
        Metric::Minutes => ("minutes", "minutes_score"),
    };
    let set = order.set_key(board, metric);
    let statement = format!(
        "SELECT member_id, {score} AS score FROM leaderboard_score WHERE board_id = $1 AND {total} > 0 AND ({score}, member_id) < ($2, $3) \
         ORDER BY {score} DESC, member_id DESC LIMIT {ROWS}"
    );
    let (mut skipped, mut last) = (0_usize, (i64::MAX, Uuid::max()));
    loop {
        let values: [Value; 3] = [board_id.into(), last.0.into(), last.1.into()];
        let mut expected: Vec<(Uuid, i64)> = Vec::new();
        for row in db.reader().query_all_raw(sql(db.reader(), &statement, values)).await? {
            expected.push((row.try_get("", "member_id")?, row.try_get("", "score")?));
        }
        let mut range = redis::pipe();
        range.cmd("ZREVRANGE").arg(&set).arg(skipped).arg(skipped + ROWS - 1).arg("WITHSCORES");
        let Ok((found,)) = order.send::<(Vec<(Vec<u8>, i64)>,)>(&range).await else { return Ok(false) };
        for at in 0..expected.len().max(found.len()) {
            let (want, have) = (expected.get(at), found.get(at));
            audit.places += 1;
            let same = matches!((want, have), (Some(want), Some(have)) if want.0.as_bytes().as_slice() == have.0 && want.1 == have.1);
            if !same {
                audit.differences += 1;
                if audit.first.len() < KEPT {
                    let (expected, found) = (want.map_or(-1, |want| want.1), have.map_or(-1, |have| have.1));
                    audit.first.push(Misplaced { set: set.clone(), place: skipped + at + 1, expected, found });
                }
            }
        }
        match expected.last() {
            Some((member_id, score)) if expected.len() == ROWS || found.len() == ROWS => {
                skipped += ROWS;
                last = (*score, *member_id);
            }
            _ => return Ok(true),
        }
    }
}
