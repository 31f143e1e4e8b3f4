//! Matching (供需匹配): who could meet which need, why, why not, and a plan for a whole community.
//!
//! Words: a *helper* is whoever could be asked (a volunteer, a team, a unit with a resource or a service); a *need* wants some *places* filled; an
//! *obstacle* rules a pair out, a *reason* speaks for it; a *proposal* is a pair that a plan would ask. Nothing here is ever an assignment.
//!
//! Reading order: [`problem`] is the plain data that a loader fills, [`slot`] its time, [`policy`] its weights; [`obstacle`] holds the hard
//! constraints, [`reason`] the soft score; [`index`] and [`candidate`] find the best helpers of a need; [`instance`] is the assignment problem over
//! those pairs, [`auction`] solves it, [`ascent`] and [`chain`] polish, [`bound`] certifies, [`plan`] puts it together, [`fairness`] measures who is asked.
//!
//! Invariants: no hard constraint is ever broken; the reasons of a pair add up to its score exactly; the same problem gives the same answer,
//! whatever the machine and however many threads. No database, no clock and no chance is known here.

pub mod fairness;
pub mod instance;
pub mod obstacle;
pub mod plan;
pub mod policy;
pub mod problem;
pub mod reason;
pub mod slot;

mod ascent;
mod auction;
mod bound;
mod bundle;
mod candidate;
mod chain;
mod index;

use index::Index;
use obstacle::{Pair, Span, WhyNot};
use problem::{Dismissal, Malformed, Problem};
use reason::Scored;

pub use candidate::Candidate;

/// A pair that fits, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Position of the need.
    pub need: u32,
    /// Position of the helper.
    pub helper: u32,
    /// When the helper would come.
    pub span: Span,
    /// Micro-units: the sum of the reasons.
    pub score: i64,
    /// Every reason, the heaviest first.
    pub reasons: Vec<Scored>,
}

/// A problem with its index, ready to be asked; made once for many questions.
pub struct Market {
    problem: Problem,
    index: Index,
    /// Threads that a plan may use.
    threads: usize,
}

impl Market {
    /// Checks a problem and indexes it, with as many threads as the machine has processors.
    ///
    /// # Errors
    /// [`Malformed`] when the loader broke an invariant of [`problem`].
    pub fn new(problem: Problem) -> Result<Self, Malformed> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with_threads(problem, threads)
    }

    /// As [`new`](Self::new), with so many threads.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_threads(mut problem: Problem, threads: usize) -> Result<Self, Malformed> {
        problem.check()?;
        problem.dismissals.sort_unstable_by_key(|row| (row.need, row.helper, row.until));
        let index = Index::build(&problem, threads);
        Ok(Self { problem, index, threads: threads.max(1) })
    }

    /// What it was made of; dismissals are in order of their pairs.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The best helpers for a need, at most `count`, the best first; equal ones in the order of the problem.
    #[must_use]
    pub fn suggestions(&self, need: u32, count: usize) -> Vec<Suggestion> {
        let found = self.candidates(need, count);
        found.into_iter().map(|one| self.explained(need, one.helper, one.span)).collect()
    }

    /// The needs that a helper suits best, at most `count`, the best first; equal ones the older first, then in the order of the problem.
    #[must_use]
    pub fn suggestions_for(&self, helper: u32, count: usize) -> Vec<Suggestion> {
        let fitting = (0..number(self.problem.needs.len())).filter_map(|need| {
            let pair = self.pair(need, helper);
            pair.fit().map(|span| (pair.score(), pair.need.published_at, need, span))
        });
        let mut best: Vec<_> = fitting.collect();
        best.sort_unstable_by_key(|(score, published_at, need, _)| (-*score, *published_at, *need));
        best.truncate(count);
        best.into_iter().map(|(_, _, need, span)| self.explained(need, helper, span)).collect()
    }

    /// Everything in the way of a pair, and the one change that would help; no obstacle when the pair fits.
    #[must_use]
    pub fn why_not(&self, need: u32, helper: u32) -> WhyNot {
        self.pair(need, helper).why_not()
    }

    /// A pair with its reasons, if it fits.
    #[must_use]
    pub fn explain(&self, need: u32, helper: u32) -> Option<Suggestion> {
        let span = self.pair(need, helper).fit()?;
        Some(self.explained(need, helper, span))
    }

    fn explained(&self, need: u32, helper: u32, span: Span) -> Suggestion {
        let reasons = self.pair(need, helper).reasons();
        Suggestion { need, helper, span, score: Scored::total(&reasons), reasons }
    }

    fn pair(&self, need: u32, helper: u32) -> Pair<'_> {
        let (problem, row) = (&self.problem, &self.problem.needs[need as usize]);
        let dismissed = if problem.dismissals.is_empty() { None } else { self.dismissed(need, helper) };
        Pair { problem, need: row, helper: &problem.helpers[helper as usize], own: row.own == Some(helper), dismissed }
    }

    fn dismissed(&self, need: u32, helper: u32) -> Option<slot::Day> {
        let rows = &self.problem.dismissals;
        let after = rows.partition_point(|row| (row.need, row.helper) <= (need, helper));
        rows[..after].last().filter(|row: &&Dismissal| (row.need, row.helper) == (need, helper)).map(|row| row.until)
    }
}

/// A length as a position; no problem comes near the limit.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
