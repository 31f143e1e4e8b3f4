//! What volunteers and teams can do (志愿供给): skills, hours of the week with exceptions, reach, limits, pause.
//!
//! A volunteer says what they can do and when; the qualifications that count are those the community has seen, until they run out
//! (`people::volunteer`). Somebody who said nothing is asked for nothing by the clock alone: without hours there is no time. A pause needs no reason and
//! costs nothing (Volunteer Service Regulations art. 25). A team can what its members can.
//!
//! Words: *hours* are minutes of a weekday, an *exception* a day that is unlike the others, *reach* how far up the region tree somebody comes.

use std::collections::HashMap;

use entity::id::{CommunityId, VolunteerId};
use entity::time::{BusinessDate, UtcMicros};
use entity::volunteer_supply::{self, Reach};
use entity::{volunteer_exception, volunteer_hours, volunteer_qualification, volunteer_skill};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use super::point::Point;
use crate::error::Result;
use crate::people::volunteer;

mod availability;
mod team;
mod write;

pub use availability::Span;
pub use team::{Filter as TeamFilter, TeamSupply, teams};
pub use write::{pause, set};

/// Tasks a week of somebody who set no limit.
pub const TASKS_DEFAULT: i32 = 3;
/// Minutes a week of somebody who set no limit.
pub const MINUTES_DEFAULT: i32 = 600;

/// Hours of a weekday.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Hours {
    /// Monday is 1.
    pub weekday: i32,
    /// Minutes of the day.
    pub span: Span,
}

/// A day that is unlike the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    /// The day.
    pub date: BusinessDate,
    /// Minutes of the day.
    pub span: Span,
    /// There beyond the usual hours; otherwise away.
    pub available: bool,
}

/// What a volunteer can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Supply {
    /// Codes of the `SKILL` list, sorted.
    pub skills: Vec<String>,
    /// Hours of the week, in order.
    pub hours: Vec<Hours>,
    /// Exceptions, in order.
    pub exceptions: Vec<Exception>,
    /// How far they come.
    pub reach: Reach,
    /// Most tasks a week, 1 to 50.
    pub weekly_tasks_max: i32,
    /// Most minutes a week, 15 to 10080.
    pub weekly_minutes_max: i32,
    /// Where they set out from, rounded to a cell.
    pub point: Option<Point>,
    /// Is not to be asked before this day.
    pub paused_until: Option<BusinessDate>,
}

impl Default for Supply {
    fn default() -> Self {
        Self {
            skills: Vec::new(),
            hours: Vec::new(),
            exceptions: Vec::new(),
            reach: Reach::Area,
            weekly_tasks_max: TASKS_DEFAULT,
            weekly_minutes_max: MINUTES_DEFAULT,
            point: None,
            paused_until: None,
        }
    }
}

impl Supply {
    /// Whether somebody is not to be asked on a day.
    #[must_use]
    pub fn pauses(&self, day: BusinessDate) -> bool {
        self.paused_until.is_some_and(|until| day < until)
    }

    /// The times of a day when they can come, apart and in order.
    #[must_use]
    pub fn free(&self, day: BusinessDate) -> Vec<Span> {
        availability::free(&self.hours, &self.exceptions, day)
    }

    /// Whether they can come for the whole of a time of at most a day.
    #[must_use]
    pub fn is_free(&self, starts_at: UtcMicros, ends_at: UtcMicros) -> bool {
        availability::covers(&self.hours, &self.exceptions, starts_at, ends_at)
    }
}

/// What several volunteers can do, with what they said nothing about filled in; everybody asked for is in the answer. Five queries however many they
/// are.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<HashMap<VolunteerId, Supply>> {
    let mut found: HashMap<VolunteerId, Supply> = ids.iter().map(|id| (*id, Supply::default())).collect();
    // One list of parameters must not grow beyond what the databases take.
    for chunk in ids.chunks(5_000) {
        let rows =
            volunteer_supply::Entity::find().filter(volunteer_supply::Column::VolunteerId.is_in(chunk.iter().copied())).all(connection).await?;
        let skills = volunteer_skill::Entity::find().filter(volunteer_skill::Column::VolunteerId.is_in(chunk.iter().copied()));
        let hours = volunteer_hours::Entity::find().filter(volunteer_hours::Column::VolunteerId.is_in(chunk.iter().copied()));
        let exceptions = volunteer_exception::Entity::find().filter(volunteer_exception::Column::VolunteerId.is_in(chunk.iter().copied()));
        fill(
            &mut found,
            rows,
            skills.order_by_asc(volunteer_skill::Column::Code).all(connection).await?,
            hours.order_by_asc(volunteer_hours::Column::Weekday).order_by_asc(volunteer_hours::Column::Starts).all(connection).await?,
            exceptions.order_by_asc(volunteer_exception::Column::Date).order_by_asc(volunteer_exception::Column::Starts).all(connection).await?,
        );
    }
    Ok(found)
}

/// What all volunteers of a community can do who said anything about it.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_community(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<HashMap<VolunteerId, Supply>> {
    use sea_orm::sea_query::Query;
    let rows = volunteer_supply::Entity::find().filter(volunteer_supply::Column::CommunityId.eq(community_id)).all(connection).await?;
    let own = || {
        Query::select()
            .column(volunteer_supply::Column::VolunteerId)
            .from(volunteer_supply::Entity)
            .and_where(volunteer_supply::Column::CommunityId.eq(community_id))
            .to_owned()
    };
    let skills = volunteer_skill::Entity::find().filter(volunteer_skill::Column::VolunteerId.in_subquery(own()));
    let hours = volunteer_hours::Entity::find().filter(volunteer_hours::Column::VolunteerId.in_subquery(own()));
    let exceptions = volunteer_exception::Entity::find().filter(volunteer_exception::Column::VolunteerId.in_subquery(own()));
    let mut found = rows.iter().map(|row| (row.volunteer_id, Supply::default())).collect();
    fill(
        &mut found,
        rows,
        skills.order_by_asc(volunteer_skill::Column::Code).all(connection).await?,
        hours.order_by_asc(volunteer_hours::Column::Weekday).order_by_asc(volunteer_hours::Column::Starts).all(connection).await?,
        exceptions.order_by_asc(volunteer_exception::Column::Date).order_by_asc(volunteer_exception::Column::Starts).all(connection).await?,
    );
    Ok(found)
}

fn fill(
    found: &mut HashMap<VolunteerId, Supply>,
    rows: Vec<volunteer_supply::Model>,
    skills: Vec<volunteer_skill::Model>,
    hours: Vec<volunteer_hours::Model>,
    exceptions: Vec<volunteer_exception::Model>,
) {
    for row in rows {
        if let Some(supply) = found.get_mut(&row.volunteer_id) {
            supply.reach = row.reach;
            supply.weekly_tasks_max = row.weekly_tasks_max;
            supply.weekly_minutes_max = row.weekly_minutes_max;
            supply.point = Point::of_columns(row.latitude, row.longitude);
            supply.paused_until = row.paused_until;
        }
    }
    for row in skills {
        if let Some(supply) = found.get_mut(&row.volunteer_id) {
            supply.skills.push(row.code);
        }
    }
    for row in hours {
        if let Some(supply) = found.get_mut(&row.volunteer_id) {
            supply.hours.push(Hours { weekday: row.weekday, span: Span { starts: row.starts, ends: row.ends } });
        }
    }
    for row in exceptions {
        if let Some(supply) = found.get_mut(&row.volunteer_id) {
            let span = Span { starts: row.starts, ends: row.ends };
            supply.exceptions.push(Exception { date: row.date, span, available: row.available });
        }
    }
}

/// The qualifications of volunteers that hold on a day, as codes.
///
/// # Errors
/// When the database cannot be read.
pub async fn qualifications(connection: &impl ConnectionTrait, ids: &[VolunteerId], day: BusinessDate) -> Result<HashMap<VolunteerId, Vec<String>>> {
    let holds = |row: &volunteer_qualification::Model| row.valid_until.is_none_or(|until| until >= day);
    let lists = volunteer::qualifications(connection, ids).await?;
    Ok(lists.into_iter().map(|(id, rows)| (id, rows.into_iter().filter(|row| holds(row)).map(|row| row.code).collect())).collect())
}
