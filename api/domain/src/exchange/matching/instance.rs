//! The assignment problem of a plan: needs, calendars, and the pairs between them.
//!
//! A *calendar* is one seat of a helper; a volunteer has one, a team as many as it can send at once. An *edge* is a pair that fits, at one time.
//! A plan is a set of edges such that
//!
//! 1. a need has at most as many edges as places,
//! 2. a calendar has no two edges at the same time,
//! 3. a calendar keeps its places and its minutes of each week, and its places in all.
//!
//! What an edge stands on (skills, age, reach, being free, …) was checked when it was made: by construction, no plan can break it. The relaxation
//! that [`bound`](super::bound) certifies against gives up nothing but the needs' places (1), for a price each; 2 and 3 are kept in full.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::number;
use super::slot::{SLOT_MINUTES, WEEKS};
use super::{Candidate, Market};

/// Week of an edge in which time plays no part.
pub const UNTIMED: u8 = u8::MAX;
/// Needs that a thread takes at a time.
const BATCH: usize = 32;

/// A pair that fits, at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Position of the need.
    pub need: u32,
    /// Position of the calendar.
    pub calendar: u32,
    /// Micro-units.
    pub score: i64,
    /// First slot.
    pub from: u16,
    /// Slot after the last.
    pub to: u16,
    /// Calendar week of the first slot, or [`UNTIMED`].
    pub week: u8,
}

impl Edge {
    /// Minutes of work.
    #[must_use]
    pub fn minutes(&self) -> u16 {
        (self.to - self.from) * SLOT_MINUTES
    }

    /// Whether nobody can do both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// What a calendar can still take on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Minutes in each week.
    pub minutes: [u16; WEEKS],
    /// Places in each week.
    pub places: [u8; WEEKS],
    /// Places in all.
    pub total: u16,
}

/// The problem over its candidate edges.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// By need, the best of a need first.
    pub edges: Vec<Edge>,
    /// Where the edges of each need begin, and after the last where they end.
    pub first: Vec<u32>,
    /// Open places of each need.
    pub places: Vec<u16>,
    /// Limits of each calendar.
    pub limits: Vec<Limits>,
    /// Helper of each calendar.
    pub helper: Vec<u32>,
    /// Where the edges of each calendar begin in `of_calendar`, and after the last where they end.
    pub first_of_calendar: Vec<u32>,
    /// Edges by calendar, in order.
    pub of_calendar: Vec<u32>,
}

impl Instance {
    /// Edges of a need.
    #[must_use]
    pub fn of_need(&self, need: usize) -> std::ops::Range<usize> {
        self.first[need] as usize..self.first[need + 1] as usize
    }

    /// Edges of a calendar.
    #[must_use]
    pub fn of_calendar(&self, calendar: usize) -> &[u32] {
        &self.of_calendar[self.first_of_calendar[calendar] as usize..self.first_of_calendar[calendar + 1] as usize]
    }

    /// Sorts the edges by calendar, once all are there.
    pub fn turn(&mut self) {
        let mut first = vec![0; self.limits.len() + 1];
        for edge in &self.edges {
            first[edge.calendar as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let mut next = first.clone();
        self.of_calendar = vec![0; self.edges.len()];
        for (at, edge) in (0..).zip(&self.edges) {
            let slot = &mut next[edge.calendar as usize];
            self.of_calendar[*slot as usize] = at;
            *slot += 1;
        }
        self.first_of_calendar = first;
    }
}

impl Market {
    /// The assignment problem over the best candidates of every need.
    #[must_use]
    pub fn instance(&self) -> Instance {
        let problem = self.problem();
        let (mut instance, mut calendar_of) = (Instance::default(), Vec::with_capacity(problem.helpers.len()));
        for (at, helper) in (0..).zip(&problem.helpers) {
            calendar_of.push(number(instance.limits.len()));
            let limits = Limits { minutes: helper.minutes_left, places: helper.places_left, total: helper.places_total };
            instance.limits.resize(instance.limits.len() + usize::from(helper.seats), limits);
            instance.helper.resize(instance.limits.len(), at);
        }
        instance.places = problem.needs.iter().map(|need| need.places).collect();
        instance.first.push(0);
        for (need, found) in (0..).zip(self.all_candidates()) {
            let bound = problem.policy.bound(problem.needs[need as usize].places);
            let first = instance.edges.len();
            for one in found {
                if instance.edges.len() - first >= bound {
                    break;
                }
                self.add(&mut instance, need, &one, calendar_of[one.helper as usize]);
            }
            instance.first.push(number(instance.edges.len()));
        }
        instance.turn();
        instance
    }

    /// Candidates of every need, found by several threads; which thread found them makes no difference.
    ///
    /// Needs of the same hours are taken one after another: their rows of the index are then still at hand.
    fn all_candidates(&self) -> Vec<Vec<Candidate>> {
        let problem = self.problem();
        let mut order: Vec<u32> = (0..number(problem.needs.len())).collect();
        order.sort_by_key(|need| problem.needs[*need as usize].windows.first().map(|window| window.from));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            loop {
                let first = next.fetch_add(BATCH, Ordering::Relaxed);
                if first >= order.len() {
                    return done;
                }
                for &need in &order[first..order.len().min(first + BATCH)] {
                    done.push((need, self.candidates(need, problem.policy.bound(problem.needs[need as usize].places))));
                }
            }
        };
        let mut all = vec![Vec::new(); order.len()];
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.threads).map(|_| scope.spawn(work)).collect();
            let mut done = work();
            for other in others {
                match other.join() {
                    Ok(more) => done.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            for (need, found) in done {
                all[need as usize] = found;
            }
        });
        all
    }

    /// One edge for each seat that is offered: one more than the need has places, and each need begins with another one, so that needs do not all
    /// crowd on the first.
    fn add(&self, instance: &mut Instance, need: u32, one: &Candidate, first: u32) {
        let seats = u32::from(self.problem().helpers[one.helper as usize].seats);
        let offered = seats.min(1 + u32::from(self.problem().needs[need as usize].places));
        let week = if one.span.from < one.span.to { self.problem().horizon.week(one.span.from) } else { UNTIMED };
        for seat in 0..offered {
            let calendar = first + (need % seats + seat) % seats;
            instance.edges.push(Edge { need, calendar, score: one.score, from: one.span.from, to: one.span.to, week });
        }
    }
}
