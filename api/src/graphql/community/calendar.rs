//! Working days for clients.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::community::calendar;
use domain::error::{Code, Error};
use entity::time::BusinessDate;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;

/// Most days of one question or deadline.
const DAYS_MAX: u32 = 366;

/// A day, worked or not.
#[derive(SimpleObject)]
pub struct WorkDay {
    /// The day.
    date: NaiveDate,
    /// Whether it is worked.
    works: bool,
}

/// What differs from Monday to Friday in a year.
#[derive(InputObject)]
pub struct SetWorkCalendarInput {
    /// The year.
    year: i32,
    /// Days off: holidays of the State Council's notice, or the community's own.
    days_off: Vec<NaiveDate>,
    /// Weekend days that are worked instead (调休); none for a year whose notice is built in.
    worked_days: Vec<NaiveDate>,
}

#[derive(Default)]
pub struct CalendarQuery;

#[Object]
impl CalendarQuery {
    /// Which days of a stretch are worked in my community; `CALENDAR_MISSING` for a year of which nothing is known.
    async fn work_days(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First day.")] from: NaiveDate,
        #[graphql(desc = "How many days, 1 to 366.")] days: u32,
    ) -> ApiResult<Vec<WorkDay>> {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(Error::from(Code::BadInput).on("days").with("max", DAYS_MAX).into());
        }
        let calendar = calendar::of(ctx.app().db.reader(), ctx.actor()?.community_id).await?;
        let from = BusinessDate::from_naive(from);
        let day = |at| {
            let date = from.plus_days(at);
            Ok(WorkDay { date: date.naive(), works: calendar.works(date)? })
        };
        (0..days).map(day).collect()
    }

    /// When so many whole working days after a day are over.
    async fn working_days_after(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The day after which is counted; it does not count itself.")] day: NaiveDate,
        #[graphql(desc = "How many working days, 1 to 366.")] days: u32,
    ) -> ApiResult<DateTime<Utc>> {
        if !(1..=DAYS_MAX).contains(&days) {
            return Err(Error::from(Code::BadInput).on("days").with("max", DAYS_MAX).into());
        }
        let calendar = calendar::of(ctx.app().db.reader(), ctx.actor()?.community_id).await?;
        Ok(calendar.after(BusinessDate::from_naive(day), days)?.date_time())
    }
}

#[derive(Default)]
pub struct CalendarMutation;

#[Object]
impl CalendarMutation {
    /// Enters which days of a year are worked, where that differs from Monday to Friday (administrators); true when it is done. What was entered before for
    /// the year is replaced.
    async fn set_work_calendar(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What differs from Monday to Friday in a year.")] input: SetWorkCalendarInput,
    ) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let days = |days: Vec<NaiveDate>| days.into_iter().map(BusinessDate::from_naive).collect::<Vec<_>>();
        let tx = ctx.app().db.begin().await?;
        calendar::set(&tx, actor, input.year, &days(input.days_off), &days(input.worked_days)).await?;
        tx.commit().await?;
        Ok(true)
    }
}
