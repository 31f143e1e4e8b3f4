//! Working days (工作日历): which days are worked.
//!
//! Monday to Friday are worked, but for what the State Council's yearly notice says: holidays, and weekend days that are worked instead (调休). The notices of
//! 2025 (国办发明电〔2024〕12号 of 12 November 2024) and 2026 (国办发明电〔2025〕7号 of 4 November 2025) are built in; a later year is unknown until the community
//! has entered its notice. Within a known year a community may add days off of its
//! own, never working days.
//!
//! Invariant: a deadline counted here is never shorter than the law's calendar makes it: in a year of which nothing is known nothing is counted at all.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Weekday};
use entity::id::CommunityId;
use entity::time::{BusinessDate, UtcMicros};
use entity::{work_calendar_day, work_calendar_year};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// First and last days of holidays, in the order of the two notices; as Xinhua printed them, and gov.cn keeps them (《国务院办公厅关于2025年部分节假日安排的通知》,
/// 《国务院办公厅关于2026年部分节假日安排的通知》).
const HOLIDAYS: &[(i32, i32)] = &[
    (20_250_101, 20_250_101),
    (20_250_128, 20_250_204),
    (20_250_404, 20_250_406),
    (20_250_501, 20_250_505),
    (20_250_531, 20_250_602),
    (20_251_001, 20_251_008),
    (20_260_101, 20_260_103),
    (20_260_215, 20_260_223),
    (20_260_404, 20_260_406),
    (20_260_501, 20_260_505),
    (20_260_619, 20_260_621),
    (20_260_925, 20_260_927),
    (20_261_001, 20_261_007),
];

/// Weekend days that are worked instead, by the same notices.
const MADE_UP: &[i32] =
    &[20_250_126, 20_250_208, 20_250_427, 20_250_928, 20_251_011, 20_260_104, 20_260_214, 20_260_228, 20_260_509, 20_260_920, 20_261_010];

/// The years of which the notice is built in.
const BUILT_IN: std::ops::RangeInclusive<i32> = 2025..=2026;

/// Days entered of one year at most.
const DAYS_MAX: usize = 366;

/// A community's working days.
#[derive(Clone, Debug, Default)]
pub struct WorkCalendar {
    years: BTreeSet<i32>,
    days: BTreeMap<BusinessDate, bool>,
}

impl WorkCalendar {
    /// Whether a day is worked.
    ///
    /// # Errors
    /// `CALENDAR_MISSING` for a year of which nothing is known.
    pub fn works(&self, day: BusinessDate) -> Result<bool> {
        if !BUILT_IN.contains(&day.year()) && !self.years.contains(&day.year()) {
            return Err(Error::from(Code::CalendarMissing).with("year", day.year()));
        }
        if let Some(works) = self.days.get(&day) {
            return Ok(*works);
        }
        let holiday = HOLIDAYS.iter().any(|(first, last)| (*first..=*last).contains(&day.0));
        Ok(MADE_UP.contains(&day.0) || (!holiday && !is_weekend(day)))
    }

    /// When so many whole working days after `day` are over; `day` itself does not count.
    ///
    /// # Errors
    /// `CALENDAR_MISSING`.
    pub fn after(&self, mut day: BusinessDate, working_days: u32) -> Result<UtcMicros> {
        let mut left = working_days;
        while left > 0 {
            day = day.plus_days(1);
            left -= u32::from(self.works(day)?);
        }
        Ok(day.plus_days(1).starts_at())
    }

    /// As [`after`](Self::after), with Monday to Friday in a year of which nothing is known: for what cannot wait until it is. Whoever acts on it counts
    /// again by then.
    #[must_use]
    pub fn provisionally_after(&self, mut day: BusinessDate, working_days: u32) -> UtcMicros {
        let mut left = working_days;
        while left > 0 {
            day = day.plus_days(1);
            left -= u32::from(self.works(day).unwrap_or(!is_weekend(day)));
        }
        day.plus_days(1).starts_at()
    }
}

fn is_weekend(day: BusinessDate) -> bool {
    matches!(day.naive().weekday(), Weekday::Sat | Weekday::Sun)
}

/// The working days of a community.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<WorkCalendar> {
    let years = work_calendar_year::Entity::find().filter(work_calendar_year::Column::CommunityId.eq(community_id)).all(connection).await?;
    let days = work_calendar_day::Entity::find().filter(work_calendar_day::Column::CommunityId.eq(community_id)).all(connection).await?;
    Ok(WorkCalendar { years: years.into_iter().map(|row| row.year).collect(), days: days.into_iter().map(|row| (row.day, row.works)).collect() })
}

/// Enters what differs from Monday to Friday in a year: days off, and weekend days that are worked. What was entered before is replaced.
///
/// # Errors
/// `FORBIDDEN`; `BAD_INPUT` on `year`, on `daysOff` or `workedDays` for days of another year or too many, and on `workedDays` for a built-in year, which
/// the community may only shorten.
pub async fn set(tx: &Tx, actor: &Actor, year: i32, days_off: &[BusinessDate], worked_days: &[BusinessDate]) -> Result<WorkCalendar> {
    actor.require(Action::SetWorkCalendar, &actor.home())?;
    let fault = |field| Err(Error::from(Code::BadInput).on(field));
    if !(2020..=2100).contains(&year) {
        return fault("year");
    }
    let foreign = |days: &[BusinessDate]| days.len() > DAYS_MAX || days.iter().any(|day| day.year() != year);
    if foreign(days_off) {
        return fault("daysOff");
    }
    if foreign(worked_days) || (BUILT_IN.contains(&year) && !worked_days.is_empty()) || worked_days.iter().any(|day| days_off.contains(day)) {
        return fault("workedDays");
    }
    let row = work_calendar_year::Model { community_id: actor.community_id, year, set_by: actor.account_id, set_at: tx.now };
    let again = OnConflict::columns([work_calendar_year::Column::CommunityId, work_calendar_year::Column::Year])
        .update_columns([work_calendar_year::Column::SetBy, work_calendar_year::Column::SetAt])
        .to_owned();
    work_calendar_year::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(&tx.connection).await?;
    work_calendar_day::Entity::delete_many()
        .filter(work_calendar_day::Column::CommunityId.eq(actor.community_id))
        .filter(work_calendar_day::Column::Day.between(BusinessDate(year * 10_000), BusinessDate(year * 10_000 + 9_999)))
        .exec(&tx.connection)
        .await?;
    let days: BTreeMap<BusinessDate, bool> = days_off.iter().map(|day| (*day, false)).chain(worked_days.iter().map(|day| (*day, true))).collect();
    if !days.is_empty() {
        let rows = days.into_iter().map(|(day, works)| work_calendar_day::Model { community_id: actor.community_id, day, works }.into_active_model());
        work_calendar_day::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    of(&tx.connection, actor.community_id).await
}

#[cfg(test)]
mod tests {
    use entity::time::BusinessDate;

    use super::WorkCalendar;

    #[test]
    fn holidays_and_days_worked_instead_are_counted_as_announced() {
        let calendar = WorkCalendar::default();
        let ends = |day: i32, days| calendar.after(BusinessDate(day), days).map(|end| end.business_date().0).map_err(|error| error.code.text());
        assert_eq!(ends(20_260_302, 5), Ok(20_260_310), "an ordinary week: Tuesday to Monday");
        assert_eq!(ends(20_260_930, 5), Ok(20_261_014), "the national holiday is no part of it, the Saturday worked instead is");
        assert_eq!(ends(20_260_213, 5), Ok(20_260_228), "spring festival: Saturday the 14th, then the 24th to the 27th");
        assert_eq!(ends(20_261_228, 5), Err("CALENDAR_MISSING"), "nothing is known of the year after");
        let provisional = |day: i32, days| calendar.provisionally_after(BusinessDate(day), days).business_date().0;
        assert_eq!(provisional(20_261_228, 5), 20_270_105, "Tuesday to Monday, as if there was no holiday");
        assert_eq!(provisional(20_260_930, 5), 20_261_014, "what is known counts");
    }
}
