//! The index of the helpers: rows of bits, 64 helpers to a word, so that one machine word answers for 64 of them at once.
//!
//! Helpers are laid out by region, in each region the best first (by the part of the score that is theirs alone), each region beginning a new word.
//! A position is a helper's place in this layout. For each kind, each depth of reach, each skill and each qualification there is a row over
//! the positions, and one for each slot of the horizon.
//!
//! The rows say who cannot fit; who may fit is asked exactly. Invariant: a helper that fits is never missing from the rows.

use std::ops::Range;

use super::obstacle::turns;
use super::policy::Policy;
use super::problem::{Bits, Helper, Need, Problem, TermSet, Window};
use super::reason;
use super::slot::{SLOTS, WEEKS};

/// A position with nobody in it, at the end of a region's last word.
const NOBODY: u32 = u32::MAX;
/// Words that are looked at together: a line of a processor's cache.
pub(super) const RUN: usize = 8;

/// The helpers of one region.
pub(super) struct Home {
    pub place: u32,
    /// Words of positions.
    pub words: Range<usize>,
}

/// One bit for each position.
type Row = Vec<u64>;

#[derive(Default)]
pub(super) struct Index {
    pub homes: Vec<Home>,
    /// Words in a row.
    width: usize,
    /// Helper at each position.
    at: Vec<u32>,
    /// What each helper's own part of the score gives, by position.
    own: Vec<i32>,
    kinds: Vec<Row>,
    /// By depth: who serves that far up.
    reach: Vec<Row>,
    skills: Vec<Row>,
    qualifications: Vec<Row>,
    colours: Vec<Row>,
    /// By week: who has a place left.
    weeks: Vec<Row>,
    /// Who is insured today.
    insured: Row,
    /// By each least age that a need asks for: who reaches it before the horizon ends.
    ages: Vec<(u8, Row)>,
    /// By slot, all of a slot side by side.
    free: Row,
}

impl Index {
    pub fn build(problem: &Problem, threads: usize) -> Self {
        let own_part =
            |helper: &Helper| -> i64 { reason::of_helper(&problem.policy, helper, problem.horizon.first).iter().map(|scored| scored.micros).sum() };
        let mut order: Vec<(u32, i64, u32)> = (0..).zip(&problem.helpers).map(|(at, helper)| (helper.place, own_part(helper), at)).collect();
        order.sort_unstable_by_key(|(place, own, at)| (*place, -*own, *at));
        let (mut at, mut own, mut homes) = (Vec::new(), Vec::new(), Vec::new());
        for region in order.chunk_by(|one, two| one.0 == two.0) {
            let first = at.len() / 64;
            at.extend(region.iter().map(|row| row.2));
            own.extend(region.iter().map(|row| i32::try_from(row.1).unwrap_or(i32::MAX)));
            at.resize(at.len().next_multiple_of(64), NOBODY);
            own.resize(at.len(), i32::MIN);
            homes.push(Home { place: region[0].0, words: first..at.len() / 64 });
        }
        let mut index = Self { homes, width: at.len() / 64 + RUN, at, own, ..Self::default() };
        index.fill_rows(problem);
        index.free = index.slots(problem, threads);
        index
    }

    /// The helper at a position.
    pub fn helper(&self, position: usize) -> u32 {
        self.at[position]
    }

    /// The part of the score that is the helper's own; in a word it only falls.
    pub fn own(&self, position: usize) -> i64 {
        i64::from(self.own[position])
    }

    /// Who of a run of words may fit a need and bring `bar` of skills, time and colour, if both lie in a region of depth `common`.
    pub fn may_fit(&self, words: Range<usize>, common: u8, asked: &Asked, bar: i64) -> [u64; RUN] {
        let first = words.start;
        let mut may = [0; RUN];
        may[..words.len()].copy_from_slice(&self.reach[usize::from(common)][words]);
        for row in &asked.must {
            keep(&mut may, run(row, first));
        }
        if asked.most - asked.skill_step < bar {
            for row in &asked.open {
                keep(&mut may, run(row, first));
            }
        }
        if let Some(row) = asked.colour.filter(|_| asked.most - asked.colour_step < bar) {
            keep(&mut may, run(row, first));
        }
        if let [week] = asked.weeks[..] {
            keep(&mut may, run(week, first));
        }
        if nobody(&may) || asked.need.windows.is_empty() { may } else { self.free_for(first, asked.need, &may) }
    }

    /// Who of `may` has enough slots in a row in one of the windows.
    fn free_for(&self, first: usize, need: &Need, may: &[u64; RUN]) -> [u64; RUN] {
        let mut found = [0; RUN];
        for &Window { from, to } in &need.windows {
            // Slots that it takes at whatever time it begins come first: mostly nobody is left after them.
            let (latest, soonest_end) = (to - need.slots, from + need.slots);
            let always = self.free_during(first, latest..soonest_end, *may);
            if nobody(&always) {
                continue;
            }
            for start in from..=latest {
                let before = self.free_during(first, start..latest.min(start + need.slots), always);
                let free = self.free_during(first, soonest_end.max(start)..start + need.slots, before);
                for at in 0..RUN {
                    found[at] |= free[at];
                }
            }
        }
        found
    }

    /// Who of `may` is free in all of some slots.
    fn free_during(&self, first: usize, slots: Range<u16>, mut may: [u64; RUN]) -> [u64; RUN] {
        for slot in slots {
            keep(&mut may, run(&self.free[usize::from(slot) * self.width..], first));
            if nobody(&may) {
                break;
            }
        }
        may
    }

    /// What [`reason::of_both`] gives one of the helpers of a word that may fit.
    pub fn score(&self, word: usize, bit: u8, asked: &Asked) -> i64 {
        let set = |row: &[u64]| u32::from(row[word] >> bit & 1 == 1);
        let lacking: u32 = asked.open.iter().map(|row| 1 - set(row)).sum();
        let mut free = 0;
        for window in &asked.need.windows {
            for slot in window.from..window.to {
                free += set(&self.free[usize::from(slot) * self.width..]);
            }
        }
        let same = asked.colour.is_some_and(|row| set(row) == 1);
        let policy = asked.policy;
        reason::skill(policy, asked.skills - lacking, asked.skills) + reason::time(policy, free, asked.slots) + reason::colour(policy, same)
    }

    /// Works out once what a need asks for.
    pub fn asked<'a>(&'a self, problem: &'a Problem, need: &'a Need) -> Asked<'a> {
        let policy = &problem.policy;
        let (skills, slots) = (need.skills.with(&need.welcome).len(), reason::slots(need));
        let rows = |rows: &'a [Row], terms: TermSet| terms.iter().map(|term| &rows[usize::from(term)][..]).collect::<Vec<_>>();
        let mut must = rows(&self.skills, need.skills);
        must.extend(rows(&self.qualifications, need.qualifications));
        must.push(&self.kinds[need.kind as usize]);
        must.extend(need.wants_insurance().then_some(&self.insured[..]));
        must.extend(self.ages.iter().find(|(age, _)| *age == need.min_age).map(|(_, row)| &row[..]));
        let open = rows(&self.skills, need.welcome.without(&need.skills));
        let starts = need.windows.iter().flat_map(|window| [window.from, window.to - need.slots]);
        let weeks = starts.fold(0, |weeks, start| weeks | 1 << problem.horizon.week(start));
        let skill = reason::skill(policy, skills, skills);
        let colour_step = reason::colour(policy, need.colour.is_some());
        Asked {
            policy,
            need,
            skills,
            slots,
            skill_step: if open.is_empty() { 0 } else { skill - reason::skill(policy, skills - 1, skills) },
            must,
            open,
            weeks: Bits(weeks).map(|week| &self.weeks[usize::from(week)][..]).collect(),
            colour: need.colour.map(|colour| &self.colours[usize::from(colour.0)][..]),
            most: skill + reason::time(policy, slots, slots) + colour_step,
            colour_step,
        }
    }

    fn fill_rows(&mut self, problem: &Problem) {
        let words = self.width;
        let rows = |count| vec![vec![0; words]; count];
        let depths = problem.places.iter().map(|place| usize::from(place.depth) + 1).max().unwrap_or(1);
        (self.kinds, self.reach, self.skills, self.qualifications) = (rows(4), rows(depths), rows(256), rows(256));
        (self.colours, self.weeks, self.insured) = (rows(256), rows(WEEKS), vec![0; words]);
        let mut ages: Vec<u8> = problem.needs.iter().map(|need| need.min_age).filter(|age| *age > 0).collect();
        ages.sort_unstable();
        ages.dedup();
        self.ages = ages.into_iter().map(|age| (age, vec![0; words])).collect();
        for (position, at) in self.at.iter().enumerate().filter(|(_, at)| **at != NOBODY) {
            let (word, bit) = (position / 64, 1 << (position % 64));
            let helper = &problem.helpers[*at as usize];
            let today = problem.horizon.first;
            if helper.consented && helper.places_total > 0 {
                self.kinds[helper.gives as usize][word] |= bit;
            }
            let skilled = helper.skills.iter().map(usize::from);
            let qualified = helper.qualifications.iter().filter(|held| held.until.is_none_or(|until| until >= today));
            let with_place = self.weeks.iter_mut().zip(helper.places_left).filter(|(_, left)| *left > 0);
            let of_age = self.ages.iter_mut().filter(|(age, _)| helper.birth.is_some_and(|birth| turns(birth, *age) <= problem.horizon.last()));
            for row in &mut self.reach[usize::from(helper.reach)..] {
                row[word] |= bit;
            }
            skilled.for_each(|term| self.skills[term][word] |= bit);
            qualified.for_each(|held| self.qualifications[usize::from(held.term)][word] |= bit);
            helper.colour.iter().for_each(|colour| self.colours[usize::from(colour.0)][word] |= bit);
            with_place.for_each(|(row, _)| row[word] |= bit);
            of_age.for_each(|(_, row)| row[word] |= bit);
            if helper.insured_until.is_some_and(|until| until >= today) {
                self.insured[word] |= bit;
            }
        }
    }

    /// The slots of all helpers turned on their side, 64 slots to a thread at a time.
    fn slots(&self, problem: &Problem, threads: usize) -> Row {
        let words = self.width;
        let mut free = vec![0; words * usize::from(SLOTS)];
        let groups = usize::from(SLOTS / 64).div_ceil(threads.max(1));
        std::thread::scope(|scope| {
            for (thread, rows) in free.chunks_mut((groups * 64 * words).max(1)).enumerate() {
                scope.spawn(move || {
                    for (group, rows) in rows.chunks_mut(64 * words).enumerate() {
                        self.fill_group(problem, thread * groups + group, rows);
                    }
                });
            }
        });
        free
    }

    /// 64 neighbouring slots of all helpers.
    fn fill_group(&self, problem: &Problem, group: usize, rows: &mut [u64]) {
        let words = self.width;
        for (word, at) in self.at.chunks(64).enumerate() {
            let mut square = [0; 64];
            for (row, helper) in square.iter_mut().zip(at) {
                *row = problem.helpers.get(*helper as usize).map_or(0, |helper| helper.free.words()[group]);
            }
            turn(&mut square);
            for (slot, row) in square.into_iter().enumerate() {
                rows[slot * words + word] = row;
            }
        }
    }
}

/// A run of words of a row; every row is longer than the last word by as many.
#[inline]
fn run(row: &[u64], first: usize) -> &[u64; RUN] {
    row.get(first..).and_then(|rest| rest.first_chunk()).unwrap_or(&[0; RUN])
}

#[inline]
fn keep(may: &mut [u64; RUN], row: &[u64; RUN]) {
    for at in 0..RUN {
        may[at] &= row[at];
    }
}

#[inline]
fn nobody(may: &[u64; RUN]) -> bool {
    may.iter().fold(0, |any, word| any | word) == 0
}

/// What a need asks for, as rows.
pub(super) struct Asked<'a> {
    policy: &'a Policy,
    need: &'a Need,
    /// Skills asked for, and slots in the windows.
    skills: u32,
    slots: u32,
    /// Rows that everybody who fits is in.
    must: Vec<&'a [u64]>,
    /// Skills that not everybody who fits has.
    open: Vec<&'a [u64]>,
    /// Weeks in which it can be held: everybody who fits is in one of them.
    weeks: Vec<&'a [u64]>,
    colour: Option<&'a [u64]>,
    /// The most that [`Index::score`] can give, and what is lost of it by lacking one skill, or the colour.
    pub most: i64,
    skill_step: i64,
    colour_step: i64,
}

/// Turns a square of 64 × 64 bits on its diagonal: bit `j` of row `i` becomes bit `i` of row `j`.
fn turn(square: &mut [u64; 64]) {
    let (mut width, mut mask) = (32, u64::MAX >> 32);
    while width > 0 {
        for row in (0..64).filter(|row| row & width == 0) {
            let swap = ((square[row] >> width) ^ square[row + width]) & mask;
            square[row] ^= swap << width;
            square[row + width] ^= swap;
        }
        width /= 2;
        mask ^= mask << width;
    }
}
