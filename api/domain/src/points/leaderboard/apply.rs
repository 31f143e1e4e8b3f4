//! Bringing the totals up to date with a batch of events.
//!
//! The batch is added up in memory first, so that a row is read and written once however many records touch it. Called in the transaction that
//! takes the batch out of the outbox, by the one holder of the relay's lease: what is read here cannot change before it is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::leaderboard_board::{BoardPeriod, BoardSubject};
use entity::team::TeamColour;
use sea_orm::{ConnectionTrait, Value};
use uuid::Uuid;

use super::contribution::{self, Contribution, Total};
use super::period::{pack, unpack};
use super::place::Places;
use super::{BoardKey, Metric, STEPS};
use crate::db::{sql, tuples};
use crate::error::{Error, Result};
use crate::event::{Event, RecordFact};
use crate::tx::Tx;

/// Rows of one statement; the widest has six columns, and `SQLite` takes 32,766 parameters.
const ROWS: usize = 1_000;

/// A member's standing as it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    points: i64,
    minutes: i64,
    points_score: i64,
    minutes_score: i64,
}

/// What a batch does to one member of one board.
#[derive(Clone, Copy, Debug, Default)]
struct Change {
    total: Total,
    revoked: bool,
}

/// A batch, added up.
#[derive(Default)]
struct Batch {
    boards: Vec<BoardKey>,
    numbers: HashMap<BoardKey, usize>,
    changes: HashMap<(usize, Uuid), Change>,
    /// Members who lost a record, whose moments have to be looked up.
    revoked: BTreeSet<(usize, Uuid)>,
}

impl Batch {
    fn add(&mut self, places: &Places, fact: &RecordFact, revoked: bool) {
        let mut part = Contribution::of(fact);
        if revoked {
            part = Contribution { points: -part.points, minutes: -part.minutes, points_at: None, minutes_at: None, ..part };
        }
        let members = contribution::members(fact);
        part.spread(places, |period, scope_id, colour| {
            for (subject, member_id) in members {
                let Some(member_id) = member_id else { continue };
                let board = BoardKey { scope_id, colour, subject, period: period.kind, period_key: period.key };
                let number = *self.numbers.entry(board).or_insert_with(|| {
                    self.boards.push(board);
                    self.boards.len() - 1
                });
                let change = self.changes.entry((number, member_id)).or_default();
                change.total.add(period, &part);
                if revoked {
                    change.revoked = true;
                    self.revoked.insert((number, member_id));
                }
            }
        });
    }

    /// Members who lost a record, by subject.
    fn losers(&self, subject: BoardSubject) -> Vec<Uuid> {
        let members: BTreeSet<Uuid> = self.revoked.iter().filter(|(number, _)| self.boards[*number].subject == subject).map(|(_, id)| *id).collect();
        members.into_iter().collect()
    }
}

/// Applies the records certified and revoked in `events`; gives the scopes whose boards changed. `mark` notes whose order in Redis is older now.
///
/// # Errors
/// When the database refuses; nothing is then applied.
pub async fn apply(tx: &Tx, events: &[Event], mark: bool) -> Result<HashSet<(Uuid, Option<TeamColour>)>> {
    let facts: Vec<(&RecordFact, bool)> = events
        .iter()
        .filter_map(|event| match event {
            Event::RecordCertified(fact) => Some((fact, false)),
            Event::RecordRevoked(fact) => Some((fact, true)),
            _ => None,
        })
        .collect();
    if facts.is_empty() {
        return Ok(HashSet::new());
    }
    let mut places = Places::default();
    places.load(&tx.connection, facts.iter().map(|(fact, _)| fact.region_id)).await?;
    let mut batch = Batch::default();
    for (fact, revoked) in facts {
        batch.add(&places, fact, revoked);
    }
    let ids = board_ids(tx, &batch.boards).await?;
    let moments = moments(tx, &mut places, &batch, &ids).await?;
    let mut changes: Vec<(i64, BoardPeriod, Uuid, Change)> =
        batch.changes.iter().map(|((number, member_id), change)| (ids[*number], batch.boards[*number].period, *member_id, *change)).collect();
    changes.sort_unstable_by_key(|(board_id, _, member_id, _)| (*board_id, *member_id));
    let mut histogram = HashMap::new();
    for chunk in changes.chunks(ROWS) {
        write(tx, chunk, &moments, &mut histogram, mark).await?;
    }
    write_histogram(tx, histogram).await?;
    Ok(batch.boards.iter().map(|board| (board.scope_id, board.colour)).collect())
}

/// The ids of boards, in their order; boards that do not exist yet are made.
async fn board_ids(tx: &Tx, boards: &[BoardKey]) -> Result<Vec<i64>> {
    let mut known = HashMap::new();
    for chunk in boards.chunks(ROWS) {
        find_boards(tx, chunk, &mut known).await?;
        let missing: Vec<&BoardKey> = chunk.iter().filter(|board| !known.contains_key(board)).collect();
        if missing.is_empty() {
            continue;
        }
        let statement = format!("INSERT INTO leaderboard_board (scope_id, colour, subject, period, period_key) VALUES {}", tuples(missing.len(), 5));
        tx.connection.execute_raw(sql(&tx.connection, &statement, missing.into_iter().flat_map(BoardKey::values))).await?;
        find_boards(tx, chunk, &mut known).await?;
    }
    boards.iter().map(|board| known.get(board).copied().ok_or_else(|| Error::internal("a board was made and is not there"))).collect()
}

async fn find_boards(tx: &Tx, boards: &[BoardKey], known: &mut HashMap<BoardKey, i64>) -> Result<()> {
    let statement = format!(
        "WITH wanted (scope_id, colour, subject, period, period_key) AS (VALUES {}) \
         SELECT b.id, w.scope_id, w.colour, w.subject, w.period, w.period_key FROM wanted w CROSS JOIN leaderboard_board b \
         WHERE b.scope_id = w.scope_id AND b.colour = w.colour AND b.subject = w.subject AND b.period = w.period AND b.period_key = w.period_key",
        tuples(boards.len(), 5)
    );
    let values = boards.iter().flat_map(BoardKey::values);
    for row in tx.connection.query_all_raw(sql(&tx.connection, &statement, values)).await? {
        known.insert(BoardKey::read(&row)?, row.try_get("", "id")?);
    }
    Ok(())
}

/// The moments at which the remaining totals of members who lost a record were reached.
async fn moments(tx: &Tx, places: &mut Places, batch: &Batch, ids: &[i64]) -> Result<HashMap<(i64, Uuid), Total>> {
    let mut moments = HashMap::new();
    if batch.revoked.is_empty() {
        return Ok(moments);
    }
    for subject in contribution::SUBJECTS {
        let totals = contribution::totals(&tx.connection, places, subject, &batch.losers(subject)).await?;
        for (number, member_id) in &batch.revoked {
            if let Some(total) = totals.get(&(batch.boards[*number], *member_id)) {
                moments.insert((ids[*number], *member_id), *total);
            }
        }
    }
    Ok(moments)
}

/// A row of the histogram: board, metric, step, and the first total it counts.
type Step = (i64, Metric, i64, i64);

/// Members that come to rows of the histogram, or leave them.
type Histogram = HashMap<Step, i64>;

/// Reads, changes and writes the standings of a chunk of members.
async fn write(
    tx: &Tx,
    chunk: &[(i64, BoardPeriod, Uuid, Change)],
    moments: &HashMap<(i64, Uuid), Total>,
    histogram: &mut Histogram,
    mark: bool,
) -> Result<()> {
    let before = standings(tx, chunk).await?;
    let mut kept = Vec::with_capacity(chunk.len() * 6);
    let mut gone = Vec::new();
    for (board_id, period, member_id, change) in chunk {
        let old = before.get(&(*board_id, *member_id)).copied().unwrap_or_default();
        let new = old.changed(*period, *change, moments.get(&(*board_id, *member_id)));
        for (metric, from, to) in [(Metric::Points, old.points, new.points), (Metric::Minutes, old.minutes, new.minutes)] {
            for step in STEPS {
                let (from_step, to_step) = (from - from % step, to - to % step);
                if (from > 0, from_step) != (to > 0, to_step) {
                    if from > 0 {
                        *histogram.entry((*board_id, metric, step, from_step)).or_default() -= 1;
                    }
                    if to > 0 {
                        *histogram.entry((*board_id, metric, step, to_step)).or_default() += 1;
                    }
                }
            }
        }
        if new == Standing::default() {
            gone.extend::<[Value; 2]>([(*board_id).into(), (*member_id).into()]);
        } else {
            let row: [Value; 6] =
                [(*board_id).into(), (*member_id).into(), new.points.into(), new.minutes.into(), new.points_score.into(), new.minutes_score.into()];
            kept.extend(row);
        }
    }
    if !kept.is_empty() {
        let statement = format!(
            "INSERT INTO leaderboard_score (board_id, member_id, points, minutes, points_score, minutes_score) VALUES {} \
             ON CONFLICT (board_id, member_id) DO UPDATE SET points = excluded.points, minutes = excluded.minutes, \
             points_score = excluded.points_score, minutes_score = excluded.minutes_score",
            tuples(kept.len() / 6, 6)
        );
        tx.connection.execute_raw(sql(&tx.connection, &statement, kept)).await?;
    }
    if !gone.is_empty() {
        let pairs = tuples(gone.len() / 2, 2);
        let statement = format!("DELETE FROM leaderboard_score WHERE (board_id, member_id) IN (VALUES {pairs})");
        tx.connection.execute_raw(sql(&tx.connection, &statement, gone)).await?;
    }
    if mark {
        let statement = format!("INSERT INTO leaderboard_dirty (board_id, member_id) VALUES {} ON CONFLICT DO NOTHING", tuples(chunk.len(), 2));
        let pairs = chunk.iter().flat_map(|(board_id, _, member_id, _)| [(*board_id).into(), (*member_id).into()]);
        tx.connection.execute_raw(sql(&tx.connection, &statement, pairs)).await?;
    }
    Ok(())
}

async fn standings(tx: &Tx, chunk: &[(i64, BoardPeriod, Uuid, Change)]) -> Result<HashMap<(i64, Uuid), Standing>> {
    // CROSS JOIN keeps SQLite from starting with the big table.
    let statement = format!(
        "WITH wanted (board_id, member_id) AS (VALUES {}) \
         SELECT s.board_id, s.member_id, s.points, s.minutes, s.points_score, s.minutes_score FROM wanted w CROSS JOIN leaderboard_score s \
         WHERE s.board_id = w.board_id AND s.member_id = w.member_id",
        tuples(chunk.len(), 2)
    );
    let pairs = chunk.iter().flat_map(|(board_id, _, member_id, _)| [(*board_id).into(), (*member_id).into()]);
    let rows = tx.connection.query_all_raw(sql(&tx.connection, &statement, pairs)).await?;
    let mut standings = HashMap::with_capacity(rows.len());
    for row in rows {
        let standing = Standing {
            points: row.try_get("", "points")?,
            minutes: row.try_get("", "minutes")?,
            points_score: row.try_get("", "points_score")?,
            minutes_score: row.try_get("", "minutes_score")?,
        };
        standings.insert((row.try_get("", "board_id")?, row.try_get("", "member_id")?), standing);
    }
    Ok(standings)
}

impl Standing {
    /// The standing after a change; `left` holds the moments of what is left when a record was taken away.
    fn changed(self, period: BoardPeriod, change: Change, left: Option<&Total>) -> Self {
        let score = |total: i64, old_total: i64, old_score: i64, added: Option<i64>, left: Option<i64>| {
            let old = (old_total > 0).then(|| unpack(period, old_score).1);
            let units = if change.revoked { left.or(old) } else { old.max(added) };
            pack(period, total, units.unwrap_or_default())
        };
        let (points, minutes) = (self.points + change.total.points, self.minutes + change.total.minutes);
        if points < 0 || minutes < 0 {
            tracing::error!(points, minutes, "a record was revoked that was never counted; run verify");
        }
        let (points, minutes) = (points.max(0), minutes.max(0));
        Self {
            points,
            minutes,
            points_score: score(points, self.points, self.points_score, change.total.points_units, left.and_then(|total| total.points_units)),
            minutes_score: score(minutes, self.minutes, self.minutes_score, change.total.minutes_units, left.and_then(|total| total.minutes_units)),
        }
    }
}

/// Moves members between totals. New counts are written whole: a constraint of `PostgreSQL` looks at the row of an upsert before its conflict, so
/// a negative difference cannot be sent.
async fn write_histogram(tx: &Tx, changes: Histogram) -> Result<()> {
    let mut changes: Vec<(Step, i64)> = changes.into_iter().filter(|(_, members)| *members != 0).collect();
    changes.sort_unstable_by_key(|((board_id, metric, step, total), _)| (*board_id, metric.text(), *step, *total));
    for chunk in changes.chunks(ROWS) {
        let before = members(tx, chunk).await?;
        let (mut kept, mut gone): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
        for (step, change) in chunk {
            let members = before.get(step).copied().unwrap_or_default() + change;
            if members > 0 {
                kept.extend(step_values(*step));
                kept.push(members.into());
            } else {
                gone.extend(step_values(*step));
            }
        }
        if !kept.is_empty() {
            let statement = format!(
                "INSERT INTO leaderboard_histogram (board_id, metric, step, total, members) VALUES {} \
                 ON CONFLICT (board_id, metric, step, total) DO UPDATE SET members = excluded.members",
                tuples(kept.len() / 5, 5)
            );
            tx.connection.execute_raw(sql(&tx.connection, &statement, kept)).await?;
        }
        if !gone.is_empty() {
            let keys = tuples(gone.len() / 4, 4);
            let statement = format!("DELETE FROM leaderboard_histogram WHERE (board_id, metric, step, total) IN (VALUES {keys})");
            tx.connection.execute_raw(sql(&tx.connection, &statement, gone)).await?;
        }
    }
    Ok(())
}

/// How many members stand at each of some totals.
async fn members(tx: &Tx, steps: &[(Step, i64)]) -> Result<HashMap<Step, i64>> {
    let statement = format!(
        "WITH wanted (board_id, metric, step, total) AS (VALUES {}) \
         SELECT h.board_id, h.metric, h.step, h.total, h.members FROM wanted w CROSS JOIN leaderboard_histogram h \
         WHERE h.board_id = w.board_id AND h.metric = w.metric AND h.step = w.step AND h.total = w.total",
        tuples(steps.len(), 4)
    );
    let values = steps.iter().flat_map(|(step, _)| step_values(*step));
    let mut members = HashMap::new();
    for row in tx.connection.query_all_raw(sql(&tx.connection, &statement, values)).await? {
        let metric: String = row.try_get("", "metric")?;
        let metric = if metric == Metric::Points.text() { Metric::Points } else { Metric::Minutes };
        let step = (row.try_get("", "board_id")?, metric, row.try_get("", "step")?, row.try_get("", "total")?);
        members.insert(step, row.try_get("", "members")?);
    }
    Ok(members)
}

fn step_values((board_id, metric, step, total): Step) -> [Value; 4] {
    [board_id.into(), metric.text().into(), step.into(), total.into()]
}
