//! Periods of boards, and the scores that order them.
//!
//! A score is `total · 2^k + (2^k − 1 − t)`, where t counts whole units from the start of the period to the moment the total was reached: a higher
//! total first, then whoever got there earlier. Units are seconds; the board of all times counts minutes since 2020.
//!
//! Invariant: a score lies below 2^53, so a Redis double holds it exactly.

use chrono::{Datelike, Days, Months, NaiveDate};
use entity::leaderboard_board::BoardPeriod;
use entity::time::{BusinessDate, UtcMicros};

/// Every kind of period.
pub const PERIODS: [BoardPeriod; 5] = [BoardPeriod::Week, BoardPeriod::Month, BoardPeriod::Quarter, BoardPeriod::Year, BoardPeriod::All];

/// Bits of an integer that a double holds exactly.
const EXACT_BITS: u32 = 53;
/// Where the board of all times begins to count.
const BEGINNING: BusinessDate = BusinessDate(20_200_101);

/// One period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// Kind.
    pub kind: BoardPeriod,
    /// 0 (all), `yyyy`, `yyyyq`, `yyyymm` or the ISO week `yyyyww`.
    pub key: i32,
    /// The moment it begins.
    pub starts_at: UtcMicros,
}

impl Period {
    /// The period of a kind that a day lies in.
    #[must_use]
    pub fn of(kind: BoardPeriod, date: BusinessDate) -> Self {
        let quarter = (date.month() - 1) / 3 + 1;
        let (key, first) = match kind {
            BoardPeriod::Week => {
                let week = date.naive().iso_week();
                let number = i32::try_from(week.week()).unwrap_or_default();
                (week.year() * 100 + number, BusinessDate::from_naive(monday_of(date.naive())))
            }
            BoardPeriod::Month => (date.month_key(), BusinessDate(date.month_key() * 100 + 1)),
            BoardPeriod::Quarter => (date.year() * 10 + quarter, BusinessDate(date.year() * 10_000 + (quarter * 3 - 2) * 100 + 1)),
            BoardPeriod::Year => (date.year(), BusinessDate(date.year() * 10_000 + 101)),
            BoardPeriod::All => (0, BEGINNING),
        };
        Self { kind, key, starts_at: first.starts_at() }
    }

    /// The period that a board's row names. `None` for a key that no day has.
    #[must_use]
    pub fn of_key(kind: BoardPeriod, key: i32) -> Option<Self> {
        let part = |number: i32| u32::try_from(number).ok();
        let first = match kind {
            BoardPeriod::Week => NaiveDate::from_isoywd_opt(key / 100, part(key % 100)?, chrono::Weekday::Mon)?,
            BoardPeriod::Month => NaiveDate::from_ymd_opt(key / 100, part(key % 100)?, 1)?,
            BoardPeriod::Quarter => NaiveDate::from_ymd_opt(key / 10, part(key % 10 * 3 - 2)?, 1)?,
            BoardPeriod::Year => NaiveDate::from_ymd_opt(key, 1, 1)?,
            BoardPeriod::All => BEGINNING.naive(),
        };
        Some(Self { kind, key, starts_at: BusinessDate::from_naive(first).starts_at() })
    }

    /// The moment until which Redis keeps the period's order: its end and some time after; never for the board of all times.
    #[must_use]
    pub fn kept_until(self) -> Option<UtcMicros> {
        let first = self.starts_at.business_date().naive();
        let (end, days) = match self.kind {
            BoardPeriod::Week => (first.checked_add_days(Days::new(7)), 35),
            BoardPeriod::Month => (first.checked_add_months(Months::new(1)), 100),
            BoardPeriod::Quarter => (first.checked_add_months(Months::new(3)), 200),
            BoardPeriod::Year => (first.checked_add_months(Months::new(12)), 400),
            BoardPeriod::All => return None,
        };
        end.map(|end| BusinessDate::from_naive(end).starts_at().plus(days * UtcMicros::DAY))
    }
}

fn monday_of(date: NaiveDate) -> NaiveDate {
    date.week(chrono::Weekday::Mon).first_day()
}

/// Bits that hold the moment in a score.
const fn moment_bits(kind: BoardPeriod) -> u32 {
    match kind {
        BoardPeriod::Week => 20,
        BoardPeriod::Month => 22,
        BoardPeriod::Quarter => 23,
        BoardPeriod::Year => 25,
        BoardPeriod::All => 26,
    }
}

/// The highest total whose score is exact; higher ones share its place.
#[must_use]
pub const fn total_max(kind: BoardPeriod) -> i64 {
    (1 << (EXACT_BITS - moment_bits(kind))) - 1
}

/// Whole units from the start of a period to a moment, held inside what a score has room for.
#[must_use]
pub fn units(period: Period, reached_at: UtcMicros) -> i64 {
    let unit = if period.kind == BoardPeriod::All { UtcMicros::MINUTE } else { UtcMicros::SECOND };
    (reached_at.0 - period.starts_at.0).div_euclid(unit).clamp(0, (1 << moment_bits(period.kind)) - 1)
}

/// Packs a total and the units at which it was reached. A total of zero has no place and gives zero.
#[must_use]
pub fn pack(kind: BoardPeriod, total: i64, units: i64) -> i64 {
    if total <= 0 {
        return 0;
    }
    let bits = moment_bits(kind);
    (total.min(total_max(kind)) << bits) + ((1 << bits) - 1 - units)
}

/// The total and the units in a score.
#[must_use]
pub fn unpack(kind: BoardPeriod, score: i64) -> (i64, i64) {
    let bits = moment_bits(kind);
    let all = (1 << bits) - 1;
    (score >> bits, all - (score & all))
}

#[cfg(test)]
mod tests {
    use entity::leaderboard_board::BoardPeriod::{All, Month, Quarter, Week, Year};
    use entity::time::{BusinessDate, UtcMicros};

    use super::{PERIODS, Period, pack, total_max, units, unpack};

    #[test]
    fn periods_turn_where_the_calendar_says() {
        let key = |kind, date| Period::of(kind, BusinessDate(date)).key;
        // 2027-01-01 is a Friday and belongs to the last week of 2026; 2024-12-30 is a Monday of the first week of 2025.
        assert_eq!([key(Week, 20_270_101), key(Week, 20_270_103), key(Week, 20_270_104)], [202_653, 202_653, 202_701]);
        assert_eq!([key(Week, 20_241_229), key(Week, 20_241_230)], [202_452, 202_501]);
        assert_eq!([key(Month, 20_260_228), key(Month, 20_260_301)], [202_602, 202_603]);
        assert_eq!([key(Quarter, 20_260_331), key(Quarter, 20_260_401), key(Quarter, 20_261_231)], [20_261, 20_262, 20_264]);
        assert_eq!([key(Year, 20_261_231), key(Year, 20_270_101), key(All, 20_261_231)], [2026, 2027, 0]);
    }

    #[test]
    fn a_period_is_found_again_by_its_key() {
        for kind in PERIODS {
            for date in [20_241_230, 20_251_231, 20_260_101, 20_260_228, 20_260_630, 20_270_101, 20_280_229] {
                let period = Period::of(kind, BusinessDate(date));
                assert_eq!(Period::of_key(kind, period.key), Some(period), "{date}");
            }
        }
        assert_eq!(Period::of_key(Month, 202_613), None);
    }

    #[test]
    fn a_score_gives_back_what_was_packed() {
        for kind in PERIODS {
            for total in [1, 2, 480, 99_999, total_max(kind)] {
                for unit in [0, 1, 3_600, units(Period::of(kind, BusinessDate(20_260_302)), UtcMicros(i64::MAX / 2))] {
                    let score = pack(kind, total, unit);
                    assert_eq!(unpack(kind, score), (total, unit));
                    assert!(score < 1 << 53, "a double holds it");
                }
            }
            assert!(pack(kind, i64::MAX, 0) < 1 << 53, "a total beyond the room is cut, not wrapped");
            assert_eq!(pack(kind, 0, 5), 0);
        }
    }

    #[test]
    fn more_comes_first_then_earlier() {
        for kind in PERIODS {
            assert!(pack(kind, 11, 9_999) > pack(kind, 10, 0));
            assert!(pack(kind, 10, 5) > pack(kind, 10, 6));
        }
    }

    #[test]
    fn every_moment_of_a_period_has_its_own_unit() {
        for (kind, date) in [(Week, 20_260_302), (Month, 20_260_101), (Quarter, 20_260_701), (Year, 20_280_101)] {
            let period = Period::of(kind, BusinessDate(date));
            let days = match kind {
                Week => 7,
                Month => 31,
                Quarter => 92,
                _ => 366,
            };
            let last = period.starts_at.plus(days * UtcMicros::DAY - 1);
            assert_eq!(units(period, last), days * 86_400 - 1);
            assert_eq!(units(period, period.starts_at.plus(-1)), 0);
        }
        let all = Period::of(All, BusinessDate(20_260_101));
        assert_eq!(units(all, all.starts_at.plus(UtcMicros::MINUTE * 3 - 1)), 2);
    }
}
