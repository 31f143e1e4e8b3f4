//! The best set of edges that one calendar can take at once, exactly.
//!
//! Edges of one week are intervals: sorted by their end, the best choice among the first so many, with so many places and so many slots left,
//! either leaves the last one out or takes it and goes on before it begins. Weeks share nothing but the places in all, and are put together last.

use std::ops::Range;

use super::instance::{Edge, Limits, UNTIMED};
use super::slot::SLOT_MINUTES;

/// An edge and what taking it is worth here; more than nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub at: u32,
    pub gain: i64,
    pub edge: Edge,
}

/// What can be had of the items of one week: `best` by number of places, and the table to read the choice from.
struct Week {
    items: Range<usize>,
    places: usize,
    slots: usize,
    /// By number of items looked at, places used at most, slots used at most.
    table: Vec<i64>,
}

impl Week {
    fn at(&self, items: usize, places: usize, slots: usize) -> usize {
        (items * (self.places + 1) + places) * (self.slots + 1) + slots
    }

    fn best(&self, places: usize) -> i64 {
        self.table[self.at(self.items.len(), places.min(self.places), self.slots)]
    }

    /// Slots that an item takes from the week's minutes; none are counted when there are enough for all.
    fn cost(&self, item: &Item) -> usize {
        if self.slots == 0 { 0 } else { usize::from(item.edge.to - item.edge.from) }
    }
}

/// The most that a calendar can have, without saying how.
pub(super) fn value(items: &mut [Item], limits: &Limits) -> i64 {
    match items {
        [] => 0,
        _ if limits.total == 0 => 0,
        [only] => only.gain,
        _ if limits.total == 1 => items.iter().map(|item| item.gain).max().unwrap_or_default(),
        _ => {
            let weeks = weeks(items, limits);
            together(&weeks, limits).last().and_then(|row| row.last().copied()).unwrap_or_default()
        }
    }
}

/// The items that give the most together; among equals always the same ones.
pub(super) fn choice(items: &mut [Item], limits: &Limits) -> Vec<Item> {
    let weeks = weeks(items, limits);
    let sums = together(&weeks, limits);
    let mut left = sums.last().map_or(0, |row| row.len() - 1);
    let mut chosen = Vec::new();
    for (at, week) in weeks.iter().enumerate().rev() {
        let whole = sums[at + 1][left];
        let used = (0..=week.places.min(left)).find(|used| sums[at][left - used] + week.best(*used) == whole).unwrap_or_default();
        read(week, items, used, &mut chosen);
        left -= used;
    }
    chosen
}

/// Sorts the items and works out each week's table.
fn weeks(items: &mut [Item], limits: &Limits) -> Vec<Week> {
    items.sort_unstable_by_key(|item| (item.edge.week, item.edge.to, item.edge.from, item.at));
    let mut weeks = Vec::new();
    let mut first = 0;
    for run in items.chunk_by(|one, two| one.edge.week == two.edge.week) {
        let week = usize::from(run[0].edge.week);
        let (places, minutes) =
            if run[0].edge.week == UNTIMED { (limits.total, u16::MAX) } else { (u16::from(limits.places[week]), limits.minutes[week]) };
        let wanted: usize = run.iter().map(|item| usize::from(item.edge.to - item.edge.from)).sum();
        let slots = Some(usize::from(minutes / SLOT_MINUTES)).filter(|slots| *slots < wanted).unwrap_or_default();
        let places = usize::from(places.min(limits.total)).min(run.len());
        weeks.push(fill(Week { items: first..first + run.len(), places, slots, table: Vec::new() }, run));
        first += run.len();
    }
    weeks
}

/// How many of the first items end before one begins.
fn before(items: &[Item], at: usize) -> usize {
    if items[at].edge.week == UNTIMED { at } else { items[..at].partition_point(|item| item.edge.to <= items[at].edge.from) }
}

fn fill(mut week: Week, items: &[Item]) -> Week {
    week.table = vec![0; (items.len() + 1) * (week.places + 1) * (week.slots + 1)];
    for (at, item) in items.iter().enumerate() {
        let (before, cost) = (before(items, at), week.cost(item));
        for places in 1..=week.places {
            for slots in 0..=week.slots {
                let without = week.table[week.at(at, places, slots)];
                let with = if cost > slots { 0 } else { week.table[week.at(before, places - 1, slots - cost)] + item.gain };
                let cell = week.at(at + 1, places, slots);
                week.table[cell] = without.max(with);
            }
        }
    }
    week
}

/// The most by number of weeks looked at and places used at most.
fn together(weeks: &[Week], limits: &Limits) -> Vec<Vec<i64>> {
    let places: usize = weeks.iter().map(|week| week.places).sum();
    let places = places.min(usize::from(limits.total));
    let mut sums = vec![vec![0; places + 1]];
    for (at, week) in weeks.iter().enumerate() {
        let best = |left: usize| (0..=week.places.min(left)).map(|used| sums[at][left - used] + week.best(used)).max().unwrap_or_default();
        let row = (0..=places).map(best).collect();
        sums.push(row);
    }
    sums
}

/// Reads a week's choice back from its table.
fn read(week: &Week, items: &[Item], places: usize, chosen: &mut Vec<Item>) {
    let items = &items[week.items.clone()];
    let (mut at, mut places, mut slots) = (items.len(), places, week.slots);
    while at > 0 && places > 0 {
        if week.table[week.at(at, places, slots)] == week.table[week.at(at - 1, places, slots)] {
            at -= 1;
        } else {
            let item = &items[at - 1];
            chosen.push(*item);
            slots -= week.cost(item);
            places -= 1;
            at = before(items, at - 1);
        }
    }
}
