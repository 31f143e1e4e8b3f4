//! When somebody can come: the hours of a weekday, less what they are away, and what they are there beyond.

use chrono::Datelike;
use entity::time::{BusinessDate, UtcMicros};
use serde::Serialize;

use super::{Exception, Hours};

/// Minutes of a day.
pub const DAY: i32 = 1_440;

/// Minutes of a day, from one to before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Span {
    /// First minute, 0 to 1439.
    pub starts: i32,
    /// The minute after the last, up to 1440.
    pub ends: i32,
}

impl Span {
    /// Whether it lies within a day.
    #[must_use]
    pub const fn is_possible(self) -> bool {
        self.starts >= 0 && self.ends > self.starts && self.ends <= DAY
    }
}

/// The times of a day when somebody can come, apart and in order. Being there beyond the usual hours outweighs being away.
pub(super) fn free(hours: &[Hours], exceptions: &[Exception], day: BusinessDate) -> Vec<Span> {
    let weekday = i32::try_from(day.naive().weekday().number_from_monday()).unwrap_or_default();
    let mut spans: Vec<Span> = hours.iter().filter(|hours| hours.weekday == weekday).map(|hours| hours.span).collect();
    let today = || exceptions.iter().filter(|exception| exception.date == day);
    for away in today().filter(|exception| !exception.available).map(|exception| exception.span) {
        spans = spans.into_iter().flat_map(|span| without(span, away)).collect();
    }
    spans.extend(today().filter(|exception| exception.available).map(|exception| exception.span));
    joined(spans)
}

fn without(span: Span, away: Span) -> impl Iterator<Item = Span> {
    let before = Span { starts: span.starts, ends: span.ends.min(away.starts) };
    let after = Span { starts: span.starts.max(away.ends), ends: span.ends };
    [before, after].into_iter().filter(|part| part.ends > part.starts)
}

fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.starts <= last.ends => last.ends = last.ends.max(span.ends),
            _ => apart.push(span),
        }
    }
    apart
}

/// Whether somebody can come for the whole of a time of at most a day; it may run over midnight.
pub(super) fn covers(hours: &[Hours], exceptions: &[Exception], starts_at: UtcMicros, ends_at: UtcMicros) -> bool {
    let length = ends_at.0.saturating_sub(starts_at.0);
    if !(1..=UtcMicros::DAY).contains(&length) {
        return false;
    }
    let (first, last) = (starts_at.business_date(), ends_at.plus(-1).business_date());
    let minute = |moment: UtcMicros, day: BusinessDate| i32::try_from((moment.0 - day.starts_at().0).div_euclid(UtcMicros::MINUTE)).unwrap_or(DAY);
    // A minute that has begun is used whole.
    let (from, until) = (minute(starts_at, first), minute(ends_at.plus(UtcMicros::MINUTE - 1), last));
    let within = |day: BusinessDate, from: i32, until: i32| free(hours, exceptions, day).iter().any(|span| span.starts <= from && until <= span.ends);
    if first == last { within(first, from, until) } else { within(first, from, DAY) && within(last, 0, until) }
}

#[cfg(test)]
mod tests {
    use entity::time::{BusinessDate, UtcMicros};

    use super::{Exception, Hours, Span, covers, free};

    const SATURDAY: BusinessDate = BusinessDate(20_260_307);

    fn span(starts: i32, ends: i32) -> Span {
        Span { starts: starts * 60, ends: ends * 60 }
    }

    fn at(hour: i64) -> UtcMicros {
        SATURDAY.starts_at().plus(hour * UtcMicros::HOUR)
    }

    #[test]
    fn a_day_is_its_weekday_less_the_times_away_and_the_times_beyond() {
        let hours = [Hours { weekday: 6, span: span(9, 12) }, Hours { weekday: 6, span: span(14, 18) }, Hours { weekday: 7, span: span(0, 24) }];
        assert_eq!(free(&hours, &[], SATURDAY), [span(9, 12), span(14, 18)]);
        let away = Exception { date: SATURDAY, span: span(10, 15), available: false };
        let beyond = Exception { date: SATURDAY, span: span(18, 20), available: true };
        assert_eq!(free(&hours, &[away], SATURDAY), [span(9, 10), span(15, 18)]);
        assert_eq!(free(&hours, &[away, beyond], SATURDAY), [span(9, 10), span(15, 20)]);
        assert_eq!(free(&hours, &[away], SATURDAY.plus_days(7)), [span(9, 12), span(14, 18)]);
        assert_eq!(free(&hours, &[Exception { span: span(0, 24), ..away }], SATURDAY), []);
    }

    #[test]
    fn a_time_is_covered_whole_or_not_at_all_even_over_midnight() {
        let hours = [Hours { weekday: 6, span: span(9, 12) }, Hours { weekday: 6, span: span(20, 24) }, Hours { weekday: 7, span: span(0, 2) }];
        let covered = |from: i64, to: i64| covers(&hours, &[], at(from), at(to));
        assert!(covered(9, 12) && covered(22, 26) && covered(20, 24));
        assert!(!covered(8, 10) && !covered(11, 13) && !covered(22, 27) && !covered(9, 9) && !covered(9, 40));
        assert!(!covers(&hours, &[], at(11), at(12).plus(1)), "a second beyond is beyond");
    }
}
