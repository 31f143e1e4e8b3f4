//! From moments and minutes to slots and back.

use entity::time::UtcMicros;

use crate::exchange::matching::obstacle::Span;
use crate::exchange::matching::problem::Window;
use crate::exchange::matching::slot::{Horizon, SLOT_MINUTES, SLOTS, SLOTS_A_DAY};

/// Microseconds of a slot.
const SLOT: i64 = SLOT_MINUTES as i64 * UtcMicros::MINUTE;
/// What by day means for a need that names no time: from eight in the morning to eight in the evening, as slots of a day.
const BY_DAY: (i64, i64) = (16, 40);
/// Days within which a need that names no time can be met.
const SOON_DAYS: i64 = 7;

/// When a need can be met: what it says, and the same on the grid of slots.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// What it says, in order; for a need that names no time, by day within the next week.
    windows: Vec<(UtcMicros, UtcMicros)>,
    /// How long it takes.
    minutes: i64,
}

/// The moment a slot begins.
fn begins(horizon: Horizon, slot: i64) -> UtcMicros {
    first_moment(horizon).plus(slot * SLOT)
}

/// Midnight of the first day.
fn first_moment(horizon: Horizon) -> UtcMicros {
    let date = chrono::NaiveDate::from_num_days_from_ce_opt(horizon.first).unwrap_or_default();
    entity::time::BusinessDate::from_naive(date).starts_at()
}

/// The slots that a time touches, within the horizon.
pub(super) fn touched(horizon: Horizon, starts_at: UtcMicros, ends_at: UtcMicros) -> (u16, u16) {
    let zero = first_moment(horizon).0;
    (clip((starts_at.0 - zero).div_euclid(SLOT)), clip((ends_at.0 - zero + SLOT - 1).div_euclid(SLOT)))
}

/// The slots that lie whole in a time, within the horizon.
pub(super) fn within(horizon: Horizon, starts_at: UtcMicros, ends_at: UtcMicros) -> (u16, u16) {
    let zero = first_moment(horizon).0;
    (clip((starts_at.0 - zero + SLOT - 1).div_euclid(SLOT)), clip((ends_at.0 - zero).div_euclid(SLOT)))
}

/// The calendar week of the horizon that a moment lies in; none before it.
pub(super) fn week(horizon: Horizon, moment: UtcMicros) -> Option<usize> {
    let monday = first_moment(horizon).0 - i64::from(horizon.first_weekday()) * UtcMicros::DAY;
    usize::try_from((moment.0 - monday).div_euclid(7 * UtcMicros::DAY)).ok()
}

/// The first moment of the calendar week of the horizon's first day, and the last of its last.
pub(super) fn weeks(horizon: Horizon) -> (UtcMicros, UtcMicros) {
    let first = first_moment(horizon);
    (first.plus(-i64::from(horizon.first_weekday()) * UtcMicros::DAY), begins(horizon, i64::from(SLOTS)).plus(7 * UtcMicros::DAY))
}

fn clip(slot: i64) -> u16 {
    u16::try_from(slot.clamp(0, i64::from(SLOTS))).unwrap_or(SLOTS)
}

impl Times {
    /// When a need can be met that says so, within its validity and from now on.
    #[must_use]
    pub fn said(windows: &[(UtcMicros, UtcMicros)], valid: (UtcMicros, UtcMicros), minutes: i64, now: UtcMicros) -> Self {
        let from = valid.0.max(now);
        let clipped = windows.iter().map(|(starts, ends)| ((*starts).max(from), (*ends).min(valid.1)));
        Self { windows: clipped.filter(|(starts, ends)| ends.0 - starts.0 >= minutes * UtcMicros::MINUTE).collect(), minutes }
    }

    /// When a need can be met that names no time.
    #[must_use]
    pub fn soon(horizon: Horizon, valid: (UtcMicros, UtcMicros), minutes: i64, now: UtcMicros) -> Self {
        let longest = (BY_DAY.1 - BY_DAY.0) * i64::from(SLOT_MINUTES);
        let hours = if minutes > longest { (0, i64::from(SLOTS_A_DAY)) } else { BY_DAY };
        let day = |day: i64| (begins(horizon, day * i64::from(SLOTS_A_DAY) + hours.0), begins(horizon, day * i64::from(SLOTS_A_DAY) + hours.1));
        let first = i64::from(touched(horizon, valid.0.max(now), valid.1).0 / SLOTS_A_DAY);
        let days: Vec<_> = (first..first + SOON_DAYS).map(day).collect();
        Self::said(&days, valid, minutes, now)
    }

    /// Whether no time is left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.windows.is_empty()
    }

    /// The windows on the grid, and how many slots somebody is needed for: as many as the minutes fill, where a window holds them between whole slots;
    /// otherwise as many as they may touch.
    #[must_use]
    pub fn on_grid(&self, horizon: Horizon) -> (Vec<Window>, u16) {
        let slots = u16::try_from((self.minutes * UtcMicros::MINUTE + SLOT - 1) / SLOT).unwrap_or(SLOTS).max(1);
        let window = |(from, to): (u16, u16)| Window { from, to };
        let long = |least: u16| move |window: &Window| window.to.saturating_sub(window.from) >= least;
        let inner: Vec<Window> = self.windows.iter().map(|(starts, ends)| window(within(horizon, *starts, *ends))).filter(long(slots)).collect();
        if !inner.is_empty() {
            return (inner, slots);
        }
        let outer = |(starts, ends): &(UtcMicros, UtcMicros)| window(touched(horizon, *starts, *ends));
        let outer: Vec<Window> = self.windows.iter().map(outer).filter(long(slots)).collect();
        // A window that holds the minutes but not between whole slots is met by somebody who is there for all the slots it touches.
        let touched = outer.iter().map(|window| window.to - window.from).min().unwrap_or(slots).min(slots + 1);
        (outer, touched)
    }

    /// The span behind a very time; the one in which time plays no part for none.
    #[must_use]
    pub fn span(&self, horizon: Horizon, time: Option<(UtcMicros, UtcMicros)>) -> Span {
        let Some((starts_at, ends_at)) = time else { return Span { from: 0, to: 0 } };
        let (from, _) = touched(horizon, starts_at, ends_at);
        Span { from, to: from + self.on_grid(horizon).1 }
    }

    /// The very time behind a span: it begins with the window, if the window begins within the first slot.
    #[must_use]
    pub fn exactly(&self, horizon: Horizon, span: Span) -> Option<(UtcMicros, UtcMicros)> {
        if span.from == span.to {
            return None;
        }
        let (first, last) = (begins(horizon, i64::from(span.from)), begins(horizon, i64::from(span.to)));
        let (window, _) = self.windows.iter().find(|(starts, ends)| *starts < last && first < *ends)?;
        let starts_at = first.max(*window);
        Some((starts_at, starts_at.plus(self.minutes * UtcMicros::MINUTE)))
    }
}

#[cfg(test)]
mod tests {
    use entity::time::{BusinessDate, UtcMicros};

    use super::Times;
    use crate::exchange::matching::obstacle::Span;
    use crate::exchange::matching::problem::Window;
    use crate::exchange::matching::slot::{Horizon, day};

    const MONDAY: BusinessDate = BusinessDate(20_260_302);

    fn at(minute: i64) -> UtcMicros {
        MONDAY.starts_at().plus(minute * UtcMicros::MINUTE)
    }

    fn times(from: i64, to: i64, minutes: i64) -> Times {
        Times::said(&[(at(from), at(to))], (at(0), at(100_000)), minutes, at(0))
    }

    #[test]
    fn a_time_between_whole_slots_is_found_and_given_back_to_the_minute() {
        let horizon = Horizon { first: day(MONDAY.naive()) };
        assert_eq!(times(540, 720, 90).on_grid(horizon), (vec![Window { from: 18, to: 24 }], 3));
        assert_eq!(times(545, 720, 90).on_grid(horizon), (vec![Window { from: 19, to: 24 }], 3), "what begins within a slot waits for the next");
        assert_eq!(times(550, 595, 45).on_grid(horizon), (vec![Window { from: 18, to: 20 }], 2), "what fits nowhere else needs all it touches");
        assert_eq!(times(550, 580, 30).on_grid(horizon), (vec![Window { from: 18, to: 20 }], 2));
        let exact = times(550, 580, 30).exactly(horizon, Span { from: 18, to: 20 });
        assert_eq!(exact, Some((at(550), at(580))));
        assert_eq!(times(540, 720, 90).exactly(horizon, Span { from: 20, to: 23 }), Some((at(600), at(690))));
    }

    #[test]
    fn a_need_that_names_no_time_is_met_by_day_within_a_week() {
        let horizon = Horizon { first: day(MONDAY.naive()) };
        let (windows, slots) = Times::soon(horizon, (at(0), at(1_440 * 30)), 60, at(600)).on_grid(horizon);
        assert_eq!((windows.len(), slots, windows[0]), (7, 2, Window { from: 20, to: 40 }));
        let (windows, _) = Times::soon(horizon, (at(0), at(1_440 * 2)), 60, at(1_300)).on_grid(horizon);
        assert_eq!(windows, [Window { from: 64, to: 88 }], "today is over, and it ends tomorrow");
    }
}
