//! Volunteers as helpers: what they said they can do, what the community has seen, what they did lately.

use std::collections::HashMap;

use entity::id::{RegionId, ServiceRecordId, TeamId};
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::{DatabaseConnection, Value};
use uuid::Uuid;

use super::pair::Busy;
use super::term::List;
use super::{Frame, calendar, day, each, only, small};
use crate::error::Result;
use crate::exchange::matching::number;
use crate::exchange::matching::problem::{Colour, Helper, HelperKind, NeedKind, Qualification, TermSet};
use crate::exchange::matching::slot::{SLOT_MINUTES, SlotSet, WEEKS, WeekSet};
use crate::exchange::point::Point;
use crate::exchange::supply::{MINUTES_DEFAULT, TASKS_DEFAULT};

/// Days of service that count as recent.
const RECENT_DAYS: i64 = 28;
/// Days over which promises are counted.
const PROMISE_DAYS: i64 = 84;
/// Depth of a grid below its community, and of everything above a building.
const GRID_DEPTH: u8 = 2;

/// What a volunteer row and its supply say.
pub(super) struct Row {
    pub id: Uuid,
    pub region_id: RegionId,
    pub point: Option<Point>,
    birth: i32,
    ready: bool,
    reach: i32,
    tasks: i32,
    minutes: i32,
    paused_until: Option<i32>,
}

/// Some hours of a day that is unlike the others.
struct Exception {
    at: u32,
    date: i32,
    starts: i32,
    ends: i32,
    available: bool,
}

/// Membership of a team, in the order of the teams.
pub(super) struct Member {
    pub team_id: TeamId,
    pub region_id: RegionId,
    pub colour: Option<Colour>,
    pub volunteer: Uuid,
}

/// Rows of volunteers; every list is by position.
pub(super) struct Volunteers {
    pub rows: Vec<Row>,
    index: HashMap<Uuid, u32>,
    skills: Vec<TermSet>,
    weeks: Vec<WeekSet>,
    exceptions: Vec<Exception>,
    qualifications: Vec<Vec<Qualification>>,
    recent: Vec<u32>,
    promises: Vec<(u32, u32)>,
    roster: Vec<Member>,
    colours: Vec<(Uuid, Colour)>,
}

/// Reads the volunteers: all who said what they can do and may serve, or those named with the members of the teams named.
pub(super) async fn read(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>) -> Result<Volunteers> {
    let (rows, index) = rows(connection, frame, who).await?;
    let at = |id: Uuid| index.get(&id).copied();
    let mut all = Volunteers {
        skills: vec![TermSet::default(); rows.len()],
        weeks: vec![WeekSet::default(); rows.len()],
        exceptions: Vec::new(),
        qualifications: vec![Vec::new(); rows.len()],
        recent: vec![0; rows.len()],
        promises: vec![(0, 0); rows.len()],
        roster: Vec::new(),
        colours: Vec::new(),
        rows: Vec::new(),
        index: HashMap::new(),
    };
    tokio::try_join!(
        skills(connection, frame, who, &at, &mut all.skills),
        hours(connection, frame, who, &at, &mut all.weeks),
        exceptions(connection, frame, who, &at, &mut all.exceptions),
        qualifications(connection, frame, who, &at, &mut all.qualifications),
        recent(connection, frame, who, &at, &mut all.recent),
        promises(connection, frame, who, &at, &mut all.promises),
        roster(connection, frame, who, &mut all.roster),
        colours(connection, frame, who, &mut all.colours),
    )?;
    Ok(Volunteers { rows, index, ..all })
}

async fn rows(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>) -> Result<(Vec<Row>, HashMap<Uuid, u32>)> {
    let mut values: Vec<Value> = vec![frame.community_id.into()];
    let named = only("v.id", who, &mut values);
    let join = if who.is_some() { "LEFT JOIN" } else { "JOIN" };
    let state = if who.is_some() { "" } else { "AND v.state = 'ACTIVE'" };
    let text = format!(
        "SELECT v.id, v.region_id, v.birth_date, CASE WHEN v.state = 'ACTIVE' AND s.volunteer_id IS NOT NULL THEN 1 ELSE 0 END, \
         CASE s.reach WHEN 'GRID' THEN 0 WHEN 'COMMUNITY' THEN 2 ELSE 1 END, s.weekly_tasks_max, s.weekly_minutes_max, s.latitude, s.longitude, \
         s.paused_until FROM volunteer v {join} volunteer_supply s ON s.volunteer_id = v.id WHERE v.community_id = $1 {state} {named} ORDER BY v.id"
    );
    let (mut rows, mut index) = (Vec::new(), HashMap::new());
    each(connection, &text, values, |row| {
        let id: Uuid = row.try_get_by_index(0)?;
        index.insert(id, number(rows.len()));
        rows.push(Row {
            id,
            region_id: row.try_get_by_index(1)?,
            birth: row.try_get_by_index(2)?,
            ready: row.try_get_by_index::<i32>(3)? == 1,
            reach: row.try_get_by_index(4)?,
            tasks: row.try_get_by_index::<Option<i32>>(5)?.unwrap_or(TASKS_DEFAULT),
            minutes: row.try_get_by_index::<Option<i32>>(6)?.unwrap_or(MINUTES_DEFAULT),
            point: Point::of_columns(row.try_get_by_index(7)?, row.try_get_by_index(8)?),
            paused_until: row.try_get_by_index(9)?,
        });
        Ok(())
    })
    .await?;
    Ok((rows, index))
}

/// The rows of a list that hangs on the volunteers, of a whole community by their supply. Where `columns` sum up, a row for each volunteer.
fn of_volunteers(columns: &str, table: &str, more: &str, frame: &Frame, who: Option<&[Uuid]>, mut values: Vec<Value>) -> (String, Vec<Value>) {
    let end = if columns.starts_with("string_agg") { "GROUP BY l.volunteer_id" } else { "" };
    if who.is_some() {
        let named = only("l.volunteer_id", who, &mut values);
        return (format!("SELECT l.volunteer_id, {columns} FROM {table} l WHERE TRUE {more} {named} {end}"), values);
    }
    values.push(frame.community_id.into());
    let text = format!(
        "SELECT l.volunteer_id, {columns} FROM volunteer_supply s JOIN {table} l ON l.volunteer_id = s.volunteer_id \
         WHERE s.community_id = ${} {more} {end}",
        values.len()
    );
    (text, values)
}

type At<'a> = &'a (dyn Fn(Uuid) -> Option<u32> + Sync);

async fn skills(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, at: At<'_>, sets: &mut [TermSet]) -> Result<()> {
    let numbers = frame.terms.codes(List::Skill);
    // Half a million short rows cost more than a hundred thousand longer ones.
    let (text, values) = of_volunteers("string_agg(l.code, ',')", "volunteer_skill", "", frame, who, Vec::new());
    each(connection, &text, values, |row| {
        let (at, codes): (_, String) = (at(row.try_get_by_index(0)?), row.try_get_by_index(1)?);
        let Some(at) = at else { return Ok(()) };
        codes.split(',').filter_map(|code| numbers.get(code)).for_each(|term| sets[at as usize].insert(*term));
        Ok(())
    })
    .await
}

async fn hours(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, at: At<'_>, weeks: &mut [WeekSet]) -> Result<()> {
    // Weekday, start and end as the digits of one number.
    let columns = "string_agg(CAST((l.weekday * 2000 + l.starts) * 2000 + l.ends AS TEXT), ',')";
    let (text, values) = of_volunteers(columns, "volunteer_hours", "", frame, who, Vec::new());
    each(connection, &text, values, |row| {
        let (at, all): (_, String) = (at(row.try_get_by_index(0)?), row.try_get_by_index(1)?);
        let Some(at) = at else { return Ok(()) };
        for packed in all.split(',').filter_map(|number| number.parse::<i32>().ok()) {
            let (from, to) = whole_slots(packed / 2_000 % 2_000, packed % 2_000);
            weeks[at as usize].insert(small(packed / 4_000_000 - 1, u16::MAX), from, to);
        }
        Ok(())
    })
    .await
}

/// The slots of a day that lie whole within some minutes of it.
fn whole_slots(starts: i32, ends: i32) -> (u16, u16) {
    let (starts, ends): (u16, u16) = (small(starts, u16::MAX), small(ends, u16::MAX));
    (starts.div_ceil(SLOT_MINUTES), ends / SLOT_MINUTES)
}

async fn exceptions(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, at: At<'_>, found: &mut Vec<Exception>) -> Result<()> {
    let today = frame.now.business_date();
    let values = vec![today.into(), today.plus_days(28).into()];
    let columns = "l.date, l.starts, l.ends, l.available";
    let (text, values) = of_volunteers(columns, "volunteer_exception", "AND l.date >= $1 AND l.date < $2", frame, who, values);
    each(connection, &text, values, |row| {
        if let Some(at) = at(row.try_get_by_index(0)?) {
            let (date, starts, ends) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            found.push(Exception { at, date, starts, ends, available: row.try_get_by_index(4)? });
        }
        Ok(())
    })
    .await?;
    // Being there beyond the usual hours outweighs being away.
    found.sort_unstable_by_key(|one| one.available);
    Ok(())
}

async fn qualifications(
    connection: &DatabaseConnection,
    frame: &Frame,
    who: Option<&[Uuid]>,
    at: At<'_>,
    lists: &mut [Vec<Qualification>],
) -> Result<()> {
    let numbers = frame.terms.codes(List::Qualification);
    let (text, values) = of_volunteers("l.code, l.valid_until", "volunteer_qualification", "", frame, who, Vec::new());
    each(connection, &text, values, |row| {
        let code: String = row.try_get_by_index(1)?;
        if let (Some(at), Some(term)) = (at(row.try_get_by_index(0)?), numbers.get(code.as_str())) {
            let until = row.try_get_by_index::<Option<i32>>(2)?.map(day);
            lists[at as usize].push(Qualification { term: *term, until });
        }
        Ok(())
    })
    .await
}

async fn recent(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, at: At<'_>, minutes: &mut [u32]) -> Result<()> {
    let since = frame.now.plus(-RECENT_DAYS * UtcMicros::DAY);
    // A record is made after the service, so nothing recent stands before the first id of that day.
    let mut values: Vec<Value> = vec![frame.community_id.into(), ServiceRecordId::first_of(since).into(), since.business_date().into()];
    let named = only("volunteer_id", who, &mut values);
    let text = format!(
        "SELECT volunteer_id, CAST(SUM(minutes) AS BIGINT) FROM service_record \
         WHERE community_id = $1 AND state = 'CERTIFIED' AND id > $2 AND business_date > $3 {named} GROUP BY volunteer_id"
    );
    each(connection, &text, values, |row| {
        if let Some(at) = at(row.try_get_by_index(0)?) {
            minutes[at as usize] = small(row.try_get_by_index::<i64>(1)?, u32::MAX);
        }
        Ok(())
    })
    .await
}

async fn promises(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, at: At<'_>, counts: &mut [(u32, u32)]) -> Result<()> {
    let mut values: Vec<Value> = vec![frame.community_id.into(), frame.now.plus(-PROMISE_DAYS * UtcMicros::DAY).into(), frame.now.into()];
    let named = only("s.volunteer_id", who, &mut values);
    let text = format!(
        "SELECT s.volunteer_id, CAST(SUM(CASE WHEN s.state = 'ATTENDED' THEN 1 ELSE 0 END) AS BIGINT), COUNT(*) \
         FROM activity_session a JOIN sign_up s ON s.session_id = a.id \
         WHERE a.community_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND s.state IN ('ATTENDED', 'NO_SHOW') {named} GROUP BY s.volunteer_id"
    );
    each(connection, &text, values, |row| {
        if let Some(at) = at(row.try_get_by_index(0)?) {
            counts[at as usize] = (small(row.try_get_by_index::<i64>(1)?, u32::MAX), small(row.try_get_by_index::<i64>(2)?, u32::MAX));
        }
        Ok(())
    })
    .await
}

async fn roster(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, members: &mut Vec<Member>) -> Result<()> {
    let mut values: Vec<Value> = vec![frame.community_id.into()];
    let named = only("t.id", who, &mut values);
    let text = format!(
        "SELECT t.id, t.region_id, t.colour, m.volunteer_id FROM team t JOIN team_member m ON m.team_id = t.id \
         WHERE t.community_id = $1 AND t.dissolved_at IS NULL {named} ORDER BY t.id, m.volunteer_id"
    );
    each(connection, &text, values, |row| {
        members.push(Member {
            team_id: row.try_get_by_index(0)?,
            region_id: row.try_get_by_index(1)?,
            colour: row.try_get_by_index::<Option<String>>(2)?.as_deref().and_then(colour),
            volunteer: row.try_get_by_index(3)?,
        });
        Ok(())
    })
    .await
}

/// The colours of volunteers who are named; of a whole community the roster says them.
async fn colours(connection: &DatabaseConnection, frame: &Frame, who: Option<&[Uuid]>, found: &mut Vec<(Uuid, Colour)>) -> Result<()> {
    if who.is_none() {
        return Ok(());
    }
    let mut values: Vec<Value> = vec![frame.community_id.into()];
    let named = only("m.volunteer_id", who, &mut values);
    let text = format!(
        "SELECT m.volunteer_id, t.colour FROM team_member m JOIN team t ON t.id = m.team_id \
         WHERE t.community_id = $1 AND t.dissolved_at IS NULL {named} ORDER BY t.id"
    );
    each(connection, &text, values, |row| {
        let colour = row.try_get_by_index::<Option<String>>(1)?.as_deref().and_then(colour);
        if let Some(colour) = colour {
            found.push((row.try_get_by_index(0)?, colour));
        }
        Ok(())
    })
    .await
}

/// A colour of a column.
pub(super) fn colour(name: &str) -> Option<Colour> {
    let names = ["RED", "ORANGE", "YELLOW", "GREEN", "CYAN", "BLUE", "PURPLE"];
    (0..).zip(names).find(|(_, known)| *known == name).map(|(at, _)| Colour(at))
}

/// How deep the region around somebody's home is in which they serve.
fn reach(said: i32, home: u8) -> u8 {
    let grid = home.min(GRID_DEPTH);
    match said {
        0 => grid,
        1 => grid.saturating_sub(1),
        _ => 0,
    }
}

/// Puts the rows together; in their order, so that positions are those of the rows.
pub(super) fn helpers(frame: &Frame, mut all: Volunteers, busy: &Busy) -> (Vec<Helper>, Vec<Member>) {
    let services = frame.terms.of(List::Service);
    let mut helpers: Vec<Helper> = (0..all.rows.len()).map(|at| helper(frame, &mut all, at, services)).collect();
    let first = frame.now.business_date().starts_at();
    for one in &all.exceptions {
        let midnight = BusinessDate(one.date).starts_at();
        let moment = |minute: i32| midnight.plus(i64::from(minute) * UtcMicros::MINUTE);
        let free = &mut helpers[one.at as usize].free;
        if one.available {
            let (from, to) = calendar::within(frame.horizon, moment(one.starts).max(first), moment(one.ends));
            free.insert(from, to.max(from));
        } else {
            let (from, to) = calendar::touched(frame.horizon, moment(one.starts), moment(one.ends));
            free.remove(from, to);
        }
    }
    for helper in &mut helpers {
        busy.take(frame, helper);
    }
    // The colour of the team that was founded first.
    let colours = all.roster.iter().filter_map(|member| Some((member.volunteer, member.colour?))).chain(all.colours);
    for (id, colour) in colours {
        if let Some(at) = all.index.get(&id) {
            helpers[*at as usize].colour.get_or_insert(colour);
        }
    }
    (helpers, all.roster)
}

fn helper(frame: &Frame, all: &mut Volunteers, at: usize, services: TermSet) -> Helper {
    let row = &all.rows[at];
    let place = frame.place(row.region_id);
    let tasks: u8 = small(row.tasks, u8::MAX);
    let (kept, promised) = all.promises[at];
    Helper {
        id: row.id,
        kind: HelperKind::Volunteer,
        gives: NeedKind::Service,
        place,
        reach: reach(row.reach, frame.places[place as usize].depth),
        skills: services.with(&all.skills[at]),
        qualifications: std::mem::take(&mut all.qualifications[at]),
        birth: Some(BusinessDate(row.birth).naive()),
        insured_until: None,
        consented: row.ready,
        paused_until: row.paused_until.map(|until| day(until) - 1),
        free: SlotSet::of_week(&all.weeks[at], frame.horizon),
        minutes_left: [small(row.minutes, u16::MAX); WEEKS],
        places_left: [tasks; WEEKS],
        places_total: u16::from(tasks) * small::<u16>(i64::try_from(WEEKS).unwrap_or_default(), 1),
        seats: 1,
        colour: None,
        kept,
        promised,
        minutes_recent: all.recent[at],
        last_asked: None,
    }
}
