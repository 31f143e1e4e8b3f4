//! Obstacles (硬性条件): what the law, the need or the helper rules out, with the numbers behind it, and the one change that would help.
//!
//! An obstacle is never weighed against a score. [`Pair::fit`] and [`Pair::why_not`] ask the same checks, so a pair that does not fit always has
//! an obstacle to name, and a pair that fits has none.

use std::ops::ControlFlow::{self, Break, Continue};

use chrono::{Datelike, NaiveDate};

use super::problem::{Cause, Helper, Need, NeedKind, Problem, Qualification, Term, Window};
use super::slot::{Day, SLOT_MINUTES, day};

/// Why a helper cannot meet a need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It gives something else.
    Kind { wanted: NeedKind, gives: NeedKind },
    /// It is the helper's own need.
    Own,
    /// It has not agreed to be proposed.
    Consent,
    /// One side turned the other down.
    Dismissed { until: Day },
    /// It is being asked already, or has agreed.
    Asked,
    /// It does not serve that far: its reach lies at `depth`, the region that both lie in at `common`.
    Reach { depth: u8, common: u8 },
    /// A required skill is missing.
    Skill { term: Term },
    /// A required qualification or training is missing.
    Qualification { term: Term },
    /// A required qualification is no longer valid on the day.
    Expired { term: Term, until: Day, on: Day },
    /// It pauses on the day.
    Paused { until: Day, on: Day },
    /// Too young on the day, or of unknown age (`turns` is none).
    UnderAge { least: u8, turns: Option<Day>, on: Day },
    /// No accident insurance on the day.
    Insurance { until: Option<Day>, on: Day },
    /// It is not free for the whole of `from..to`, where it comes nearest to being so, only for `free` slots of it.
    Busy { from: u16, to: u16, free: u16 },
    /// Too few minutes are left in the week.
    WeekMinutes { week: u8, left: u16, needed: u16 },
    /// No place is left in the week.
    WeekPlaces { week: u8 },
    /// No place is left in all.
    Places,
}

/// The one change that would make a pair fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Agreeing to be proposed.
    Consent,
    /// Lifting the dismissal that stands until a day.
    LiftDismissal { until: Day },
    /// Serving as far as the region at this depth around the helper.
    WidenReach { depth: u8 },
    /// Learning a skill.
    AddSkill { term: Term },
    /// A qualification or training, valid on a day.
    AddQualification { term: Term, until: Day },
    /// Renewing a qualification until a day at least.
    RenewQualification { term: Term, until: Day },
    /// Ending the pause before a day.
    EndPause { before: Day },
    /// Holding it on or after a day: the helper is then old enough.
    NotBefore { day: Day },
    /// Giving the date of birth.
    GiveBirth,
    /// Accident insurance until a day at least.
    Insure { until: Day },
    /// Being free during these slots.
    BeFree { from: u16, to: u16 },
    /// Having this many minutes left in a week.
    RaiseMinutes { week: u8, to: u16 },
    /// Having a place left in a week.
    RaisePlaces { week: u8 },
    /// Having a place left in all.
    RaiseTotal,
}

impl Obstacle {
    /// What would do away with it on a day; none where nothing can.
    #[must_use]
    pub fn change(self, on: Day) -> Option<Change> {
        match self {
            Self::Kind { .. } | Self::Own | Self::Asked => None,
            Self::Consent => Some(Change::Consent),
            Self::Dismissed { until } => Some(Change::LiftDismissal { until }),
            Self::Reach { common, .. } => Some(Change::WidenReach { depth: common }),
            Self::Skill { term } => Some(Change::AddSkill { term }),
            Self::Qualification { term } => Some(Change::AddQualification { term, until: on }),
            Self::Expired { term, .. } => Some(Change::RenewQualification { term, until: on }),
            Self::Paused { .. } => Some(Change::EndPause { before: on }),
            Self::UnderAge { turns: Some(day), .. } => Some(Change::NotBefore { day }),
            Self::UnderAge { turns: None, .. } => Some(Change::GiveBirth),
            Self::Insurance { .. } => Some(Change::Insure { until: on }),
            Self::Busy { from, to, .. } => Some(Change::BeFree { from, to }),
            Self::WeekMinutes { week, needed, .. } => Some(Change::RaiseMinutes { week, to: needed }),
            Self::WeekPlaces { week } => Some(Change::RaisePlaces { week }),
            Self::Places => Some(Change::RaiseTotal),
        }
    }
}

/// When a helper would come: slots `from..to`, the same twice where time plays no part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First slot.
    pub from: u16,
    /// Slot after the last.
    pub to: u16,
}

/// The answer to "why not?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyNot {
    /// When the helper would come, or comes nearest to being able to.
    pub span: Span,
    /// Everything in the way at that time; empty when the pair fits.
    pub obstacles: Vec<Obstacle>,
    /// The one change that would make it fit, if one is enough.
    pub change: Option<Change>,
}

/// A need and a helper looked at together.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    pub problem: &'a Problem,
    pub need: &'a Need,
    pub helper: &'a Helper,
    /// Whether the helper is the one in need.
    pub own: bool,
    /// Why and until when the pair is not proposed.
    pub dismissed: Option<(Cause, Day)>,
}

type Noted = ControlFlow<()>;

impl Pair<'_> {
    /// The first time at which nothing is in the way.
    pub fn fit(&self) -> Option<Span> {
        let mut stop = |_| Break(());
        if self.standing(&mut stop).is_break() {
            return None;
        }
        self.spans().find(|span| self.at(*span, &mut stop).is_continue())
    }

    /// Whether nothing is in the way at one time.
    pub fn fits_at(&self, span: Span) -> bool {
        let mut stop = |_| Break(());
        self.spans().any(|one| one == span) && self.standing(&mut stop).is_continue() && self.at(span, &mut stop).is_continue()
    }

    /// All obstacles at the time with the fewest of them.
    pub fn why_not(&self) -> WhyNot {
        let mut standing = Vec::new();
        let _ = self.standing(&mut |obstacle| noted(&mut standing, obstacle));
        let mut best: Option<(usize, u16, WhyNot)> = None;
        for span in self.spans() {
            let mut obstacles = standing.clone();
            let _ = self.at(span, &mut |obstacle| noted(&mut obstacles, obstacle));
            let lacking = obstacles.iter().map(|obstacle| if let Obstacle::Busy { from, to, free } = obstacle { to - from - free } else { 0 }).sum();
            if best.as_ref().is_none_or(|(count, least, _)| (obstacles.len(), lacking) < (*count, *least)) {
                let change = if let [only] = obstacles[..] { only.change(self.problem.horizon.day(span.from)) } else { None };
                best = Some((obstacles.len(), lacking, WhyNot { span, obstacles, change }));
            }
        }
        best.map_or(WhyNot { span: Span { from: 0, to: 0 }, obstacles: standing, change: None }, |(_, _, answer)| answer)
    }

    /// Every time at which it could be held, in the order of the windows.
    fn spans(&self) -> impl Iterator<Item = Span> {
        let slots = self.need.slots;
        let timed =
            self.need.windows.iter().flat_map(move |&Window { from, to }| (from..=to - slots).map(move |at| Span { from: at, to: at + slots }));
        let untimed = self.need.windows.is_empty().then_some(Span { from: 0, to: 0 });
        timed.chain(untimed)
    }

    /// What does not depend on the time.
    fn standing(&self, note: &mut impl FnMut(Obstacle) -> Noted) -> Noted {
        let (need, helper) = (self.need, self.helper);
        if need.kind != helper.gives {
            note(Obstacle::Kind { wanted: need.kind, gives: helper.gives })?;
        }
        if self.own {
            note(Obstacle::Own)?;
        }
        if !helper.consented {
            note(Obstacle::Consent)?;
        }
        if let Some((cause, until)) = self.dismissed.filter(|(_, until)| *until >= self.problem.horizon.first) {
            note(match cause {
                Cause::TurnedDown => Obstacle::Dismissed { until },
                Cause::Asked => Obstacle::Asked,
                Cause::Own => Obstacle::Own,
            })?;
        }
        let common = self.problem.common_depth(need.place, helper.place);
        if common < helper.reach {
            note(Obstacle::Reach { depth: helper.reach, common })?;
        }
        let missing = need.skills.without(&helper.skills);
        if !missing.is_empty() {
            for term in missing.iter() {
                note(Obstacle::Skill { term })?;
            }
        }
        if !need.qualifications.is_empty() {
            for term in need.qualifications.iter().filter(|term| !helper.qualifications.iter().any(|held| held.term == *term)) {
                note(Obstacle::Qualification { term })?;
            }
        }
        if helper.places_total == 0 {
            note(Obstacle::Places)?;
        }
        Continue(())
    }

    /// What depends on the time.
    fn at(&self, span: Span, note: &mut impl FnMut(Obstacle) -> Noted) -> Noted {
        let helper = self.helper;
        if span.from < span.to {
            if !helper.free.holds(span.from, span.to) {
                let free = u16::try_from(helper.free.count(span.from, span.to)).unwrap_or_default();
                note(Obstacle::Busy { from: span.from, to: span.to, free })?;
            }
            let week = self.problem.horizon.week(span.from);
            let (left, needed) = (helper.minutes_left[usize::from(week)], minutes(span));
            if left < needed {
                note(Obstacle::WeekMinutes { week, left, needed })?;
            }
            if helper.places_left[usize::from(week)] == 0 {
                note(Obstacle::WeekPlaces { week })?;
            }
        }
        self.on(self.problem.horizon.day(span.from), note)
    }

    /// What depends on the day.
    fn on(&self, on: Day, note: &mut impl FnMut(Obstacle) -> Noted) -> Noted {
        let (need, helper) = (self.need, self.helper);
        if let Some(until) = helper.paused_until.filter(|until| *until >= on) {
            note(Obstacle::Paused { until, on })?;
        }
        if !need.qualifications.is_empty() {
            for term in need.qualifications.iter() {
                if let Some(until) = expired(&helper.qualifications, term, on) {
                    note(Obstacle::Expired { term, until, on })?;
                }
            }
        }
        if need.min_age > 0 {
            let turns = helper.birth.map(|birth| turns(birth, need.min_age));
            if turns.is_none_or(|turns| turns > on) {
                note(Obstacle::UnderAge { least: need.min_age, turns, on })?;
            }
        }
        if need.wants_insurance() && helper.insured_until.is_none_or(|until| until < on) {
            note(Obstacle::Insurance { until: helper.insured_until, on })?;
        }
        Continue(())
    }
}

/// Minutes of a span.
pub(super) fn minutes(span: Span) -> u16 {
    (span.to - span.from) * SLOT_MINUTES
}

fn noted(obstacles: &mut Vec<Obstacle>, obstacle: Obstacle) -> Noted {
    obstacles.push(obstacle);
    Continue(())
}

/// The last day of a qualification that is held but over on a day.
fn expired(held: &[Qualification], term: Term, on: Day) -> Option<Day> {
    let mut last = None;
    for one in held.iter().filter(|one| one.term == term) {
        last = last.max(Some(one.until?));
    }
    last.filter(|until| *until < on)
}

/// The day on which somebody reaches an age; who was born on a leap day, on the first of March.
pub(super) fn turns(birth: NaiveDate, age: u8) -> Day {
    let year = birth.year() + i32::from(age);
    let on = birth.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1));
    on.map_or(Day::MAX, day)
}

impl Problem {
    /// Depth of the deepest region that two places both lie in.
    #[must_use]
    pub(super) fn common_depth(&self, one: u32, two: u32) -> u8 {
        let (mut one, mut two) = (one, two);
        while one != two {
            // A parent stands before its children, so the later of two different places cannot be above the other.
            let later = if one > two { &mut one } else { &mut two };
            *later = self.places[*later as usize].parent.unwrap_or_default();
        }
        self.places[one as usize].depth
    }
}
