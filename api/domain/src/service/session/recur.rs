//! Sessions of monthly activities, made three months ahead.
//!
//! Invariant: a monthly activity has one session per month and no more, however often this runs (`session_once`); a session called off is not made
//! again.

use chrono::{Datelike, Months, NaiveDate};
use entity::activity;
use entity::activity_session;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, IntoActiveModel};

use super::planned;
use crate::db::sql;
use crate::error::Result;
use crate::service::activity::{Monthly, monthly};
use crate::tx::Tx;

/// Months that sessions are made ahead.
const MONTHS_AHEAD: u32 = 3;
/// Activities taken in one go.
const BATCH: i64 = 50;

/// Due work: makes the sessions of the next three months for published monthly activities that lack the last of them; gives how many it made.
///
/// # Errors
/// When the database refuses.
pub async fn schedule_recurring(tx: &Tx) -> Result<u64> {
    let today = tx.today().naive();
    let edge = |months| BusinessDate::from_naive(today.checked_add_months(Months::new(months)).unwrap_or(NaiveDate::MAX));
    // The last occurrence within three months always falls into the third of them.
    let text = "SELECT a.* FROM activity a WHERE a.state = 'PUBLISHED' AND a.monthly_on IS NOT NULL AND NOT EXISTS (SELECT 1 FROM activity_session s \
                WHERE s.activity_id = a.id AND s.business_date > $1 AND s.business_date <= $2 AND s.business_date % 100 = a.monthly_on) \
                ORDER BY a.id LIMIT $3";
    let values = [edge(MONTHS_AHEAD - 1).into(), edge(MONTHS_AHEAD).into(), BATCH.into()];
    let due = activity::Entity::find().from_raw_sql(sql(&tx.connection, text, values)).all(&tx.connection).await?;
    schedule_months(tx, &due).await
}

/// Makes the sessions of the next three months of published monthly activities, where they are missing; gives how many it made.
///
/// # Errors
/// When the database refuses.
pub async fn schedule_months(tx: &Tx, activities: &[activity::Model]) -> Result<u64> {
    let mut rows = Vec::new();
    for activity in activities {
        let Some(monthly) = monthly(activity) else { continue };
        for starts_at in occurrences(tx.now, monthly) {
            let ends_at = starts_at.plus(i64::from(monthly.minutes) * UtcMicros::MINUTE);
            rows.push(planned(tx.now, activity, starts_at, ends_at, monthly.capacity)?.into_active_model());
        }
    }
    if rows.is_empty() {
        return Ok(0);
    }
    let once = OnConflict::columns([activity_session::Column::ActivityId, activity_session::Column::StartsAt]).do_nothing().to_owned();
    let made = activity_session::Entity::insert_many(rows).on_conflict(once).exec_without_returning(&tx.connection).await;
    match made {
        Ok(made) => Ok(made),
        Err(sea_orm::DbErr::RecordNotInserted) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// The starts that lie after `now` and up to three months from its day.
fn occurrences(now: UtcMicros, monthly: Monthly) -> Vec<UtcMicros> {
    let today = now.business_date().naive();
    let last = today.checked_add_months(Months::new(MONTHS_AHEAD)).unwrap_or(NaiveDate::MAX);
    let day = u32::try_from(monthly.day).unwrap_or(1);
    (0..=MONTHS_AHEAD)
        .filter_map(|ahead| today.with_day(1)?.checked_add_months(Months::new(ahead))?.with_day(day))
        .filter(|date| *date <= last)
        .map(|date| BusinessDate::from_naive(date).starts_at().plus(i64::from(monthly.start_minute) * UtcMicros::MINUTE))
        .filter(|start| *start > now)
        .collect()
}

#[cfg(test)]
mod tests {
    use entity::time::{BusinessDate, UtcMicros};

    use super::{Monthly, occurrences};

    #[test]
    fn every_month_has_its_28th_and_the_last_one_is_within_three_months() {
        let monthly = Monthly { day: 28, start_minute: 540, minutes: 120, capacity: 30 };
        let mut seen = std::collections::BTreeSet::new();
        let mut day = BusinessDate(20_260_101);
        while day.0 < 20_270_101 {
            let now = day.starts_at().plus(UtcMicros::HOUR);
            let starts = occurrences(now, monthly);
            assert!(starts.len() >= 3 && starts.iter().all(|start| *start > now), "{day:?}");
            seen.extend(starts.iter().map(|start| start.business_date()));
            day = day.plus_days(1);
        }
        let months = (1..=12).map(|month| BusinessDate(20_260_000 + month * 100 + 28));
        assert!(months.into_iter().all(|date| seen.contains(&date)));
        assert_eq!(seen.len(), 15);
    }
}
