//! Leaderboards added up anew from the certified records.
//!
//! Both sides are read in pieces, and each board keeps one sum of hashes of its rows, in which their order does not matter; only the boards whose
//! sums differ are compared row by row.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};

use entity::leaderboard_board::{BoardPeriod, BoardSubject};
use sea_orm::{ActiveEnum, ConnectionTrait, Value};
use uuid::Uuid;

use super::{Check, Difference, Rule, TOLD_MAX};
use crate::db::sql;
use crate::error::Result;
use crate::points::leaderboard::BoardKey;
use crate::points::leaderboard::contribution::{self, Total};
use crate::points::leaderboard::period::pack;
use crate::points::leaderboard::place::Places;

/// Members, and rows, read at once.
const MEMBERS: usize = 500;
const ROWS: usize = 5_000;
/// Boards compared row by row.
const BOARDS_MAX: usize = 20;

pub(super) const RULES: &[Rule] = &[Rule {
    says: "the histogram of a board counts its members",
    rows: "SELECT COUNT(*) FROM leaderboard_histogram",
    wrong: "SELECT board_id AS subject, SUM(expected) AS expected, SUM(found) AS found FROM (\
            SELECT board_id, 'POINTS' AS metric, 1 AS step, points AS total, 1 AS expected, 0 AS found FROM leaderboard_score WHERE points > 0 \
            UNION ALL SELECT board_id, 'POINTS', 1024, points - points % 1024, 1, 0 FROM leaderboard_score WHERE points > 0 \
            UNION ALL SELECT board_id, 'MINUTES', 1, minutes, 1, 0 FROM leaderboard_score WHERE minutes > 0 \
            UNION ALL SELECT board_id, 'MINUTES', 1024, minutes - minutes % 1024, 1, 0 FROM leaderboard_score WHERE minutes > 0 \
            UNION ALL SELECT board_id, metric, step, total, 0, members FROM leaderboard_histogram) AS steps \
            GROUP BY board_id, metric, step, total HAVING SUM(expected) <> SUM(found)",
}];

/// A row of a board: points, minutes, and both scores.
type Row = (i64, i64, i64, i64);

/// What a side adds up to on one board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: i64,
    hash: u64,
}

impl Sum {
    fn add(&mut self, member_id: Uuid, row: Row) {
        let mut hasher = DefaultHasher::new();
        (member_id, row).hash(&mut hasher);
        self.rows += 1;
        self.hash = self.hash.wrapping_add(hasher.finish());
    }
}

/// Compares every board with what the certified records add up to.
pub(super) async fn check(connection: &impl ConnectionTrait) -> Result<Check> {
    let mut expected: HashMap<BoardKey, Sum> = HashMap::new();
    each_expected(connection, |board, member_id, row| expected.entry(board).or_default().add(member_id, row)).await?;
    let mut found: HashMap<BoardKey, Sum> = HashMap::new();
    each_found(connection, None, |board, member_id, row| found.entry(board).or_default().add(member_id, row)).await?;
    let rows = found.values().map(|sum| sum.rows).sum();
    let mut wrong: Vec<BoardKey> = expected.keys().chain(found.keys()).filter(|board| expected.get(board) != found.get(board)).copied().collect();
    wrong.sort_unstable_by_key(|board| {
        (board.scope_id, board.colour_text(), board.period.to_value(), board.period_key, contribution::column(board.subject))
    });
    wrong.dedup();
    wrong.truncate(BOARDS_MAX);
    let first = differences(connection, &wrong).await?;
    let differences = i64::try_from(first.len()).unwrap_or(i64::MAX);
    Ok(Check {
        rule: "a leaderboard is the sum of the certified records and their awards",
        rows,
        differences,
        first: first.into_iter().take(TOLD_MAX).collect(),
    })
}

async fn differences(connection: &impl ConnectionTrait, wrong: &[BoardKey]) -> Result<Vec<Difference>> {
    if wrong.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows: BTreeMap<String, (Row, Row)> = BTreeMap::new();
    let name = |board: BoardKey, member_id: Uuid| {
        let (period, colour) = (board.period_key, board.colour_text());
        format!("{:?} {period} {:?} in {} {colour}: member {member_id}", board.period, board.subject, board.scope_id)
    };
    each_expected(connection, |board, member_id, row| {
        if wrong.contains(&board) {
            rows.entry(name(board, member_id)).or_default().0 = row;
        }
    })
    .await?;
    each_found(connection, Some(wrong), |board, member_id, row| rows.entry(name(board, member_id)).or_default().1 = row).await?;
    let mut differences = Vec::new();
    for (subject, (expected, found)) in rows {
        let columns = [("points", expected.0, found.0), ("minutes", expected.1, found.1), ("order by points", expected.2, found.2)];
        let columns = columns.into_iter().chain([("order by minutes", expected.3, found.3)]);
        if let Some((column, expected, found)) = columns.into_iter().find(|(_, expected, found)| expected != found) {
            differences.push(Difference { subject: format!("{subject}: {column}"), expected, found });
        }
    }
    Ok(differences)
}

/// Adds up the certified records, some members at a time.
async fn each_expected(connection: &impl ConnectionTrait, mut each: impl FnMut(BoardKey, Uuid, Row)) -> Result<()> {
    let mut places = Places::default();
    for subject in contribution::SUBJECTS {
        let mut after = Uuid::nil();
        loop {
            let members = members_after(connection, subject, after).await?;
            let Some(last) = members.last() else { break };
            after = *last;
            for ((board, member_id), total) in contribution::totals(connection, &mut places, subject, &members).await? {
                each(board, member_id, row(board.period, total));
            }
        }
    }
    Ok(())
}

fn row(period: BoardPeriod, total: Total) -> Row {
    let Total { points, minutes, points_units, minutes_units } = total;
    (points, minutes, pack(period, points, points_units.unwrap_or_default()), pack(period, minutes, minutes_units.unwrap_or_default()))
}

async fn members_after(connection: &impl ConnectionTrait, subject: BoardSubject, after: Uuid) -> Result<Vec<Uuid>> {
    let column = contribution::column(subject);
    let statement = format!(
        "SELECT DISTINCT {column} AS member_id FROM service_record WHERE state = 'CERTIFIED' AND {column} > $1 ORDER BY {column} LIMIT {MEMBERS}"
    );
    let rows = connection.query_all_raw(sql(connection, &statement, [after.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "member_id")?)).collect()
}

/// Reads what stands on the boards, all of them or those of `only`.
async fn each_found(connection: &impl ConnectionTrait, only: Option<&[BoardKey]>, mut each: impl FnMut(BoardKey, Uuid, Row)) -> Result<()> {
    let (mut board_id, mut member_id) = (0_i64, Uuid::nil());
    let statement = format!(
        "SELECT s.board_id, s.member_id, s.points, s.minutes, s.points_score, s.minutes_score, b.scope_id, b.colour, b.subject, b.period, b.period_key \
         FROM leaderboard_score s JOIN leaderboard_board b ON b.id = s.board_id \
         WHERE (s.board_id, s.member_id) > ($1, $2) ORDER BY s.board_id, s.member_id LIMIT {ROWS}"
    );
    loop {
        let values: [Value; 2] = [board_id.into(), member_id.into()];
        let rows = connection.query_all_raw(sql(connection, &statement, values)).await?;
        for row in &rows {
            (board_id, member_id) = (row.try_get("", "board_id")?, row.try_get("", "member_id")?);
            let board = BoardKey::read(row)?;
            if only.is_none_or(|only| only.contains(&board)) {
                let standing =
                    (row.try_get("", "points")?, row.try_get("", "minutes")?, row.try_get("", "points_score")?, row.try_get("", "minutes_score")?);
                each(board, member_id, standing);
            }
        }
        if rows.len() < ROWS {
            return Ok(());
        }
    }
}
