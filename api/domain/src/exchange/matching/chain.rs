//! Chains: an open place is filled by moving others along.
//!
//! An edge goes in, what has to leave for it is placed elsewhere, what has to leave for that again, a few steps deep and a few ways wide. A chain
//! is kept if the sum of the scores gains by it and undone otherwise. Short chains are tried for every open place before longer ones, and the
//! search stops after a fixed amount of looking, counted in edges and not in time, so that it ends at the same point on every machine.

use std::cmp::Reverse;

use super::bundle::{self, Item};
use super::instance::{Edge, Instance, UNTIMED};

/// Moves in a chain after the first, at most.
const DEPTH: u32 = 3;
/// Edges tried at each step but the first, where all are.
const BREADTH: usize = 8;
/// Edges looked at in all.
const LOOKS: usize = 500_000;
/// More than anything else that a calendar could have.
const MUST: i64 = i64::MAX / 4;

struct Chains<'a> {
    instance: &'a Instance,
    taken: Vec<bool>,
    filled: Vec<u16>,
    held: Vec<Vec<u32>>,
    /// Calendars of the chain under way.
    path: Vec<u32>,
    /// Edges that the chain put in (true) or took out, in order.
    moves: Vec<(u32, bool)>,
    looks: usize,
}

/// Improves a plan, given by its edges.
pub(super) fn run(instance: &Instance, taken: &[bool]) -> Vec<bool> {
    let mut chains = Chains {
        instance,
        filled: vec![0; instance.places.len()],
        held: vec![Vec::new(); instance.limits.len()],
        taken: vec![false; taken.len()],
        path: Vec::new(),
        moves: Vec::new(),
        looks: 0,
    };
    for at in (0..).zip(taken).filter(|(_, taken)| **taken).map(|(at, _)| at) {
        chains.put(at, true);
    }
    for depth in 1..=DEPTH {
        for need in 0..instance.places.len() {
            let need = super::number(need);
            while chains.is_open(need) && chains.looks < LOOKS {
                chains.moves.clear();
                if chains.place(need, depth, 0).is_none() {
                    break;
                }
            }
        }
        for at in 0..instance.edges.len() {
            if chains.taken[at] && chains.looks < LOOKS {
                chains.exchange(super::number(at), depth);
            }
        }
    }
    chains.taken
}

impl Chains<'_> {
    /// Puts an edge in or takes it out.
    fn put(&mut self, at: u32, into: bool) {
        let edge = self.instance.edges[at as usize];
        self.taken[at as usize] = into;
        let held = &mut self.held[edge.calendar as usize];
        if into {
            held.push(at);
            self.filled[edge.need as usize] += 1;
        } else {
            held.retain(|one| *one != at);
            self.filled[edge.need as usize] -= 1;
        }
    }

    fn go(&mut self, at: u32, into: bool) {
        self.put(at, into);
        self.moves.push((at, into));
    }

    fn undo(&mut self, to: usize) {
        while self.moves.len() > to {
            if let Some((at, into)) = self.moves.pop() {
                self.put(at, !into);
            }
        }
    }

    /// Fills a place that is filled already in another way, if that gains.
    fn exchange(&mut self, at: u32, depth: u32) {
        let edge = self.instance.edges[at as usize];
        self.moves.clear();
        self.go(at, false);
        if self.place(edge.need, depth, edge.score).is_none() {
            self.undo(0);
        }
    }

    /// Fills a place of a need in a way that gains more than `least`; the gain, or nothing done.
    fn place(&mut self, need: u32, depth: u32, least: i64) -> Option<i64> {
        let mut ways = Vec::new();
        for at in self.instance.of_need(need as usize).filter(|at| !self.taken[*at]) {
            let edge = self.instance.edges[at];
            self.looks += 1;
            if !self.path.contains(&edge.calendar) {
                let lost = self.sum(&self.leaving(&edge));
                ways.push((edge.score - lost, super::number(at)));
            }
        }
        ways.sort_unstable_by_key(|(net, at)| (Reverse(*net), *at));
        let start = self.moves.len();
        for (_, at) in ways.into_iter().take(if self.path.is_empty() { usize::MAX } else { BREADTH }) {
            let (out, into) = self.around(at);
            for one in &out {
                self.go(*one, false);
            }
            for one in &into {
                self.go(*one, true);
            }
            let mut gain = self.sum(&into) - self.sum(&out);
            if gain <= least && depth > 0 && self.looks < LOOKS {
                self.path.push(self.instance.edges[at as usize].calendar);
                for (left, one) in out.iter().enumerate().rev() {
                    let other = self.instance.edges[*one as usize].need;
                    if self.is_open(other) {
                        gain += self.place(other, depth - 1, if left == 0 { least - gain } else { 0 }).unwrap_or_default();
                    }
                }
                self.path.pop();
            }
            if gain > least {
                return Some(gain);
            }
            self.undo(start);
        }
        None
    }

    fn is_open(&self, need: u32) -> bool {
        self.filled[need as usize] < self.instance.places[need as usize]
    }

    fn sum(&self, edges: &[u32]) -> i64 {
        edges.iter().map(|at| self.instance.edges[*at as usize].score).sum()
    }

    /// What a calendar had best give up and take on for an edge that it has to take: what it holds stays or goes, and in what room is left it may
    /// fill open places of other needs.
    fn around(&self, at: u32) -> (Vec<u32>, Vec<u32>) {
        let calendar = self.instance.edges[at as usize].calendar as usize;
        let mut items = Vec::new();
        for &one in self.instance.of_calendar(calendar) {
            let edge = self.instance.edges[one as usize];
            if one == at || self.taken[one as usize] || self.is_open(edge.need) {
                items.push(Item { at: one, gain: if one == at { MUST } else { edge.score }, edge });
            }
        }
        let chosen: Vec<u32> = bundle::choice(&mut items, &self.instance.limits[calendar]).iter().map(|item| item.at).collect();
        let out = self.held[calendar].iter().filter(|one| !chosen.contains(one)).copied().collect();
        (out, chosen.into_iter().filter(|one| !self.taken[*one as usize]).collect())
    }

    /// What has to leave a calendar for an edge: everything at the same time and, where a limit is reached, the lowest scores.
    fn leaving(&self, edge: &Edge) -> Vec<u32> {
        let limits = &self.instance.limits[edge.calendar as usize];
        let of = |at: &u32| self.instance.edges[*at as usize];
        let (mut leaving, mut staying): (Vec<u32>, Vec<u32>) = self.held[edge.calendar as usize].iter().partition(|at| edge.overlaps(&of(at)));
        loop {
            let in_week = |at: &&u32| edge.week != UNTIMED && of(at).week == edge.week;
            let (places, minutes) = staying
                .iter()
                .filter(in_week)
                .fold((1, u32::from(edge.minutes())), |(places, minutes), at| (places + 1, minutes + u32::from(of(at).minutes())));
            let week = usize::from(edge.week);
            let week_full = edge.week != UNTIMED && (places > u32::from(limits.places[week]) || minutes > u32::from(limits.minutes[week]));
            if !week_full && staying.len() < usize::from(limits.total) {
                return leaving;
            }
            let going = staying.iter().filter(|at| !week_full || in_week(at)).min_by_key(|at| (of(at).score, **at)).copied();
            staying.retain(|at| Some(*at) != going);
            leaving.extend(going);
        }
    }
}
