//! Making the order in Redis anew from the totals.
//!
//! New sets are filled beside the live ones and take their place family by family, in one step each: a reader sees the old order or the new one,
//! never half of one. Runs under the relay's lease, so no total changes meanwhile; periods that Redis no longer keeps are left out.

use std::time::Instant;

use redis::pipe;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::order::{Away, Order};
use super::push::{Keep, Written, claim, keep_for};
use super::{BoardKey, Metric};
use crate::db::{Db, sql};
use crate::error::Result;
use crate::lease::Lease;

/// Members read and sent at once.
const ROWS: usize = 2_000;
/// Boards that take their places in one step.
const SWAP: usize = 200;
/// Seconds after which a new set that never took its place goes away.
const ABANDONED: i64 = 3_600;

/// What a rebuild wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Families of boards.
    pub families: u64,
    /// Boards.
    pub boards: u64,
    /// Places on them, both metrics together.
    pub places: u64,
}

/// Rebuilds every family. `wipe` takes away first what another database, or this one at another time, left behind.
///
/// # Errors
/// `CONFLICT` when the lease was lost; when the database cannot be read.
pub async fn all(db: &Db, order: &Order, lease: Lease, mark: Uuid, wipe: bool) -> Result<Result<Rebuilt, Written>> {
    if wipe && clear(order).await.is_err() {
        return Ok(Err(Written::Away));
    }
    let mut rebuilt = Rebuilt::default();
    let mut kept_at = Instant::now();
    let mut after: Option<(Uuid, String)> = None;
    loop {
        let families = families(db, after.as_ref()).await?;
        let Some(last) = families.last().cloned() else { break };
        for (scope_id, colour) in families {
            let boards = boards(db, scope_id, &colour).await?;
            match rebuild(db, order, lease, mark, &boards, &mut kept_at).await? {
                Ok(part) => {
                    rebuilt.families += 1;
                    rebuilt.boards += part.boards;
                    rebuilt.places += part.places;
                }
                Err(written) => return Ok(Err(written)),
            }
        }
        after = Some(last);
    }
    Ok(match claim(order, mark, lease, "SET").await {
        Ok((1, _)) => Ok(rebuilt),
        Ok((_, epoch)) => Err(Written::Fenced(epoch)),
        Err(Away) => Err(Written::Away),
    })
}

/// Rebuilds the family of one board.
///
/// # Errors
/// `CONFLICT` when the lease was lost; when the database cannot be read.
pub async fn family(db: &Db, order: &Order, lease: Lease, mark: Uuid, board: &BoardKey) -> Result<Result<Rebuilt, Written>> {
    let boards = boards(db, board.scope_id, &board.colour_text()).await?;
    rebuild(db, order, lease, mark, &boards, &mut Instant::now()).await
}

/// The next families after one, in their order.
async fn families(db: &Db, after: Option<&(Uuid, String)>) -> Result<Vec<(Uuid, String)>> {
    let beyond = if after.is_some() { "WHERE (scope_id, colour) > ($1, $2) " } else { "" };
    let statement = format!("SELECT DISTINCT scope_id, colour FROM leaderboard_board {beyond}ORDER BY scope_id, colour LIMIT 500");
    let values: Vec<Value> = after.map(|(scope_id, colour)| vec![(*scope_id).into(), colour.as_str().into()]).unwrap_or_default();
    let rows = db.reader().query_all_raw(sql(db.reader(), &statement, values)).await?;
    rows.iter().map(|row| Ok((row.try_get("", "scope_id")?, row.try_get("", "colour")?))).collect()
}

async fn boards(db: &Db, scope_id: Uuid, colour: &str) -> Result<Vec<(i64, BoardKey)>> {
    let statement = "SELECT id, scope_id, colour, subject, period, period_key FROM leaderboard_board WHERE scope_id = $1 AND colour = $2";
    let rows = db.reader().query_all_raw(sql(db.reader(), statement, [scope_id.into(), colour.into()])).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, BoardKey::read(row)?))).collect()
}

async fn rebuild(
    db: &Db,
    order: &Order,
    lease: Lease,
    mark: Uuid,
    boards: &[(i64, BoardKey)],
    kept_at: &mut Instant,
) -> Result<Result<Rebuilt, Written>> {
    let now = db.now();
    let live: Vec<(i64, BoardKey, Keep)> = boards.iter().filter_map(|(id, board)| keep_for(board, now).map(|keep| (*id, *board, keep))).collect();
    let mut rebuilt = Rebuilt { families: 1, boards: live.len() as u64, places: 0 };
    for (board_id, board, _) in &live {
        match fill(db, order, lease, *board_id, board, kept_at).await? {
            Ok(places) => rebuilt.places += places,
            Err(Away) => return Ok(Err(Written::Away)),
        }
    }
    let Some((_, any)) = boards.first() else { return Ok(Ok(rebuilt)) };
    let mut chunks: Vec<&[(i64, BoardKey, Keep)]> = live.chunks(SWAP).collect();
    if chunks.is_empty() {
        chunks.push(&[]);
    }
    let last = chunks.len() - 1;
    for (at, chunk) in chunks.into_iter().enumerate() {
        match swap(order, lease, mark, &order.meta_key(any), chunk, at == last).await {
            Ok((1, _)) => {}
            Ok((_, epoch)) => return Ok(Err(Written::Fenced(epoch))),
            Err(Away) => return Ok(Err(Written::Away)),
        }
    }
    Ok(Ok(rebuilt))
}

fn new_key(order: &Order, lease: Lease, board: &BoardKey, metric: Metric) -> String {
    format!("{}:new:{}", order.set_key(board, metric), lease.epoch)
}

/// Fills the new sets of a board; gives the number of places.
async fn fill(db: &Db, order: &Order, lease: Lease, board_id: i64, board: &BoardKey, kept_at: &mut Instant) -> Result<Result<u64, Away>> {
    let keys = Metric::ALL.map(|metric| new_key(order, lease, board, metric));
    let mut pipeline = pipe();
    pipeline.cmd("UNLINK").arg(&keys[0]).arg(&keys[1]).ignore();
    let mut places = 0;
    let mut after = Uuid::nil();
    loop {
        if kept_at.elapsed().as_secs() >= 1 {
            lease.insist(db).await?;
            *kept_at = Instant::now();
        }
        let statement = format!(
            "SELECT member_id, points_score, minutes_score FROM leaderboard_score WHERE board_id = $1 AND member_id > $2 ORDER BY member_id LIMIT {ROWS}"
        );
        let rows = db.reader().query_all_raw(sql(db.reader(), &statement, [board_id.into(), after.into()])).await?;
        for (key, column) in keys.iter().zip(["points_score", "minutes_score"]) {
            let mut add = redis::cmd("ZADD");
            add.arg(key);
            let mut added = 0;
            for row in &rows {
                let score: i64 = row.try_get("", column)?;
                if score > 0 {
                    add.arg(score).arg(row.try_get::<Uuid>("", "member_id")?.as_bytes().as_slice());
                    added += 1;
                }
            }
            if added > 0 {
                pipeline.add_command(add).ignore().cmd("EXPIRE").arg(key).arg(ABANDONED).ignore();
                places += added;
            }
        }
        // The rows may end with a full batch, and a batch may hold nobody with a place.
        if !pipeline.is_empty() && order.send::<()>(&pipeline).await.is_err() {
            return Ok(Err(Away));
        }
        pipeline = pipe();
        match rows.last() {
            Some(row) if rows.len() == ROWS => after = row.try_get("", "member_id")?,
            _ => return Ok(Ok(places)),
        }
    }
}

async fn swap(order: &Order, lease: Lease, mark: Uuid, meta: &str, boards: &[(i64, BoardKey, Keep)], complete: bool) -> Result<(i64, i64), Away> {
    let mut invocation = order.scripts().swap.prepare_invoke();
    invocation.key(meta).arg(mark.simple().to_string()).arg(lease.epoch).arg(i64::from(complete));
    for (_, board, keep) in boards {
        for metric in Metric::ALL {
            invocation.key(new_key(order, lease, board, metric)).key(order.set_key(board, metric));
            invocation.arg(keep.argument());
        }
    }
    order.invoke(&invocation).await
}

/// Takes every family away, what vouches for it first, so that nobody believes a half of it.
async fn clear(order: &Order) -> Result<(), Away> {
    for metas in [true, false] {
        let mut cursor = 0_u64;
        loop {
            let mut scan = pipe();
            scan.cmd("SCAN").arg(cursor).arg("MATCH").arg(order.families_pattern()).arg("COUNT").arg(1_000);
            let ((next, keys),): ((u64, Vec<Vec<u8>>),) = order.send(&scan).await?;
            let mut unlink = pipe();
            for key in keys.iter().filter(|key| !metas || key.ends_with(b"}:meta")) {
                unlink.cmd("UNLINK").arg(key.as_slice()).ignore();
            }
            if !unlink.is_empty() {
                order.send::<()>(&unlink).await?;
            }
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
    }
    Ok(())
}
