//! The polish: one calendar after another takes the best set of edges for all, as long as the whole gains by it.
//!
//! An edge is worth its score to a need with an open place, and its score less that of the need's weakest edge otherwise, which then has to go.
//! Every step makes the sum of the scores larger, so there is an end. The auction prices one edge at a time; this puts right where two short jobs
//! should have made way for a long one together, or the other way round.

use std::collections::VecDeque;

use super::bundle::{self, Item};
use super::instance::Instance;

/// A plan in the making: the edges taken.
pub(super) struct Ascent<'a> {
    instance: &'a Instance,
    taken: Vec<bool>,
    /// Edges taken by each need.
    filled: Vec<Vec<u32>>,
    waiting: VecDeque<u32>,
    queued: Vec<bool>,
}

/// Improves a plan, given by its edges, until no calendar alone can.
pub(super) fn run(instance: &Instance, taken: Vec<bool>) -> Vec<bool> {
    let mut filled = vec![Vec::new(); instance.places.len()];
    for (at, edge) in (0..).zip(&instance.edges).filter(|(at, _)| taken[*at as usize]) {
        filled[edge.need as usize].push(at);
    }
    let calendars = instance.limits.len();
    let mut ascent = Ascent { instance, taken, filled, waiting: (0..super::number(calendars)).collect(), queued: vec![true; calendars] };
    while let Some(calendar) = ascent.waiting.pop_front() {
        ascent.queued[calendar as usize] = false;
        ascent.improve(calendar as usize);
    }
    ascent.taken
}

impl Ascent<'_> {
    fn wait(&mut self, calendar: u32) {
        if !std::mem::replace(&mut self.queued[calendar as usize], true) {
            self.waiting.push_back(calendar);
        }
    }

    fn improve(&mut self, calendar: usize) {
        let (mut items, mut has) = (Vec::new(), 0);
        let mut tempted = false;
        for &at in self.instance.of_calendar(calendar) {
            let edge = self.instance.edges[at as usize];
            let own = self.taken[at as usize];
            let gain = if own { edge.score } else { edge.score - self.weakest(edge.need).map_or(0, |(_, score)| score) };
            has += if own { edge.score } else { 0 };
            if gain > 0 {
                tempted |= !own;
                items.push(Item { at, gain, edge });
            }
        }
        if !tempted || bundle::value(&mut items, &self.instance.limits[calendar]) <= has {
            return;
        }
        let chosen = bundle::choice(&mut items, &self.instance.limits[calendar]);
        for &at in self.instance.of_calendar(calendar) {
            if self.taken[at as usize] && !chosen.iter().any(|item| item.at == at) {
                self.drop(at);
            }
        }
        for item in chosen.iter().filter(|item| !self.taken[item.at as usize]).copied().collect::<Vec<_>>() {
            if let Some((weakest, _)) = self.weakest(item.edge.need) {
                self.drop(weakest);
                self.wait(self.instance.edges[weakest as usize].calendar);
            }
            self.taken[item.at as usize] = true;
            self.filled[item.edge.need as usize].push(item.at);
        }
    }

    /// Takes an edge out; whoever could fill the place is asked again.
    fn drop(&mut self, at: u32) {
        let need = self.instance.edges[at as usize].need as usize;
        self.taken[at as usize] = false;
        self.filled[need].retain(|one| *one != at);
        for other in self.instance.of_need(need) {
            self.wait(self.instance.edges[other].calendar);
        }
    }

    /// The edge that a full need would give up first; none while it has an open place.
    fn weakest(&self, need: u32) -> Option<(u32, i64)> {
        let need = need as usize;
        if self.filled[need].len() < usize::from(self.instance.places[need]) {
            return None;
        }
        let taken = self.filled[need].iter().map(|at| (*at, self.instance.edges[*at as usize].score));
        taken.min_by_key(|(at, score)| (*score, *at))
    }
}
