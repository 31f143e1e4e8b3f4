//! Needs that wait for help.

use std::collections::HashMap;

use entity::id::{AccountId, ListingId, RegionId, VolunteerId};
use entity::time::UtcMicros;
use sea_orm::{DatabaseConnection, Value};

use super::term::List;
use super::volunteer::colour;
use super::{Frame, HelperId, NeedScope, Times, each, only, small};
use crate::error::Result;
use crate::exchange::listing::{codes, state};
use crate::exchange::matching::problem::{Colour, Need, NeedKind, Risk, TermSet, Urgency};
use crate::exchange::point::Point;

/// Places of one need that are planned at once; what is left of it comes with the next plan.
const PLACES_MAX: i64 = 200;

/// A need as it stands in the database, with what answers about it want to know beside the problem.
#[derive(Clone, Debug)]
pub struct NeedRow {
    /// The need.
    pub id: ListingId,
    /// Whose it is, where the person has an account.
    pub owner: Option<AccountId>,
    /// Where it lies.
    pub region_id: RegionId,
    /// Path of its region.
    pub path: String,
    /// Whether it waits for help: published, not over, with places that nobody has promised.
    pub open: bool,
    /// When it can be met.
    pub times: Times,
    /// Where, on the map.
    pub(super) point: Option<Point>,
    places: i64,
    kind: NeedKind,
    urgency: Urgency,
    risk: Risk,
    covered: bool,
    colour: Option<Colour>,
    terms: Asked,
    min_age: i32,
    own: Option<VolunteerId>,
    contributed: i64,
    published_at: i64,
}

/// What a need asks for, as terms.
#[derive(Clone, Debug, Default)]
struct Asked {
    skills: TermSet,
    qualifications: TermSet,
    /// Whether all of it has numbers.
    known: bool,
}

/// Needs that were read.
pub struct Needs {
    /// Those that can be judged.
    pub rows: Vec<NeedRow>,
    /// How many ask for a term without a number.
    pub left_out: u32,
}

/// Reads needs with their windows; the oldest publication first.
pub(super) async fn read(connection: &DatabaseConnection, frame: &Frame, scope: NeedScope<'_>) -> Result<Needs> {
    let mut found = Needs { rows: Vec::new(), left_out: 0 };
    let mut values: Vec<Value> = vec![frame.community_id.into(), frame.now.into()];
    let which = match scope {
        NeedScope::These([]) => return Ok(found),
        NeedScope::All => {
            format!("AND l.kind = 'NEED' AND l.state IN {} AND l.valid_until > $2 AND l.reserved < l.quantity", state::before_sql(state::Step::Claim))
        }
        NeedScope::These(ids) => only("l.id", Some(ids), &mut values),
    };
    let text = format!(
        "SELECT l.id, l.owner_account_id, l.region_id, g.path, l.latitude, l.longitude, l.colour, l.category, l.quantity - l.reserved, l.valid_from, \
         l.valid_until, CASE WHEN l.state IN {} AND l.valid_until > $2 AND l.reserved < l.quantity THEN 1 ELSE 0 END, n.urgency, n.minutes, n.skills, \
         n.qualifications, n.min_age, n.risk_level, CASE WHEN n.insurance_ref IS NULL THEN 0 ELSE 1 END, v.id, v.minutes, p.happened_at, w.starts_at, \
         w.ends_at FROM listing l JOIN need n ON n.id = l.id JOIN region g ON g.id = l.region_id JOIN recipient r ON r.id = n.recipient_id \
         LEFT JOIN volunteer v ON v.account_id = r.account_id LEFT JOIN listing_step p ON p.listing_id = l.id AND p.kind = 'PUBLISHED' \
         LEFT JOIN need_window w ON w.need_id = l.id WHERE l.community_id = $1 {which} ORDER BY l.id, w.starts_at",
        state::before_sql(state::Step::Claim)
    );
    let mut windows = Windows { id: None, row: None, said: Vec::new(), valid: (frame.now, frame.now), minutes: 0 };
    each(connection, &text, values, |row| {
        let id: ListingId = row.try_get_by_index(0)?;
        if windows.id != Some(id) {
            windows.close(frame, &mut found);
            let (skills, qualifications): (String, String) = (row.try_get_by_index(14)?, row.try_get_by_index(15)?);
            let category: String = row.try_get_by_index(7)?;
            let (kind, terms) = asked(frame, &category, &skills, &qualifications);
            let (urgency, risk): (String, String) = (row.try_get_by_index(12)?, row.try_get_by_index(17)?);
            windows.id = Some(id);
            windows.valid = (row.try_get_by_index(9)?, row.try_get_by_index(10)?);
            windows.minutes = i64::from(row.try_get_by_index::<i32>(13)?);
            windows.row = Some(NeedRow {
                id,
                owner: row.try_get_by_index(1)?,
                region_id: row.try_get_by_index(2)?,
                path: row.try_get_by_index(3)?,
                open: row.try_get_by_index::<i32>(11)? == 1,
                times: Times::default(),
                point: Point::of_columns(row.try_get_by_index(4)?, row.try_get_by_index(5)?),
                places: row.try_get_by_index(8)?,
                kind,
                urgency: urgency_of(&urgency),
                risk: risk_of(&risk),
                covered: row.try_get_by_index::<i32>(18)? == 1,
                colour: row.try_get_by_index::<Option<String>>(6)?.as_deref().and_then(colour),
                terms,
                min_age: row.try_get_by_index(16)?,
                own: row.try_get_by_index(19)?,
                contributed: row.try_get_by_index::<Option<i64>>(20)?.unwrap_or_default(),
                published_at: row.try_get_by_index::<Option<i64>>(21)?.unwrap_or(i64::MAX),
            });
        }
        if let (Some(starts_at), Some(ends_at)) = (row.try_get_by_index(22)?, row.try_get_by_index(23)?) {
            windows.said.push((starts_at, ends_at));
        }
        Ok(())
    })
    .await?;
    windows.close(frame, &mut found);
    Ok(found)
}

/// The need that is being read: its row, and the windows so far.
struct Windows {
    id: Option<ListingId>,
    row: Option<NeedRow>,
    said: Vec<(UtcMicros, UtcMicros)>,
    valid: (UtcMicros, UtcMicros),
    minutes: i64,
}

impl Windows {
    /// The next need begins: this one is complete.
    fn close(&mut self, frame: &Frame, found: &mut Needs) {
        let said = std::mem::take(&mut self.said);
        let Some(mut row) = self.row.take() else { return };
        row.times = match (row.kind, said.is_empty()) {
            // Things can be had at any time, unless the need names one.
            (NeedKind::Goods, true) => Times::default(),
            (_, true) => Times::soon(frame.horizon, self.valid, self.minutes, frame.now),
            (_, false) => Times::said(&said, self.valid, self.minutes, frame.now),
        };
        if row.terms.known {
            found.rows.push(row);
        } else {
            found.left_out += 1;
        }
    }
}

fn asked(frame: &Frame, category: &str, skills: &str, qualifications: &str) -> (NeedKind, Asked) {
    let service = frame.terms.number(List::Service, category);
    let kind = if service.is_some() { NeedKind::Service } else { NeedKind::Goods };
    let mut asked = Asked { known: true, ..Asked::default() };
    match service.or_else(|| frame.terms.number(List::Resource, category)) {
        Some(term) => asked.skills.insert(term),
        None => asked.known = false,
    }
    let mut fill = |list: List, column: &str, set: fn(&mut Asked) -> &mut TermSet| {
        for code in codes(column) {
            match frame.terms.number(list, &code) {
                Some(term) => set(&mut asked).insert(term),
                None => asked.known = false,
            }
        }
    };
    fill(List::Skill, skills, |asked| &mut asked.skills);
    fill(List::Qualification, qualifications, |asked| &mut asked.qualifications);
    (kind, asked)
}

fn urgency_of(name: &str) -> Urgency {
    match name {
        "URGENT" => Urgency::Urgent,
        "DIFFICULT" => Urgency::Hard,
        "WORRYING" => Urgency::Worry,
        _ => Urgency::Wish,
    }
}

fn risk_of(name: &str) -> Risk {
    match name {
        "LOW" => Risk::Low,
        "MEDIUM" => Risk::Medium,
        _ => Risk::High,
    }
}

impl NeedRow {
    /// Places that nobody has promised or is being asked for.
    pub(super) fn hold(&mut self, asked: i64) -> bool {
        self.places -= asked;
        self.places > 0 && self.can_be_met()
    }

    /// Who is in need, where that is a volunteer, and the minutes that count for the person.
    #[must_use]
    pub fn recipient(&self) -> (Option<VolunteerId>, i64) {
        (self.own, self.contributed)
    }

    /// Whether there is still a time for it.
    #[must_use]
    pub fn can_be_met(&self) -> bool {
        self.kind == NeedKind::Goods || !self.times.is_over()
    }
}

/// A row as the problem has it.
#[must_use]
#[expect(clippy::implicit_hasher, reason = "there is one map of helpers")]
pub fn of_row(frame: &Frame, row: &NeedRow, helpers: &HashMap<HelperId, u32>) -> Need {
    let (windows, slots) = row.times.on_grid(frame.horizon);
    let slots = if windows.is_empty() { 0 } else { slots };
    Need {
        id: row.id.0,
        kind: row.kind,
        urgency: row.urgency,
        places: small(row.places.clamp(1, PLACES_MAX), 1),
        windows,
        slots,
        place: frame.place(row.region_id),
        at: row.point.and_then(|at| frame.plane(at)),
        skills: row.terms.skills,
        welcome: TermSet::default(),
        qualifications: row.terms.qualifications,
        min_age: small(row.min_age, u8::MAX),
        insured: false,
        risk: row.risk,
        covered: row.covered,
        colour: row.colour,
        published_at: row.published_at,
        contributed: small(row.contributed, u32::MAX),
        own: row.own.and_then(|own| helpers.get(&HelperId::Volunteer(own)).copied()),
    }
}
