//! Role grants for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::people::role::{self, Holder, Reach, Span};
use entity::role_grant;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::ApiResult;
use crate::graphql::people::loader;
use crate::graphql::people::team::Team;
use crate::graphql::{ContextExt, connection, id};

/// What someone may be: over a region's subtree, over one team, or for one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::role_grant::Role")]
pub enum Role {
    /// 居民: comes with registration.
    Resident,
    /// 志愿者: comes with registering as a volunteer.
    Volunteer,
    /// 志愿队长: leads one team.
    TeamLeader,
    /// 网格员: looks after a region.
    GridWorker,
    /// 积分兑换点: hands out rewards.
    RedemptionDesk,
    /// 评审: decides on projects.
    Reviewer,
    /// Keeps the affairs of Party members: the only role that may know of a membership (党务专干).
    PartyWorker,
    /// 单位联络员: speaks for one local unit; offers what it has, claims and returns its tasks.
    UnitLiaison,
    /// 审计员: reads the audit log, and nothing else that others do not; never who runs the same place.
    Auditor,
    /// 管理员: runs a community or a part of it.
    Admin,
}

/// A role that an account holds.
#[derive(Description)]
pub struct RoleGrant(pub role_grant::Model);

#[Object(use_type_description)]
impl RoleGrant {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The role.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// The region it covers, with everything below; none for a role over a team.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Option<Region>> {
        let Some(region_id) = self.0.region_id else { return Ok(None) };
        Ok(territory::of(ctx).load_one(region_id).await?.map(Region))
    }

    /// The team it covers; none for a role over a region.
    async fn team(&self, ctx: &Context<'_>) -> ApiResult<Option<Team>> {
        let Some(team_id) = self.0.team_id else { return Ok(None) };
        Ok(loader::of(ctx).load_one(team_id).await?.map(Team))
    }

    /// The unit it speaks for; none for a role over a region or a team.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Option<Unit>> {
        let Some(unit_id) = self.0.unit_id else { return Ok(None) };
        Ok(territory::of(ctx).load_one(unit_id).await?.map(Unit))
    }

    /// The account that holds it.
    async fn account_id(&self) -> ID {
        self.0.account_id.into()
    }

    /// The account that granted it; none for what came with registration.
    async fn granted_by(&self) -> Option<ID> {
        self.0.granted_by.map(Into::into)
    }

    /// Since when.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was ended; none while it is held.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at.map(entity::time::UtcMicros::date_time)
    }

    /// The account that ended it; none when it ended by its date or with a membership.
    async fn ended_by(&self) -> Option<ID> {
        self.0.ended_by.map(Into::into)
    }

    /// Since when it works, where that is later than its giving.
    async fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.0.starts_at.map(entity::time::UtcMicros::date_time)
    }

    /// When it ends by itself; none when it does not.
    async fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.0.ends_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(RoleGrantPage, RoleGrant, RoleGrantNames, "RoleGrantConnection", "RoleGrantEdge");

/// A role to grant: to one of `accountId`, `volunteerId` and `phone`, over one of `regionId`, `teamId` and `unitId`.
#[derive(InputObject)]
pub struct GrantRoleInput {
    /// `TEAM_LEADER` over a team; `UNIT_LIAISON` for a unit; `GRID_WORKER`, `REDEMPTION_DESK`, `REVIEWER` or `ADMIN` over a region;
    /// `AUDITOR` over a whole community or what is above it.
    role: Role,
    /// The account.
    account_id: Option<ID>,
    /// The account of a volunteer.
    volunteer_id: Option<ID>,
    /// The account of a phone, for staff who are not volunteers.
    phone: Option<String>,
    /// The region it covers, with everything below.
    region_id: Option<ID>,
    /// The team it covers.
    team_id: Option<ID>,
    /// The unit it speaks for.
    unit_id: Option<ID>,
    /// Since when it works; at once when left out.
    starts_at: Option<DateTime<Utc>>,
    /// When it ends by itself; never when left out.
    ends_at: Option<DateTime<Utc>>,
}

/// A grant to end.
#[derive(InputObject)]
pub struct EndRoleInput {
    /// The grant.
    id: ID,
}

#[derive(Default)]
pub struct RoleQuery;

#[Object]
impl RoleQuery {
    /// Who was given which role, by whom and for how long, newest first, ended ones among them: over a region and everything in it, or my community
    /// (administrators).
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn role_grants(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Over this region and everything in it.")] region_id: Option<ID>,
        #[graphql(desc = "Only this account's.")] account_id: Option<ID>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<RoleGrantPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let (region_id, account_id) = (id::parse_opt(region_id.as_ref(), "regionId")?, id::parse_opt(account_id.as_ref(), "accountId")?);
        let rows = role::history(ctx.app().db.reader(), actor, region_id, account_id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), RoleGrant))
    }
}

#[derive(Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Grants a role where my own administration reaches (administrators).
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A role to grant: to one of `accountId`, `volunteerId` and `phone`, over one of `regionId`, `teamId` and `unitId`.")]
        input: GrantRoleInput,
    ) -> ApiResult<RoleGrant> {
        let actor = ctx.actor()?;
        let (holder, reach) = (holder(&input)?, reach(&input)?);
        let tx = ctx.app().db.begin().await?;
        let span = Span { starts_at: input.starts_at.map(Into::into), ends_at: input.ends_at.map(Into::into) };
        let row = role::grant(&tx, &ctx.app().keys, actor, &holder, input.role.into(), reach, span).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(row.account_id);
        Ok(RoleGrant(row))
    }

    /// Ends a role; again changes nothing (administrators).
    async fn end_role(&self, ctx: &Context<'_>, #[graphql(desc = "A grant to end.")] input: EndRoleInput) -> ApiResult<RoleGrant> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = role::end(&tx, actor, id).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(row.account_id);
        Ok(RoleGrant(row))
    }
}

fn holder(input: &GrantRoleInput) -> ApiResult<Holder> {
    match (&input.account_id, &input.volunteer_id, &input.phone) {
        (Some(account), None, None) => Ok(Holder::Account(id::parse(account, "accountId")?)),
        (None, Some(volunteer), None) => Ok(Holder::Volunteer(id::parse(volunteer, "volunteerId")?)),
        (None, None, Some(phone)) => Ok(Holder::Phone(phone.clone())),
        _ => Err(Error::from(Code::BadInput).on("accountId").into()),
    }
}

fn reach(input: &GrantRoleInput) -> ApiResult<Reach> {
    match (&input.region_id, &input.team_id, &input.unit_id) {
        (Some(region), None, None) => Ok(Reach::Region(id::parse(region, "regionId")?)),
        (None, Some(team), None) => Ok(Reach::Team(id::parse(team, "teamId")?)),
        (None, None, Some(unit)) => Ok(Reach::Unit(id::parse(unit, "unitId")?)),
        _ => Err(Error::from(Code::BadInput).on("regionId").into()),
    }
}
