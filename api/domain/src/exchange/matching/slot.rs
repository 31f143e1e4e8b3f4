//! Slots (时段): half hours over four weeks, as a set of bits.
//!
//! A slot is a number counted from midnight of the first day of the [`Horizon`], in the community's time zone. A span of slots is half open.

use chrono::{Datelike, NaiveDate};

/// Minutes in a slot.
pub const SLOT_MINUTES: u16 = 30;
/// Slots in a day.
pub const SLOTS_A_DAY: u16 = 48;
/// Slots in the horizon: 28 days.
pub const SLOTS: u16 = 28 * SLOTS_A_DAY;
/// Calendar weeks, Monday to Sunday, that 28 days can touch.
pub const WEEKS: usize = 5;

const WORDS: usize = SLOTS as usize / 64;

/// A business date as a number: days since the first of January of the year 1, which is day 1.
pub type Day = i32;

/// The number of a date.
#[must_use]
pub fn day(date: NaiveDate) -> Day {
    date.num_days_from_ce()
}

/// The 28 days that are planned for, from today on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Horizon {
    /// Today: the day of slot 0.
    pub first: Day,
}

impl Horizon {
    /// Day of a slot.
    #[must_use]
    pub fn day(self, slot: u16) -> Day {
        self.first + Day::from(slot / SLOTS_A_DAY)
    }

    /// The last day.
    #[must_use]
    pub fn last(self) -> Day {
        self.day(SLOTS - 1)
    }

    /// Day of the week of the first day, Monday being 0.
    #[must_use]
    pub fn first_weekday(self) -> u16 {
        // Day 1 was a Monday.
        u16::try_from((self.first - 1).rem_euclid(7)).unwrap_or_default()
    }

    /// Calendar week of a slot: 0 for the week of the first day, at most 4.
    #[must_use]
    pub fn week(self, slot: u16) -> u8 {
        u8::try_from((self.first_weekday() + slot / SLOTS_A_DAY) / 7).unwrap_or(u8::MAX)
    }
}

/// Half hours of a week, Monday's first being 0: what a volunteer says once and for all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WeekSet([u64; 6]);

impl WeekSet {
    /// Adds the half hours `from..to` of a day of the week, Monday being 0. What lies outside a day or a week is left out.
    pub fn insert(&mut self, weekday: u16, from: u16, to: u16) {
        if weekday < 7 {
            for at in from..to.min(SLOTS_A_DAY) {
                let bit = usize::from(weekday * SLOTS_A_DAY + at);
                self.0[bit / 64] |= 1 << (bit % 64);
            }
        }
    }

    fn of_day(&self, weekday: u16) -> u64 {
        let bit = usize::from(weekday * SLOTS_A_DAY);
        let (word, shift) = (bit / 64, bit % 64);
        let high = if shift > 16 { self.0[word + 1] << (64 - shift) } else { 0 };
        ((self.0[word] >> shift) | high) & (u64::MAX >> 16)
    }
}

/// A set of slots of the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotSet([u64; WORDS]);

impl Default for SlotSet {
    fn default() -> Self {
        Self([0; WORDS])
    }
}

impl SlotSet {
    /// A weekly pattern laid over the horizon; exceptions are then [inserted](Self::insert) or [removed](Self::remove).
    #[must_use]
    pub fn of_week(week: &WeekSet, horizon: Horizon) -> Self {
        let mut all = Self::default();
        for day in 0..SLOTS / SLOTS_A_DAY {
            let bits = week.of_day((horizon.first_weekday() + day) % 7);
            let at = usize::from(day * SLOTS_A_DAY);
            all.0[at / 64] |= bits << (at % 64);
            if at % 64 > 16 {
                all.0[at / 64 + 1] |= bits >> (64 - at % 64);
            }
        }
        all
    }

    /// The slots that lie in at least so many of some sets.
    pub fn of_at_least<'a>(sets: &(impl Iterator<Item = &'a Self> + Clone), count: usize) -> Self {
        let mut all = Self::default();
        for (at, word) in all.0.iter_mut().enumerate() {
            // Counters of all 64 slots side by side: plane `n` holds the bits of worth 2ⁿ.
            let mut planes: Vec<u64> = Vec::new();
            for set in sets.clone() {
                let mut carry = set.0[at];
                for plane in &mut planes {
                    (*plane, carry) = (*plane ^ carry, *plane & carry);
                }
                if carry != 0 {
                    planes.push(carry);
                }
            }
            let (mut more, mut same) = (0, u64::MAX);
            for (worth, plane) in planes.iter().enumerate().rev() {
                let wanted = if count >> worth & 1 == 1 { u64::MAX } else { 0 };
                more |= same & plane & !wanted;
                same &= !(plane ^ wanted);
            }
            *word = if count >> planes.len() == 0 { more | same } else { 0 };
        }
        all
    }

    /// Adds `from..to`.
    pub fn insert(&mut self, from: u16, to: u16) {
        for (word, mask) in spans(from, to) {
            self.0[word] |= mask;
        }
    }

    /// Takes `from..to` away: a holiday, or something promised already.
    pub fn remove(&mut self, from: u16, to: u16) {
        for (word, mask) in spans(from, to) {
            self.0[word] &= !mask;
        }
    }

    /// Whether the whole of `from..to` is in the set.
    #[must_use]
    pub fn holds(&self, from: u16, to: u16) -> bool {
        spans(from, to).all(|(word, mask)| self.0[word] & mask == mask)
    }

    /// How many slots of `from..to` are in the set.
    #[must_use]
    pub fn count(&self, from: u16, to: u16) -> u32 {
        spans(from, to).map(|(word, mask)| (self.0[word] & mask).count_ones()).sum()
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.0
    }
}

/// The words that `from..to` touches, each with the bits of it.
fn spans(from: u16, to: u16) -> impl Iterator<Item = (usize, u64)> {
    let (from, to) = (usize::from(from), usize::from(to.min(SLOTS)));
    (from / 64..to.div_ceil(64)).map(move |word| {
        let low = from.saturating_sub(word * 64);
        let high = (to - word * 64).min(64);
        (word, (u64::MAX >> (64 - high)) & (u64::MAX << low))
    })
}
