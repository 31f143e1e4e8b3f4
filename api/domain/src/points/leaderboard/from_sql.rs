//! A board read from the tables alone: the same answer as Redis gives, slower.
//!
//! The top comes by the index over the scores. A rank is the number of members at higher totals, read off the histogram, plus one's place
//! among those with the same total; nothing is counted member by member but those.

use entity::leaderboard_board::BoardPeriod;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use uuid::Uuid;

use super::period::pack;
use super::read::{Found, Seek};
use super::{Metric, STEPS};
use crate::db::sql;
use crate::error::Result;

/// Totals that the longer step of the histogram takes together.
const STRETCH: i64 = STEPS[1];

/// Reads a board.
pub(super) async fn find(connection: &impl ConnectionTrait, board_id: i64, metric: Metric, period: BoardPeriod, seek: &Seek) -> Result<Found> {
    let columns = match metric {
        Metric::Points => Columns { total: "points", score: "points_score" },
        Metric::Minutes => Columns { total: "minutes", score: "minutes_score" },
    };
    let query = Query { connection, board_id, metric, period, columns };
    let mine = match seek.me {
        Some(me) => query.score_of(me).await?.map(|(total, score)| (me, total, score)),
        None => None,
    };
    let (members, above) = query.counts(mine.map(|(_, total, _)| total)).await?;
    let top = query.top(seek.skip, seek.give).await?;
    let mut found = Found { members, top, ..Found::default() };
    if let Some((me, total, score)) = mine {
        let rank = above + query.ahead_within(me, total, score).await?;
        found.me = Some((rank, score));
        (found.near_from, found.near) = query.near(me, score, rank, seek.around).await?;
    }
    Ok(found)
}

#[derive(Clone, Copy)]
struct Columns {
    total: &'static str,
    score: &'static str,
}

struct Query<'c, C> {
    connection: &'c C,
    board_id: i64,
    metric: Metric,
    period: BoardPeriod,
    columns: Columns,
}

impl<C: ConnectionTrait> Query<'_, C> {
    async fn rows(&self, statement: &str, values: Vec<Value>) -> Result<Vec<QueryResult>> {
        Ok(self.connection.query_all_raw(sql(self.connection, statement, values)).await?)
    }

    /// A member's total and score.
    async fn score_of(&self, member_id: Uuid) -> Result<Option<(i64, i64)>> {
        let Columns { total, score } = self.columns;
        let statement =
            format!("SELECT {total} AS total, {score} AS score FROM leaderboard_score WHERE board_id = $1 AND member_id = $2 AND {total} > 0");
        let rows = self.rows(&statement, vec![self.board_id.into(), member_id.into()]).await?;
        rows.first().map(|row| Ok((row.try_get("", "total")?, row.try_get("", "score")?))).transpose()
    }

    /// Members on the board, and those whose total is higher than `total`: whole stretches of totals first, then the totals of one stretch.
    async fn counts(&self, total: Option<i64>) -> Result<(i64, i64)> {
        let total = total.unwrap_or(i64::MAX - STRETCH);
        let stretch = total - total % STRETCH;
        let statement = "SELECT CAST(COALESCE(SUM(CASE WHEN step > 1 THEN members ELSE 0 END), 0) AS BIGINT) AS members, \
                         CAST(COALESCE(SUM(CASE WHEN step = 1 OR total > $3 THEN members ELSE 0 END), 0) AS BIGINT) AS above FROM (\
                         SELECT step, total, members FROM leaderboard_histogram WHERE board_id = $1 AND metric = $2 AND step = $5 \
                         UNION ALL SELECT step, total, members FROM leaderboard_histogram \
                         WHERE board_id = $1 AND metric = $2 AND step = 1 AND total > $4 AND total < $3 + $5) AS steps";
        let values = vec![self.board_id.into(), self.metric.text().into(), stretch.into(), total.into(), STRETCH.into()];
        let rows = self.rows(statement, values).await?;
        Ok(rows.first().map(|row| Ok::<_, sea_orm::DbErr>((row.try_get("", "members")?, row.try_get("", "above")?))).transpose()?.unwrap_or_default())
    }

    /// The row of the histogram in which the place after `skip` others lies, among rows of a step from `from` to before `to`; with the number of
    /// places before it.
    async fn seek(&self, step: i64, from: i64, to: i64, skip: i64) -> Result<Option<(i64, i64)>> {
        let statement = "SELECT total, ahead FROM (SELECT total, members, \
                         CAST(SUM(members) OVER (ORDER BY total DESC) AS BIGINT) - members AS ahead FROM leaderboard_histogram \
                         WHERE board_id = $1 AND metric = $2 AND step = $3 AND total >= $4 AND total < $5) AS steps \
                         WHERE ahead <= $6 AND ahead + members > $6";
        let values = vec![self.board_id.into(), self.metric.text().into(), step.into(), from.into(), to.into(), skip.into()];
        let rows = self.rows(statement, values).await?;
        rows.first().map(|row| Ok((row.try_get("", "total")?, row.try_get("", "ahead")?))).transpose()
    }

    /// Members with the same total who stand before one. The lower bound says again what the pair says, for a planner that takes the pair for half
    /// the board.
    async fn ahead_within(&self, member_id: Uuid, total: i64, own: i64) -> Result<i64> {
        let Columns { total: total_column, score } = self.columns;
        let statement = format!(
            "SELECT COUNT(*) AS ahead FROM leaderboard_score WHERE board_id = $1 AND {total_column} > 0 AND {score} >= $3 AND {score} <= $2 \
             AND ({score}, member_id) > ($3, $4)"
        );
        let values = vec![self.board_id.into(), pack(self.period, total, 0).into(), own.into(), member_id.into()];
        let rows = self.rows(&statement, values).await?;
        Ok(rows.first().map(|row| row.try_get("", "ahead")).transpose()?.unwrap_or_default())
    }

    /// Members from a place on. The histogram says at which total that place lies, so that no more than the members of one total are skipped.
    async fn top(&self, skip: i64, give: i64) -> Result<Vec<(Uuid, i64)>> {
        let Columns { total, score } = self.columns;
        let (mut bound, mut within) = (i64::MAX, 0);
        if skip > 0 {
            let Some((stretch, before)) = self.seek(STRETCH, 0, i64::MAX, skip).await? else { return Ok(Vec::new()) };
            let Some((total, ahead)) = self.seek(1, stretch, stretch + STRETCH, skip - before).await? else { return Ok(Vec::new()) };
            bound = pack(self.period, total, 0);
            within = skip - before - ahead;
        }
        let statement = format!(
            "SELECT member_id, {score} AS score FROM leaderboard_score WHERE board_id = $1 AND {total} > 0 AND {score} <= $2 \
             ORDER BY {score} DESC, member_id DESC LIMIT $3 OFFSET $4"
        );
        let rows = self.rows(&statement, vec![self.board_id.into(), bound.into(), give.into(), within.into()]).await?;
        rows.iter().map(place).collect()
    }

    /// Neighbours of a member, the member included, and the place of the first.
    async fn near(&self, member_id: Uuid, own: i64, rank: i64, around: i64) -> Result<(i64, Vec<(Uuid, i64)>)> {
        let Columns { total, score } = self.columns;
        let side = |compare: &str, order: &str| {
            format!(
                "SELECT member_id, {score} AS score FROM leaderboard_score WHERE board_id = $1 AND {total} > 0 \
                 AND ({score}, member_id) {compare} ($2, $3) ORDER BY {score} {order}, member_id {order} LIMIT $4"
            )
        };
        let values = |limit: i64| vec![self.board_id.into(), own.into(), member_id.into(), limit.into()];
        let mut near = self.rows(&side(">", "ASC"), values(around)).await?.iter().map(place).collect::<Result<Vec<_>>>()?;
        near.reverse();
        let first = rank - i64::try_from(near.len()).unwrap_or_default();
        let after = self.rows(&side("<=", "DESC"), values(around + 1)).await?;
        for row in &after {
            near.push(place(row)?);
        }
        Ok((first, near))
    }
}

fn place(row: &QueryResult) -> Result<(Uuid, i64)> {
    Ok((row.try_get("", "member_id")?, row.try_get("", "score")?))
}
