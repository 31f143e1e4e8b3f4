//! A plan (撮合方案) for a whole community: who would be asked for what, and how near to the best possible that is.
//!
//! Everything open and everything proposed but not accepted is planned anew each time; only an accepted pair is fixed, and the loader has taken it
//! out. A plan is a dry run: nothing comes of it until proposals are made and people accept them.

use std::cmp::Reverse;

use super::fairness::{self, Fairness};
use super::instance::Instance;
use super::obstacle::{Span, minutes};
use super::{Market, ascent, auction, bound, chain, number};

/// The first ε is this part of the mean score.
const EPSILON_PART: i64 = 500;
/// Auctions at most, each with a quarter of the ε before.
const ROUNDS: u32 = 2;
/// Times at most that a result is polished by chains.
const POLISHES: u32 = 4;
/// A gap that needs no finer auction, parts in a million; a plan is to be within 1,000.
const GAP_ENOUGH: u32 = 400;

/// One pair that would be asked. Its reasons: [`Market::explain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Position of the need.
    pub need: u32,
    /// Position of the helper.
    pub helper: u32,
    /// When the helper would come.
    pub span: Span,
    /// Micro-units.
    pub score: i64,
    /// How many candidates of the need score higher: 0 for its best one.
    pub passed_over: u32,
}

/// Proposals for a whole community.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In the order of the needs; of one need the best first.
    pub proposals: Vec<Proposal>,
    /// Needs with places that nobody is proposed for, and how many.
    pub open: Vec<(u32, u16)>,
    /// Sum of the scores.
    pub score: i64,
    /// No plan over the same candidates can score more.
    pub bound: i64,
    /// How far the plan can be from the best one at most, parts in a million of the bound.
    pub gap_ppm: u32,
    /// Pairs that were weighed against each other.
    pub candidates: u32,
    /// Auctions held.
    pub rounds: u32,
    /// Who is asked.
    pub fairness: Fairness,
}

/// The solution of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solution {
    /// For each edge, whether it is taken.
    pub taken: Vec<bool>,
    /// Sum of the scores taken.
    pub score: i64,
    /// No solution can score more.
    pub bound: i64,
    /// Auctions held.
    pub rounds: u32,
}

impl Solution {
    /// Takes other edges instead, if they score more.
    fn keep(&mut self, instance: &Instance, taken: &[bool]) {
        let score = instance.edges.iter().zip(taken).filter(|(_, taken)| **taken).map(|(edge, _)| edge.score).sum();
        if score > self.score {
            (self.taken, self.score) = (taken.to_vec(), score);
        }
    }

    /// How far it can be from the best at most, parts in a million of the bound.
    #[must_use]
    pub fn gap_ppm(&self) -> u32 {
        let gap = i128::from(self.bound - self.score) * 1_000_000 / i128::from(self.bound.max(1));
        u32::try_from(gap).unwrap_or_default()
    }
}

/// Solves an instance: auctions of falling ε until the certified gap is small enough, each polished, the best of them kept and followed by chains.
#[must_use]
pub fn solve(instance: &Instance) -> Solution {
    let sum: i64 = instance.edges.iter().map(|edge| edge.score).sum();
    let mut epsilon = sum / i64::from(number(instance.edges.len())).max(1) / EPSILON_PART;
    let mut best = Solution { taken: vec![false; instance.edges.len()], score: 0, bound: i64::MAX, rounds: 0 };
    for round in 1..=ROUNDS {
        let outcome = auction::run(instance, epsilon);
        best.rounds = round;
        best.bound = outcome.prices.iter().map(|prices| bound::of(instance, prices)).fold(best.bound, i64::min);
        best.keep(instance, &outcome.taken);
        if best.gap_ppm() > GAP_ENOUGH {
            best.keep(instance, &ascent::run(instance, outcome.taken));
        }
        if best.gap_ppm() <= GAP_ENOUGH {
            return best;
        }
        epsilon /= 4;
    }
    best.keep(instance, &polished(instance, best.taken.clone()));
    best
}

fn polished(instance: &Instance, mut taken: Vec<bool>) -> Vec<bool> {
    for _ in 0..POLISHES {
        let better = ascent::run(instance, chain::run(instance, &taken));
        if better == taken {
            break;
        }
        taken = better;
    }
    taken
}

impl Market {
    /// Plans for all open places at once.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let instance = self.instance();
        let solution = solve(&instance);
        let mut proposals = Vec::new();
        let mut open = Vec::new();
        for (need, places) in instance.places.iter().enumerate() {
            let edges = &instance.edges[instance.of_need(need)];
            let taken = &solution.taken[instance.of_need(need)];
            let before = proposals.len();
            for (edge, _) in edges.iter().zip(taken).filter(|(_, taken)| **taken) {
                let passed_over = number(edges.iter().filter(|other| other.score > edge.score).count());
                let helper = instance.helper[edge.calendar as usize];
                let span = Span { from: edge.from, to: edge.to };
                proposals.push(Proposal { need: edge.need, helper, span, score: edge.score, passed_over });
            }
            proposals[before..].sort_by_key(|proposal| (Reverse(proposal.score), proposal.helper));
            let left = usize::from(*places) - (proposals.len() - before);
            if left > 0 {
                open.push((number(need), u16::try_from(left).unwrap_or(*places)));
            }
        }
        let (candidates, gap_ppm) = (number(instance.edges.len()), solution.gap_ppm());
        let fairness = self.fairness(&proposals);
        Plan { proposals, open, score: solution.score, bound: solution.bound, gap_ppm, candidates, rounds: solution.rounds, fairness }
    }

    /// How evenly some proposals lie on the helpers who agreed to be proposed.
    #[must_use]
    pub fn fairness(&self, proposals: &[Proposal]) -> Fairness {
        let helpers = &self.problem().helpers;
        let mut load: Vec<(u32, u64)> = helpers.iter().map(|helper| (0, u64::from(helper.minutes_recent))).collect();
        for proposal in proposals {
            let row = &mut load[proposal.helper as usize];
            *row = (row.0 + 1, row.1 + u64::from(minutes(proposal.span)));
        }
        let counted: Vec<_> = load.into_iter().zip(helpers).filter(|(_, helper)| helper.consented).map(|(row, _)| row).collect();
        fairness::measure(&counted)
    }
}
