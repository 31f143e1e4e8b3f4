//! What certified records bring to boards: the one place that says on which boards something counts.
//!
//! A *contribution* is one record, or several alike (same member, place, colour and day) taken together. [`totals`] adds up, for some members of
//! a subject, everything that stands in the database now; the relay uses its moments when a record was revoked, `verify` all of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use entity::id::RegionId;
use entity::leaderboard_board::BoardSubject;
use entity::team::TeamColour;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{ActiveEnum, ConnectionTrait, QueryResult};
use uuid::Uuid;

use super::BoardKey;
use super::period::{PERIODS, Period, units};
use super::place::Places;
use crate::db::sql;
use crate::error::Result;
use crate::event::RecordFact;

/// Every kind of subject.
pub const SUBJECTS: [BoardSubject; 4] = [BoardSubject::Volunteer, BoardSubject::Team, BoardSubject::Unit, BoardSubject::Grid];

/// Members asked for with one statement.
const CHUNK: usize = 500;

/// What something brings, and where it counts.
#[derive(Clone, Copy, Debug)]
pub struct Contribution {
    /// The place.
    pub region_id: RegionId,
    /// The colour.
    pub colour: Option<TeamColour>,
    /// The day.
    pub date: BusinessDate,
    /// Points.
    pub points: i64,
    /// Minutes.
    pub minutes: i64,
    /// When the latest part that brought points was certified.
    pub points_at: Option<UtcMicros>,
    /// When the latest part that brought minutes was certified.
    pub minutes_at: Option<UtcMicros>,
}

/// A member's totals on a board, and the units at which each was reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Points.
    pub points: i64,
    /// Minutes.
    pub minutes: i64,
    /// Units of the latest part that brought points.
    pub points_units: Option<i64>,
    /// Units of the latest part that brought minutes.
    pub minutes_units: Option<i64>,
}

impl Total {
    /// Adds a contribution within a period.
    pub fn add(&mut self, period: Period, part: &Contribution) {
        self.points += part.points;
        self.minutes += part.minutes;
        self.points_units = self.points_units.max(part.points_at.map(|at| units(period, at)));
        self.minutes_units = self.minutes_units.max(part.minutes_at.map(|at| units(period, at)));
    }
}

impl Contribution {
    /// What a certified record brings.
    #[must_use]
    pub fn of(fact: &RecordFact) -> Self {
        Self {
            region_id: fact.region_id,
            colour: fact.colour,
            date: fact.business_date,
            points: fact.points,
            minutes: fact.minutes,
            points_at: (fact.points > 0).then_some(fact.certified_at),
            minutes_at: (fact.minutes > 0).then_some(fact.certified_at),
        }
    }

    /// Calls `count` for every period and scope it counts in.
    pub fn spread(&self, places: &Places, mut count: impl FnMut(Period, Uuid, Option<TeamColour>)) {
        let periods = PERIODS.map(|kind| Period::of(kind, self.date));
        for (scope_id, colour) in places.scopes(self.region_id, self.colour) {
            for period in periods {
                count(period, scope_id, colour);
            }
        }
    }
}

/// Who stands on boards for a record: the person, the team, its sponsor, the place.
#[must_use]
pub fn members(fact: &RecordFact) -> [(BoardSubject, Option<Uuid>); 4] {
    [
        (BoardSubject::Volunteer, Some(fact.volunteer_id.0)),
        (BoardSubject::Team, fact.team_id.map(|id| id.0)),
        (BoardSubject::Unit, fact.unit_id.map(|id| id.0)),
        (BoardSubject::Grid, Some(fact.region_id.0)),
    ]
}

/// The column of a record that names the member of a subject.
#[must_use]
pub const fn column(subject: BoardSubject) -> &'static str {
    match subject {
        BoardSubject::Volunteer => "volunteer_id",
        BoardSubject::Team => "team_id",
        BoardSubject::Unit => "unit_id",
        BoardSubject::Grid => "region_id",
    }
}

/// Everything the certified records of some members add up to now, by board and member.
///
/// # Errors
/// When the database cannot be read.
pub async fn totals(
    connection: &impl ConnectionTrait,
    places: &mut Places,
    subject: BoardSubject,
    members: &[Uuid],
) -> Result<HashMap<(BoardKey, Uuid), Total>> {
    let mut totals: HashMap<(BoardKey, Uuid), Total> = HashMap::new();
    for chunk in members.chunks(CHUNK) {
        let marks = (1..=chunk.len()).map(|at| format!("${at}")).collect::<Vec<_>>().join(", ");
        let column = column(subject);
        let statement = format!(
            "SELECT r.{column} AS member_id, r.region_id AS place_id, r.colour, r.business_date, CAST(SUM(r.minutes) AS BIGINT) AS minutes, \
             CAST(COALESCE(SUM(a.points), 0) AS BIGINT) AS points, MAX(r.certified_at) AS minutes_at, \
             MAX(CASE WHEN a.points > 0 THEN r.certified_at END) AS points_at \
             FROM service_record r LEFT JOIN award a ON a.record_id = r.id AND a.reversed_at IS NULL \
             WHERE r.state = 'CERTIFIED' AND r.{column} IN ({marks}) GROUP BY r.{column}, r.region_id, r.colour, r.business_date"
        );
        let rows = connection.query_all_raw(sql(connection, &statement, chunk.iter().map(|id| (*id).into()))).await?;
        let parts = rows.iter().map(part).collect::<Result<Vec<_>>>()?;
        places.load(connection, parts.iter().map(|(_, part)| part.region_id)).await?;
        for (member_id, part) in parts {
            part.spread(places, |period, scope_id, colour| {
                let board = BoardKey { scope_id, colour, subject, period: period.kind, period_key: period.key };
                match totals.entry((board, member_id)) {
                    Entry::Occupied(mut total) => total.get_mut().add(period, &part),
                    Entry::Vacant(place) => place.insert(Total::default()).add(period, &part),
                }
            });
        }
    }
    Ok(totals)
}

fn part(row: &QueryResult) -> Result<(Uuid, Contribution)> {
    let colour: Option<String> = row.try_get("", "colour")?;
    let part = Contribution {
        region_id: row.try_get("", "place_id")?,
        colour: colour.filter(|text| !text.is_empty()).map(|text| TeamColour::try_from_value(&text)).transpose()?,
        date: row.try_get("", "business_date")?,
        points: row.try_get("", "points")?,
        minutes: row.try_get("", "minutes")?,
        points_at: row.try_get("", "points_at")?,
        minutes_at: row.try_get("", "minutes_at")?,
    };
    Ok((row.try_get("", "member_id")?, part))
}
