//! Activities for clients: what they are, and finding them.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::Code;
use domain::service::activity::{self, Filter};
use domain::service::session;
use entity::activity as rows;
use entity::id::ActivityId;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::people::loader as people;
use crate::graphql::people::team::{Team, TeamColour};
use crate::graphql::service::loader::{self, Upcoming};
use crate::graphql::service::session::{ActivitySession, ActivitySessionPage};
use crate::graphql::{ContextExt, connection, id};

/// How risky an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::activity::RiskLevel")]
pub enum RiskLevel {
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High: publishing needs accident insurance (Volunteer Service Regulations art. 17).
    High,
}

/// How far an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::activity::ActivityState")]
pub enum ActivityState {
    /// Being written; only its team's leaders and administrators see it.
    Draft,
    /// Open to volunteers.
    Published,
    /// Called off.
    Cancelled,
}

/// On which day of each month an activity repeats. Sessions are made three months ahead.
#[derive(SimpleObject)]
pub struct Monthly {
    /// Day of the month, 1 to 28; 28 is the service day (志愿服务日).
    day: i32,
    /// Minute of the day it starts, 0 to 1439, in China's time.
    start_minute: i32,
    /// Length in minutes.
    minutes: i32,
    /// Seats.
    capacity: i32,
}

/// What is offered to volunteers (活动).
#[derive(Description)]
pub struct Activity(pub rows::Model);

#[Object(use_type_description)]
impl Activity {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The team that runs it.
    async fn team(&self, ctx: &Context<'_>) -> ApiResult<Team> {
        Ok(Team(people::of(ctx).load_one(self.0.team_id).await?.ok_or(Code::NotFound)?))
    }

    /// The region its service counts for.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(territory::of(ctx).load_one(self.0.region_id).await?.ok_or(Code::NotFound)?))
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What is done.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Code of the `SERVICE_TYPE` list.
    async fn service_type(&self) -> &str {
        &self.0.service_type
    }

    /// Code of the OCCASION list.
    async fn occasion(&self) -> Option<&str> {
        self.0.occasion.as_deref()
    }

    /// Where to come.
    async fn place(&self) -> &str {
        &self.0.place
    }

    /// How risky it is.
    async fn risk_level(&self) -> RiskLevel {
        self.0.risk_level.into()
    }

    /// The risks, truthfully; show it before sign-up (Volunteer Service Regulations art. 12).
    async fn risk_note(&self) -> &str {
        &self.0.risk_note
    }

    /// Accident insurance, where there is one.
    async fn insurance_ref(&self) -> Option<&str> {
        self.0.insurance_ref.as_deref()
    }

    /// Youngest age on the day of the session; 0 for no limit.
    async fn min_age(&self) -> i32 {
        self.0.min_age
    }

    /// Codes of the QUALIFICATION list that a volunteer must hold on the day of the session.
    async fn qualifications(&self) -> Vec<String> {
        activity::qualifications(&self.0)
    }

    /// How far it is.
    async fn state(&self) -> ActivityState {
        self.0.state.into()
    }

    /// Repetition, if it repeats.
    async fn monthly(&self) -> Option<Monthly> {
        let activity::Monthly { day, start_minute, minutes, capacity } = activity::monthly(&self.0)?;
        Some(Monthly { day, start_minute, minutes, capacity })
    }

    /// The next open sessions, soonest first; made for lists.
    async fn next_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 10.", default = 3, validator(minimum = 1, maximum = 10))] first: u32,
    ) -> ApiResult<Vec<ActivitySession>> {
        let rows = loader::one(ctx, Upcoming(self.0.id, first)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ActivitySession).collect())
    }

    /// All sessions by start; made for the page of one activity.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ActivitySessionPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = session::list_of(ctx.app().db.reader(), self.0.id, &page).await?;
        Ok(connection::of(rows, |row| (row.starts_at.0, row.id.to_string()), ActivitySession))
    }

    /// When it was written.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was published.
    async fn published_at(&self) -> Option<DateTime<Utc>> {
        self.0.published_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(ActivityPage, Activity, ActivityNames, "ActivityConnection", "ActivityEdge");

/// Which activities to list; every part narrows.
#[derive(InputObject, Default)]
pub struct ActivityFilter {
    /// Of teams of this colour.
    colour: Option<TeamColour>,
    /// Of this team.
    team_id: Option<ID>,
    /// Code of the `SERVICE_TYPE` list.
    service_type: Option<String>,
    /// In this region or below it.
    region_id: Option<ID>,
    /// In this state; published ones when left out. Drafts are listed for those who may change them.
    state: Option<ActivityState>,
    /// Title or description contains this, up to 40 characters.
    search: Option<String>,
    /// My grid first, then the area around it, then the rest of the community; newest first within each.
    #[graphql(default = false)]
    near: bool,
}

#[derive(Default)]
pub struct ActivityQuery;

#[Object]
impl ActivityQuery {
    /// Activities of my community, newest first.
    async fn activities(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "ActivityFilter::default()")] filter: ActivityFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ActivityPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = Filter {
            colour: filter.colour.map(Into::into),
            team_id: id::parse_opt(filter.team_id.as_ref(), "teamId")?,
            service_type: filter.service_type,
            region_id: id::parse_opt(filter.region_id.as_ref(), "regionId")?,
            state: filter.state.map(Into::into),
            search: filter.search,
            near: filter.near,
        };
        let rows = activity::list(ctx.app().db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, |(distance, row)| (*distance, row.id.to_string()), |(_, row)| Activity(row)))
    }

    /// One activity; `NOT_FOUND` for a draft of others.
    async fn activity(&self, ctx: &Context<'_>, #[graphql(desc = "The activity.")] id: ID) -> ApiResult<Activity> {
        let id = id::parse(&id, "id")?;
        Ok(Activity(activity::get(ctx.app().db.reader(), ctx.actor()?, id).await?))
    }
}

/// The activity behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Activity>> {
    let (actor, id) = (ctx.actor()?, id::parse::<ActivityId>(id, "id")?);
    let Some(row) = loader::one(ctx, id).await? else { return Ok(None) };
    if row.community_id == actor.community_id && row.state != rows::ActivityState::Draft {
        return Ok(Some(Activity(row)));
    }
    Ok(found(activity::get(ctx.app().db.reader(), actor, id).await)?.map(Activity))
}
