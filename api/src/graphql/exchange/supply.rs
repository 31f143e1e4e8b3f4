//! What volunteers can do, for clients.

use async_graphql::{Context, Description, Enum, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use domain::exchange::supply::{self, Exception, Hours, Span, Supply};
use entity::time::BusinessDate;

use crate::graphql::ContextExt;
use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing::MapPoint;
use crate::graphql::exchange::listing_input::MapPointInput;

/// How far a volunteer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::volunteer_supply::Reach")]
pub enum Reach {
    /// Their own grid.
    Grid,
    /// The area around it.
    Area,
    /// The whole community.
    Community,
}

/// Hours of a weekday.
#[derive(SimpleObject)]
pub struct WeeklyHours {
    /// Monday is 1, Sunday 7.
    weekday: i32,
    /// First minute of the day, in China's time.
    start_minute: i32,
    /// The minute after the last, up to 1440.
    end_minute: i32,
}

/// A day that is unlike the others.
#[derive(SimpleObject)]
pub struct HoursException {
    /// The day.
    date: NaiveDate,
    /// First minute of the day, in China's time.
    start_minute: i32,
    /// The minute after the last, up to 1440.
    end_minute: i32,
    /// There beyond the usual hours; otherwise away.
    available: bool,
}

/// What I can do for others (志愿供给). Qualifications that the community has seen stand on the volunteer.
#[derive(Description)]
pub struct VolunteerSupply(Supply);

#[Object(use_type_description)]
impl VolunteerSupply {
    /// Codes of the SKILL list.
    async fn skills(&self) -> &[String] {
        &self.0.skills
    }

    /// Hours of the week.
    async fn hours(&self) -> Vec<WeeklyHours> {
        let hours = self.0.hours.iter();
        hours.map(|at| WeeklyHours { weekday: at.weekday, start_minute: at.span.starts, end_minute: at.span.ends }).collect()
    }

    /// Days that are unlike the others, from today on.
    async fn exceptions(&self) -> Vec<HoursException> {
        let exception = |at: &Exception| HoursException {
            date: at.date.naive(),
            start_minute: at.span.starts,
            end_minute: at.span.ends,
            available: at.available,
        };
        self.0.exceptions.iter().map(exception).collect()
    }

    /// How far I come.
    async fn reach(&self) -> Reach {
        self.0.reach.into()
    }

    /// Most tasks a week.
    async fn weekly_tasks_max(&self) -> i32 {
        self.0.weekly_tasks_max
    }

    /// Most minutes a week.
    async fn weekly_minutes_max(&self) -> i32 {
        self.0.weekly_minutes_max
    }

    /// Where I set out from: the middle of a cell of some two hundred metres.
    async fn cell(&self) -> Option<MapPoint> {
        self.0.point.map(Into::into)
    }

    /// I am not asked before this day.
    async fn paused_until(&self) -> Option<NaiveDate> {
        self.0.paused_until.map(BusinessDate::naive)
    }
}

/// Hours of a weekday.
#[derive(InputObject)]
pub struct WeeklyHoursInput {
    /// Monday is 1, Sunday 7.
    weekday: i32,
    /// First minute of the day, 0 to 1439, in China's time.
    start_minute: i32,
    /// The minute after the last, up to 1440.
    end_minute: i32,
}

/// A day that is unlike the others.
#[derive(InputObject)]
pub struct HoursExceptionInput {
    /// The day.
    date: NaiveDate,
    /// First minute of the day, 0 to 1439, in China's time.
    #[graphql(default = 0)]
    start_minute: i32,
    /// The minute after the last, up to 1440.
    #[graphql(default = 1440)]
    end_minute: i32,
    /// There beyond the usual hours; otherwise away.
    #[graphql(default = false)]
    available: bool,
}

/// Everything I can do; it replaces what I said before.
#[derive(InputObject)]
pub struct SetMySupplyInput {
    /// Codes of the SKILL list, up to 20.
    skills: Vec<String>,
    /// Hours of the week, up to 60, apart from each other.
    hours: Vec<WeeklyHoursInput>,
    /// Days that are unlike the others, up to 60; those that are over are forgotten.
    #[graphql(default)]
    exceptions: Vec<HoursExceptionInput>,
    /// How far I come.
    #[graphql(default_with = "Reach::Area")]
    reach: Reach,
    /// Most tasks a week, 1 to 50.
    #[graphql(default = 3)]
    weekly_tasks_max: i32,
    /// Most minutes a week, 15 to 10080.
    #[graphql(default = 600)]
    weekly_minutes_max: i32,
    /// Where I set out from; only the cell of some two hundred metres that it lies in is kept.
    point: Option<MapPointInput>,
}

/// A pause.
#[derive(InputObject)]
pub struct PauseMySupplyInput {
    /// I am not asked before this day, at most two years from now; null ends the pause.
    until: Option<NaiveDate>,
}

#[derive(Default)]
pub struct SupplyQuery;

#[Object]
impl SupplyQuery {
    /// What I said that I can do.
    async fn my_supply(&self, ctx: &Context<'_>) -> ApiResult<VolunteerSupply> {
        let own = ctx.actor()?.volunteer()?;
        let supply = supply::of(ctx.app().db.reader(), &[own.id]).await?.remove(&own.id);
        Ok(VolunteerSupply(supply.unwrap_or_default()))
    }
}

#[derive(Default)]
pub struct SupplyMutation;

#[Object]
impl SupplyMutation {
    /// Says what I can do and when; a pause stays.
    async fn set_my_supply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Everything I can do; it replaces what I said before.")] input: SetMySupplyInput,
    ) -> ApiResult<VolunteerSupply> {
        let actor = ctx.actor()?;
        let hours = |at: WeeklyHoursInput| Hours { weekday: at.weekday, span: Span { starts: at.start_minute, ends: at.end_minute } };
        let exception = |at: HoursExceptionInput| Exception {
            date: BusinessDate::from_naive(at.date),
            span: Span { starts: at.start_minute, ends: at.end_minute },
            available: at.available,
        };
        let supply = Supply {
            skills: input.skills,
            hours: input.hours.into_iter().map(hours).collect(),
            exceptions: input.exceptions.into_iter().map(exception).collect(),
            reach: input.reach.into(),
            weekly_tasks_max: input.weekly_tasks_max,
            weekly_minutes_max: input.weekly_minutes_max,
            point: input.point.map(|point| point.point("point")).transpose()?,
            paused_until: None,
        };
        let tx = ctx.app().db.begin().await?;
        let supply = supply::set(&tx, actor, supply).await?;
        tx.commit().await?;
        Ok(VolunteerSupply(supply))
    }

    /// Asks not to be asked for a while; it needs no reason and costs nothing.
    async fn pause_my_supply(&self, ctx: &Context<'_>, #[graphql(desc = "A pause.")] input: PauseMySupplyInput) -> ApiResult<VolunteerSupply> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let supply = supply::pause(&tx, actor, input.until.map(BusinessDate::from_naive)).await?;
        tx.commit().await?;
        Ok(VolunteerSupply(supply))
    }
}
