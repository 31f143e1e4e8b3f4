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
//! whatever the machine and however many threads. No database, no clock and no chance is known here; [`load`] alone knows the
//! database, and [`at_hand`] keeps what it read.

pub mod at_hand;
pub mod fairness;
pub mod instance;
pub mod load;
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
use problem::{Cause, Dismissal, Helper, Malformed, Need, Problem};
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
        problem.dismissals.sort_unstable_by_key(|row| (row.need, row.helper, row.until, row.cause));
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
        found.into_iter().map(|one| explained(self.pair(need, one.helper), need, one.helper, one.span)).collect()
    }

    /// The same for a need that is not of the problem, but speaks of its regions and terms. Dismissals are not looked at.
    #[must_use]
    pub fn suggestions_to(&self, need: &Need, count: usize) -> Vec<Suggestion> {
        let found = self.candidates_to(need, None, count);
        found.into_iter().map(|one| explained(self.pair_to(need, None, one.helper), 0, one.helper, one.span)).collect()
    }

    /// The needs that a helper suits best, at most `count`, the best first; equal ones the older first, then in the order of the problem.
    #[must_use]
    pub fn suggestions_for(&self, helper: u32, count: usize) -> Vec<Suggestion> {
        self.best_needs(|need| self.pair(need, helper), helper, count)
    }

    /// The same for a helper that is not of the problem, but speaks of its regions and terms. Dismissals and own needs are not looked at.
    #[must_use]
    pub fn suggestions_by(&self, helper: &Helper, count: usize) -> Vec<Suggestion> {
        let pair = |need: u32| Pair { problem: &self.problem, need: &self.problem.needs[need as usize], helper, own: false, dismissed: None };
        self.best_needs(pair, 0, count)
    }

    fn best_needs<'a>(&'a self, pair: impl Fn(u32) -> Pair<'a>, helper: u32, count: usize) -> Vec<Suggestion> {
        let fitting = (0..number(self.problem.needs.len())).filter_map(|need| {
            let pair = pair(need);
            pair.fit().map(|span| (pair.score(), pair.need.published_at, need, span))
        });
        let mut best: Vec<_> = fitting.collect();
        best.sort_unstable_by_key(|(score, published_at, need, _)| (-*score, *published_at, *need));
        best.truncate(count);
        best.into_iter().map(|(_, _, need, span)| explained(pair(need), need, helper, span)).collect()
    }

    /// Everything in the way of a pair, and the one change that would help; no obstacle when the pair fits.
    #[must_use]
    pub fn why_not(&self, need: u32, helper: u32) -> WhyNot {
        self.pair(need, helper).why_not()
    }

    /// A pair with its reasons, if it fits.
    #[must_use]
    pub fn explain(&self, need: u32, helper: u32) -> Option<Suggestion> {
        let pair = self.pair(need, helper);
        Some(explained(pair, need, helper, pair.fit()?))
    }

    /// What speaks for a pair, whether it fits or not, the heaviest first.
    #[must_use]
    pub fn reasons(&self, need: u32, helper: u32) -> Vec<Scored> {
        self.pair(need, helper).reasons()
    }

    /// Whether a pair still fits at one time.
    #[must_use]
    pub fn fits_at(&self, need: u32, helper: u32, span: Span) -> bool {
        self.pair(need, helper).fits_at(span)
    }

    fn pair(&self, need: u32, helper: u32) -> Pair<'_> {
        self.pair_to(&self.problem.needs[need as usize], Some(need), helper)
    }

    /// A pair of a need and, where the need is of the problem, its position.
    fn pair_to<'a>(&'a self, need: &'a Need, at: Option<u32>, helper: u32) -> Pair<'a> {
        let problem = &self.problem;
        let dismissed = at.filter(|_| !problem.dismissals.is_empty()).and_then(|at| self.dismissed(at, helper));
        Pair { problem, need, helper: &problem.helpers[helper as usize], own: need.own == Some(helper), dismissed }
    }

    fn dismissed(&self, need: u32, helper: u32) -> Option<(Cause, slot::Day)> {
        let rows = &self.problem.dismissals;
        let after = rows.partition_point(|row| (row.need, row.helper) <= (need, helper));
        rows[..after].last().filter(|row: &&Dismissal| (row.need, row.helper) == (need, helper)).map(|row| (row.cause, row.until))
    }
}

fn explained(pair: Pair<'_>, need: u32, helper: u32, span: Span) -> Suggestion {
    let reasons = pair.reasons();
    Suggestion { need, helper, span, score: Scored::total(&reasons), reasons }
}

/// A length as a position; no problem comes near the limit.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
