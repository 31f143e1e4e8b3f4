//! Candidates (候选): the best helpers for a need, found without looking at all of them.
//!
//! Regions are taken from the most promising on. In a region whole words of 64 helpers are ruled out by their bits, or because even the best of
//! them could not score enough; for the others the score is read off the rows of the index. A little more than wanted is kept, and only those
//! are asked, the best first, whether they really fit; if too few do, the search is made again with more room. The result is exact: the same as
//! sorting every helper that fits by score, highest first, equal ones in the order of the problem.

use std::cmp::Reverse;

use super::Market;
use super::index::{Asked, RUN};
use super::obstacle::Span;
use super::problem::{Bits, Need};
use super::reason::{self, Scored};

/// A pair that fits, with its score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Position of the helper.
    pub helper: u32,
    /// When it would come: the first time that fits.
    pub span: Span,
    /// Micro-units.
    pub score: i64,
}

/// A region's helpers as seen from one need.
struct View {
    home: usize,
    common: u8,
    /// What the need and the region give.
    micros: i64,
    /// The most that anybody in it can score.
    most: i64,
}

/// The best that may fit: at least `room` of them once there are so many, and nobody below `least`.
struct Kept {
    room: usize,
    /// The least of any number until somebody was left out for lack of room.
    least: i64,
    found: Vec<(i64, u32)>,
}

fn order(row: &(i64, u32)) -> (Reverse<i64>, u32) {
    (Reverse(row.0), row.1)
}

impl Kept {
    fn add(&mut self, score: i64, helper: u32) {
        if score < self.least {
            return;
        }
        self.found.push((score, helper));
        if self.found.len() >= self.room + self.room / 2 {
            self.found.select_nth_unstable_by_key(self.room - 1, order);
            self.found.truncate(self.room);
            self.least = self.found[self.room - 1].0;
        }
    }
}

impl Market {
    /// The best helpers for a need, at most `count`, the best first.
    pub(super) fn candidates(&self, at: u32, count: usize) -> Vec<Candidate> {
        self.candidates_to(&self.problem.needs[at as usize], Some(at), count)
    }

    /// The same for a need and, where it is of the problem, its position.
    pub(super) fn candidates_to(&self, need: &Need, at: Option<u32>, count: usize) -> Vec<Candidate> {
        let asked = self.index.asked(&self.problem, need);
        let views = self.views(need, asked.most);
        let mut room = count + count / 2 + 8;
        loop {
            let mut kept = Kept { room, least: i64::MIN, found: Vec::with_capacity(room * 2) };
            self.search(&asked, &views, &mut kept);
            kept.found.sort_unstable_by_key(order);
            // Below the first `room` somebody better may have been left out.
            let full = kept.least > i64::MIN;
            let sure = if full { &kept.found[..room] } else { &kept.found[..] };
            let fitting = sure.iter().filter_map(|&(score, helper)| {
                let span = self.pair_to(need, at, helper).fit()?;
                Some(Candidate { helper, span, score })
            });
            let found: Vec<_> = fitting.take(count).collect();
            if found.len() == count || !full {
                return found;
            }
            room *= 4;
        }
    }

    fn search(&self, asked: &Asked, views: &[View], kept: &mut Kept) {
        let index = &self.index;
        for view in views {
            if view.most < kept.least {
                return;
            }
            let words = index.homes[view.home].words.clone();
            for first in words.clone().step_by(RUN) {
                // What a helper must still bring of its own skills, time and colour to be kept.
                let bar = kept.least.saturating_sub(view.micros + index.own(first * 64));
                if bar > asked.most {
                    break;
                }
                let run = first..words.end.min(first + RUN);
                let may = index.may_fit(run.clone(), view.common, asked, bar);
                for (word, may) in run.zip(may) {
                    for bit in Bits(may) {
                        let position = word * 64 + usize::from(bit);
                        let base = view.micros + index.own(position);
                        if base + asked.most < kept.least {
                            break;
                        }
                        kept.add(base + index.score(word, bit, asked), index.helper(position));
                    }
                }
            }
        }
    }

    /// The regions with helpers, the most promising first.
    fn views(&self, need: &Need, most: i64) -> Vec<View> {
        let (problem, index) = (&self.problem, &self.index);
        let of_need = Scored::total(&reason::of_need(&problem.policy, need));
        let view = |(at, home): (usize, &super::index::Home)| {
            let micros = of_need + Scored::total(&reason::of_place(problem, need, home.place));
            let common = problem.common_depth(need.place, home.place);
            View { home: at, common, micros, most: micros + index.own(home.words.start * 64) + most }
        };
        let mut views: Vec<View> = index.homes.iter().enumerate().map(view).collect();
        views.sort_unstable_by_key(|view| (Reverse(view.most), view.home));
        views
    }
}
