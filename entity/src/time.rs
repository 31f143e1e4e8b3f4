//! Times and business dates as they stand in the database.
//!
//! Invariant: a moment is whole microseconds in UTC; a business date is the calendar day in the communities' time zone. China keeps one time zone
//! without summer time, so the zone is a fixed offset of eight hours and needs no zone database.

use chrono::{DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// Seconds that the communities' clocks are ahead of UTC (Asia/Shanghai).
pub const OFFSET_SECONDS: i32 = 8 * 3600;

/// A moment: microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize)]
pub struct UtcMicros(pub i64);

impl UtcMicros {
    /// One second.
    pub const SECOND: i64 = 1_000_000;
    /// One minute.
    pub const MINUTE: i64 = 60 * Self::SECOND;
    /// One hour.
    pub const HOUR: i64 = 60 * Self::MINUTE;
    /// One day.
    pub const DAY: i64 = 24 * Self::HOUR;

    /// The moment `micros` later (earlier when negative), held inside the representable range.
    #[must_use]
    pub fn plus(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// For the outside: the same moment as a date and time.
    #[must_use]
    pub fn date_time(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// The business date this moment falls on.
    #[must_use]
    pub fn business_date(self) -> BusinessDate {
        BusinessDate::from_naive(self.date_time().with_timezone(&zone()).date_naive())
    }
}

impl From<DateTime<Utc>> for UtcMicros {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp_micros())
    }
}

/// A calendar day in the communities' time zone, as the number `yyyymmdd`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, DeriveValueType, Serialize, Deserialize)]
pub struct BusinessDate(pub i32);

impl BusinessDate {
    /// Later than every day the program will see: points with this date never expire.
    pub const NEVER: Self = Self(99_991_231);

    /// The day of a calendar date.
    #[must_use]
    pub fn from_naive(date: NaiveDate) -> Self {
        let month_day = i32::try_from(date.month() * 100 + date.day()).unwrap_or_default();
        Self(date.year() * 10_000 + month_day)
    }

    /// The calendar date, or the last representable one for a number that is none.
    #[must_use]
    pub fn naive(self) -> NaiveDate {
        let part = |number: i32| u32::try_from(number).unwrap_or_default();
        NaiveDate::from_ymd_opt(self.0 / 10_000, part(self.0 / 100 % 100), part(self.0 % 100)).unwrap_or(NaiveDate::MAX)
    }

    /// `yyyymm`.
    #[must_use]
    pub fn month_key(self) -> i32 {
        self.0 / 100
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0 / 10_000
    }

    /// Month of the year, 1 to 12.
    #[must_use]
    pub fn month(self) -> i32 {
        self.0 / 100 % 100
    }

    /// Day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i32 {
        self.0 % 100
    }

    /// The day `days` later.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        self.naive().checked_add_days(Days::new(u64::from(days))).map_or(Self::NEVER, Self::from_naive)
    }

    /// The last day of the month that lies `months` after this day's month.
    #[must_use]
    pub fn end_of_month_after(self, months: u32) -> Self {
        let first = self.naive().with_day(1).unwrap_or(NaiveDate::MAX);
        first.checked_add_months(Months::new(months + 1)).and_then(|next| next.checked_sub_days(Days::new(1))).map_or(Self::NEVER, Self::from_naive)
    }

    /// The moment this day begins.
    #[must_use]
    pub fn starts_at(self) -> UtcMicros {
        let midnight = self.naive().and_time(NaiveTime::MIN);
        zone().from_local_datetime(&midnight).single().map_or(UtcMicros(i64::MAX), |moment| UtcMicros(moment.timestamp_micros()))
    }

    /// Whole years from this day (a birth date) to `day`.
    #[must_use]
    pub fn years_until(self, day: Self) -> i32 {
        (day.0 - self.0) / 10_000
    }
}

/// The communities' time zone.
#[must_use]
pub fn zone() -> FixedOffset {
    FixedOffset::east_opt(OFFSET_SECONDS).unwrap_or_else(|| unreachable!("eight hours is a valid offset"))
}

#[cfg(test)]
mod tests {
    use super::{BusinessDate, UtcMicros};

    #[test]
    fn days_are_cut_at_midnight_in_china() {
        let before = UtcMicros::from("2026-03-27T15:59:59Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time"));
        assert_eq!(before.business_date(), BusinessDate(20_260_327));
        assert_eq!(before.plus(UtcMicros::SECOND).business_date(), BusinessDate(20_260_328));
        assert_eq!(BusinessDate(20_260_328).starts_at(), before.plus(UtcMicros::SECOND));
    }

    #[test]
    fn months_end_where_the_calendar_says() {
        assert_eq!(BusinessDate(20_260_115).end_of_month_after(1), BusinessDate(20_260_228));
        assert_eq!(BusinessDate(20_271_231).end_of_month_after(2), BusinessDate(20_280_229));
        assert_eq!(BusinessDate(20_261_231).plus_days(1), BusinessDate(20_270_101));
    }

    #[test]
    fn age_counts_birthdays() {
        let birth = BusinessDate(20_101_128);
        assert_eq!(birth.years_until(BusinessDate(20_261_127)), 15);
        assert_eq!(birth.years_until(BusinessDate(20_261_128)), 16);
    }
}
