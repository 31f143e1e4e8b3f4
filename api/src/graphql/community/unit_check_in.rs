//! Double check-in for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::community::unit_check_in::{self, Member, feedback};
use domain::error::Code;
use entity::id::UnitCheckInId;
use entity::time::UtcMicros;
use entity::{unit_check_in as rows, unit_feedback};

use crate::connection_of;
use crate::graphql::community::loader;
use crate::graphql::community::region::Region;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::people::loader as people;
use crate::graphql::people::volunteer::Volunteer;
use crate::graphql::{ContextExt, connection, id};

/// A unit that has checked in with the community (单位报到).
#[derive(Description)]
pub struct UnitCheckIn(pub rows::Model);

#[Object(use_type_description)]
impl UnitCheckIn {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        Ok(Unit(loader::of(ctx).load_one(self.0.unit_id).await?.ok_or(Code::NotFound)?))
    }

    /// What it can do for the community.
    async fn services(&self) -> &str {
        &self.0.services
    }

    /// Since when.
    async fn checked_in_at(&self) -> DateTime<Utc> {
        self.0.checked_in_at.date_time()
    }

    /// Until when; none while it is checked in.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at.map(UtcMicros::date_time)
    }
}

connection_of!(UnitCheckInPage, UnitCheckIn, UnitCheckInNames, "UnitCheckInConnection", "UnitCheckInEdge");

/// A member who has checked in with the community (党员报到). The person, the unit's liaison and administrators alone see it.
#[derive(Description)]
pub struct MemberCheckIn(pub Member);

#[Object(use_type_description)]
impl MemberCheckIn {
    /// Id.
    async fn id(&self) -> ID {
        self.0.row.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        Ok(Unit(loader::of(ctx).load_one(self.0.row.unit_id).await?.ok_or(Code::NotFound)?))
    }

    /// The member; the name masked unless they agreed to be named.
    async fn volunteer(&self, ctx: &Context<'_>) -> ApiResult<Volunteer> {
        Ok(Volunteer::masked(people::of(ctx).load_one(self.0.volunteer_id).await?.ok_or(Code::NotFound)?))
    }

    /// The grid they serve.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(loader::of(ctx).load_one(self.0.region_id).await?.ok_or(Code::NotFound)?))
    }

    /// When they agreed that this is kept.
    async fn consented_at(&self) -> DateTime<Utc> {
        self.0.row.consented_at.date_time()
    }
}

connection_of!(MemberCheckInPage, MemberCheckIn, MemberCheckInNames, "MemberCheckInConnection", "MemberCheckInEdge");

/// What the community told a unit about a year (年度反馈): figures of the day it was given, and a word; never changed.
#[derive(Description)]
pub struct UnitFeedback(pub unit_feedback::Model);

#[Object(use_type_description)]
impl UnitFeedback {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        Ok(Unit(loader::of(ctx).load_one(self.0.unit_id).await?.ok_or(Code::NotFound)?))
    }

    /// The year.
    async fn year(&self) -> i32 {
        self.0.year
    }

    /// Members who were checked in.
    async fn members(&self) -> i64 {
        self.0.members
    }

    /// Certified records of theirs in the year.
    async fn records(&self) -> i64 {
        self.0.records
    }

    /// Minutes of those records.
    async fn minutes(&self) -> i64 {
        self.0.minutes
    }

    /// Co-building tasks that the unit returned in the year.
    async fn tasks(&self) -> i64 {
        self.0.tasks
    }

    /// A word to the unit.
    async fn comment(&self) -> &str {
        &self.0.comment
    }

    /// When it was given.
    async fn given_at(&self) -> DateTime<Utc> {
        self.0.given_at.date_time()
    }
}

connection_of!(UnitFeedbackPage, UnitFeedback, UnitFeedbackNames, "UnitFeedbackConnection", "UnitFeedbackEdge");

/// A unit to check in.
#[derive(InputObject)]
pub struct CheckInUnitInput {
    /// The unit.
    unit_id: ID,
    /// What it can do for the community, up to 1000 characters.
    #[graphql(default)]
    services: String,
}

/// A unit to check out.
#[derive(InputObject)]
pub struct CheckOutUnitInput {
    /// The check-in.
    id: ID,
}

/// My check-in as a member of a unit.
#[derive(InputObject)]
pub struct CheckInMemberInput {
    /// My unit; it has checked in.
    unit_id: ID,
    /// The grid I serve; my home when left out.
    region_id: Option<ID>,
    /// I agree that this is kept, and that my unit's liaison and administrators read it.
    consent: bool,
}

/// What to tell a unit about a year.
#[derive(InputObject)]
pub struct GiveUnitFeedbackInput {
    /// The unit.
    unit_id: ID,
    /// The year; this one or an earlier.
    year: i32,
    /// A word to the unit, up to 500 characters.
    #[graphql(default)]
    comment: String,
}

#[derive(Default)]
pub struct UnitCheckInQuery;

#[Object]
impl UnitCheckInQuery {
    /// The units that are checked in, in the order they came.
    async fn unit_check_ins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<UnitCheckInPage> {
        let page = connection::args(first, after, last, before)?;
        let rows = unit_check_in::list(ctx.app().db.reader(), ctx.actor()?.community_id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), UnitCheckIn))
    }

    /// My own check-in as a member of a unit.
    async fn my_member_check_in(&self, ctx: &Context<'_>) -> Option<ApiResult<MemberCheckIn>> {
        let actor = match ctx.actor() {
            Ok(actor) => actor,
            Err(error) => return Some(Err(error)),
        };
        nullable(unit_check_in::mine(ctx.app().db.reader(), &ctx.app().keys, actor).await.map(|row| row.map(MemberCheckIn)))
    }

    /// The members of a unit who are checked in, in the order they came (the unit's liaison, administrators).
    async fn member_check_ins(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The unit.")] unit_id: ID,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<MemberCheckInPage> {
        let page = connection::args(first, after, last, before)?;
        let unit_id = id::parse(&unit_id, "unitId")?;
        let rows = unit_check_in::members(ctx.app().db.reader(), &ctx.app().keys, ctx.actor()?, unit_id, &page).await?;
        Ok(connection::of(rows, |member| (0, member.row.id.to_string()), MemberCheckIn))
    }

    /// What the community told a unit year by year, newest first (the unit's liaison, administrators).
    async fn unit_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The unit.")] unit_id: ID,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<UnitFeedbackPage> {
        let page = connection::args(first, after, last, before)?;
        let unit_id = id::parse(&unit_id, "unitId")?;
        let rows = feedback::list(ctx.app().db.reader(), ctx.actor()?, unit_id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), UnitFeedback))
    }
}

#[derive(Default)]
pub struct UnitCheckInMutation;

#[Object]
impl UnitCheckInMutation {
    /// Checks a unit in with the community (its liaison, administrators).
    async fn check_in_unit(&self, ctx: &Context<'_>, #[graphql(desc = "A unit to check in.")] input: CheckInUnitInput) -> ApiResult<UnitCheckIn> {
        let actor = ctx.actor()?;
        let unit_id = id::parse(&input.unit_id, "unitId")?;
        let tx = ctx.app().db.begin().await?;
        let row = unit_check_in::check_in(&tx, actor, unit_id, &input.services).await?;
        tx.commit().await?;
        Ok(UnitCheckIn(row))
    }

    /// Checks a unit out, and its members with it; again changes nothing (its liaison, administrators).
    async fn check_out_unit(&self, ctx: &Context<'_>, #[graphql(desc = "A unit to check out.")] input: CheckOutUnitInput) -> ApiResult<UnitCheckIn> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = unit_check_in::check_out(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(UnitCheckIn(row))
    }

    /// Checks me in as a member of my unit, for a grid. Membership is sensitive: it is kept with my consent alone.
    async fn check_in_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "My check-in as a member of a unit.")] input: CheckInMemberInput,
    ) -> ApiResult<MemberCheckIn> {
        let actor = ctx.actor()?;
        let (unit_id, region_id) = (id::parse(&input.unit_id, "unitId")?, id::parse_opt(input.region_id.as_ref(), "regionId")?);
        let tx = ctx.app().db.begin().await?;
        let row = unit_check_in::check_in_member(&tx, &ctx.app().keys, actor, unit_id, region_id, input.consent).await?;
        tx.commit().await?;
        Ok(MemberCheckIn(row))
    }

    /// Takes my consent back: my check-in as a member is deleted. Gives whether there was one.
    async fn withdraw_member_check_in(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let actor = ctx.actor()?;
        let tx = ctx.app().db.begin().await?;
        let gone = unit_check_in::withdraw_member(&tx, &ctx.app().keys, actor).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Tells a unit what came of a year, once; its liaisons get a message (administrators).
    async fn give_unit_feedback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to tell a unit about a year.")] input: GiveUnitFeedbackInput,
    ) -> ApiResult<UnitFeedback> {
        let actor = ctx.actor()?;
        let unit_id = id::parse(&input.unit_id, "unitId")?;
        let tx = ctx.app().db.begin().await?;
        let row = feedback::give(&tx, &ctx.app().keys, actor, unit_id, input.year, &input.comment).await?;
        tx.commit().await?;
        Ok(UnitFeedback(row))
    }
}

/// The check-in behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<UnitCheckIn>> {
    let id = id::parse::<UnitCheckInId>(id, "id")?;
    Ok(found(unit_check_in::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(UnitCheckIn))
}
