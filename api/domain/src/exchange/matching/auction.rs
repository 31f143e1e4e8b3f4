//! The auction: needs bid for the time of helpers, and prices decide who gets it.
//!
//! A need with open places looks at its edges, each worth its score less its price, and bids for the best so far above its next best that it would
//! be content with either, and ε more. The price of an edge is what would have to leave the calendar for it: everything at the same time, and, where
//! a limit is reached, the lowest bids. Who has to leave bids again. A bid is at least ε above all that it drives out together, so the sum of the
//! bids that a calendar holds only rises and the auction ends. Where driving out one long job makes room for two, a price can fall; so when nobody
//! bids any more, needs that had given up are asked again.
//!
//! Prices begin at nothing, every time: with more helpers than places, beginning from old prices would leave prices on helpers whom nobody wants,
//! and the result would be wrong. Each need is asked in turn, in order: no chance, no threads.

use std::cmp::Reverse;
use std::collections::VecDeque;

use super::instance::{Edge, Instance, UNTIMED};

/// An edge that a calendar holds, and the bid that got it there.
#[derive(Clone, Copy, Debug)]
struct Held {
    at: u32,
    bid: i64,
    edge: Edge,
}

/// What an auction came to.
pub(super) struct Outcome {
    /// For each edge, whether it is held.
    pub taken: Vec<bool>,
    /// Two prices for a place of each need: the best that it could still have, and the least that it has.
    pub prices: [Vec<i64>; 2],
}

struct Auction<'a> {
    instance: &'a Instance,
    epsilon: i64,
    held: Vec<Vec<Held>>,
    taken: Vec<bool>,
    filled: Vec<u16>,
    waiting: VecDeque<u32>,
    /// Whether a need is in `waiting`.
    queued: Vec<bool>,
    leaving: Vec<usize>,
}

/// Runs an auction to its end. The smaller `epsilon` (at least 1), the better the result and the longer it takes.
pub(super) fn run(instance: &Instance, epsilon: i64) -> Outcome {
    let needs = instance.places.len();
    let mut auction = Auction {
        instance,
        epsilon: epsilon.max(1),
        held: vec![Vec::new(); instance.limits.len()],
        taken: vec![false; instance.edges.len()],
        filled: vec![0; needs],
        waiting: (0..super::number(needs)).collect(),
        queued: vec![true; needs],
        leaving: Vec::new(),
    };
    let mut offers = Vec::new();
    loop {
        while let Some(need) = auction.waiting.pop_front() {
            auction.queued[need as usize] = false;
            auction.bid(need as usize, &mut offers);
        }
        for need in 0..needs {
            auction.offers(need, &mut offers);
            if auction.open(need) > 0 && !offers.is_empty() {
                auction.wait(super::number(need));
            }
        }
        if auction.waiting.is_empty() {
            let prices = auction.prices();
            return Outcome { taken: auction.taken, prices };
        }
    }
}

impl Auction<'_> {
    fn open(&self, need: usize) -> usize {
        usize::from(self.instance.places[need] - self.filled[need])
    }

    fn wait(&mut self, need: u32) {
        if !std::mem::replace(&mut self.queued[need as usize], true) {
            self.waiting.push_back(need);
        }
    }

    /// What a need can still have and wants: net value and edge, in the order of the edges.
    fn offers(&mut self, need: usize, offers: &mut Vec<(i64, u32)>) {
        offers.clear();
        if self.open(need) == 0 {
            return;
        }
        for at in self.instance.of_need(need).filter(|at| !self.taken[*at]) {
            let edge = self.instance.edges[at];
            let net = edge.score - price(self.instance, &self.held, &edge, &mut self.leaving);
            if net > 0 {
                offers.push((net, super::number(at)));
            }
        }
    }

    /// Lets a need bid for as many edges as it has open places.
    fn bid(&mut self, need: usize, offers: &mut Vec<(i64, u32)>) {
        self.offers(need, offers);
        let open = self.open(need);
        if offers.len() > open {
            offers.select_nth_unstable_by_key(open, |(net, at)| (Reverse(*net), *at));
        }
        let content = self.content(offers, open);
        offers.truncate(open);
        offers.sort_unstable_by_key(|(net, at)| (Reverse(*net), *at));
        for &(_, at) in offers.iter() {
            self.take(at, content);
        }
    }

    /// The best that is left of the offers after the first so many, with another helper than those: seats of one helper are alike, and to outbid
    /// them one by one, ε at a time, would take for ever.
    fn content(&self, offers: &[(i64, u32)], open: usize) -> i64 {
        let helper = |at: u32| self.instance.helper[self.instance.edges[at as usize].calendar as usize];
        let (taken, rest) = offers.split_at(open.min(offers.len()));
        let others = rest.iter().filter(|(_, at)| !taken.iter().any(|(_, one)| helper(*one) == helper(*at)));
        others.map(|(net, _)| *net).max().unwrap_or_default()
    }

    /// Puts an edge into its calendar, in place of whatever has to leave.
    fn take(&mut self, at: u32, content: i64) {
        let edge = self.instance.edges[at as usize];
        price(self.instance, &self.held, &edge, &mut self.leaving);
        self.leaving.sort_unstable_by_key(|place| Reverse(*place));
        for place in std::mem::take(&mut self.leaving) {
            let lost = self.held[edge.calendar as usize].swap_remove(place);
            self.taken[lost.at as usize] = false;
            self.filled[lost.edge.need as usize] -= 1;
            self.wait(lost.edge.need);
        }
        self.held[edge.calendar as usize].push(Held { at, bid: edge.score - content + self.epsilon, edge });
        self.taken[at as usize] = true;
        self.filled[edge.need as usize] += 1;
    }

    /// What a place of each need earns at the prices reached: anything between the two makes a good bound.
    fn prices(&mut self) -> [Vec<i64>; 2] {
        let needs = self.instance.places.len();
        let (mut could, mut has) = (vec![0; needs], vec![0; needs]);
        let mut least = vec![i64::MAX; needs];
        for held in self.held.iter().flatten() {
            let least = &mut least[held.edge.need as usize];
            *least = (*least).min(held.edge.score - held.bid);
        }
        for need in (0..needs).filter(|need| self.instance.places[*need] == self.filled[*need]) {
            for at in self.instance.of_need(need).filter(|at| !self.taken[*at]) {
                let edge = self.instance.edges[at];
                could[need] = (edge.score - price(self.instance, &self.held, &edge, &mut self.leaving)).max(could[need]);
            }
            has[need] = least[need].max(could[need]);
        }
        [could, has]
    }
}

/// What has to leave a calendar for an edge, by place in its list, and the sum of those bids.
fn price(instance: &Instance, held: &[Vec<Held>], edge: &Edge, leaving: &mut Vec<usize>) -> i64 {
    leaving.clear();
    let held = &held[edge.calendar as usize];
    if held.is_empty() {
        return 0;
    }
    let limits = &instance.limits[edge.calendar as usize];
    let (mut sum, mut total, mut places, mut minutes) = (0, 1, 1, u32::from(edge.minutes()));
    for (place, other) in held.iter().enumerate() {
        if edge.overlaps(&other.edge) {
            leaving.push(place);
            sum += other.bid;
        } else {
            total += 1;
            if other.edge.week == edge.week {
                places += 1;
                minutes += u32::from(other.edge.minutes());
            }
        }
    }
    let timed = edge.week != UNTIMED;
    let week = usize::from(edge.week);
    loop {
        let week_full = timed && (places > u16::from(limits.places[week]) || minutes > u32::from(limits.minutes[week]));
        if !week_full && total <= limits.total {
            return sum;
        }
        let staying = held.iter().enumerate().filter(|(place, other)| !leaving.contains(place) && (!week_full || other.edge.week == edge.week));
        let Some((place, cheapest)) = staying.min_by_key(|(place, other)| (other.bid, *place)) else { return i64::MAX / 2 };
        leaving.push(place);
        sum += cheapest.bid;
        total -= 1;
        if cheapest.edge.week == edge.week {
            places -= 1;
            minutes -= u32::from(cheapest.edge.minutes());
        }
    }
}
