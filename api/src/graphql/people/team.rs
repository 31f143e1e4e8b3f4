//! Teams for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::people::permission::Place;
use domain::people::team::{self, Filter, MemberWindow, NewTeam};
use entity::id::TeamId;
use entity::team as team_row;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::ApiResult;
use crate::graphql::people::loader::{self, LeadersOf, MembersOf};
use crate::graphql::people::volunteer::{Volunteer, VolunteerPage};
use crate::graphql::{ContextExt, connection, id};

/// The seven colours (七彩), each with its theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::team::TeamColour")]
pub enum TeamColour {
    /// 红 扶贫帮困: help for those in need.
    Red,
    /// 橙 青春助跑: young people.
    Orange,
    /// 黄 治安巡逻: patrols.
    Yellow,
    /// 绿 生态环保: environment.
    Green,
    /// 青 法律维权: legal help.
    Cyan,
    /// 蓝 家电维修: appliance repair.
    Blue,
    /// 紫 卫生保健: health.
    Purple,
}

/// A volunteer team (志愿队).
#[derive(Description)]
pub struct Team(pub team_row::Model);

#[Object(use_type_description)]
impl Team {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// One of the seven colours, or none.
    async fn colour(&self) -> Option<TeamColour> {
        self.0.colour.map(Into::into)
    }

    /// What it does.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// Where it works.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(territory::of(ctx).load_one(self.0.region_id).await?.ok_or(Code::NotFound)?))
    }

    /// The unit that sponsors it.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Option<Unit>> {
        let Some(unit_id) = self.0.unit_id else { return Ok(None) };
        Ok(territory::of(ctx).load_one(unit_id).await?.map(Unit))
    }

    /// The volunteers who lead it; names masked unless they agreed to be named.
    async fn leaders(&self, ctx: &Context<'_>) -> ApiResult<Vec<Volunteer>> {
        let rows = loader::of(ctx).load_one(LeadersOf(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Volunteer::masked).collect())
    }

    /// Its members; names masked unless they agreed to be named. Staff read names in `volunteers`.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<VolunteerPage> {
        let page = connection::args(first, after, last, before)?;
        let read = loader::of(ctx).load_one(MembersOf(self.0.id, MemberWindow::of(&page)?)).await?.unwrap_or_default();
        Ok(connection::of(page.rows(read), |row| (0, row.id.to_string()), Volunteer::masked))
    }

    /// When it was founded.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at.date_time()
    }

    /// When it was dissolved.
    async fn dissolved_at(&self) -> Option<DateTime<Utc>> {
        self.0.dissolved_at.map(entity::time::UtcMicros::date_time)
    }
}

connection_of!(TeamPage, Team, TeamNames, "TeamConnection", "TeamEdge");

/// A team to found.
#[derive(InputObject)]
pub struct CreateTeamInput {
    /// Name, 1 to 40 characters, unique in the community.
    name: String,
    /// One of the seven colours; a team may have none, and a colour may have several teams.
    colour: Option<TeamColour>,
    /// Where it works: the community's region or one below it.
    region_id: ID,
    /// The unit that sponsors it.
    unit_id: Option<ID>,
    /// What it does, up to 1000 characters.
    #[graphql(default)]
    description: String,
    /// A volunteer who becomes its first member and leads it.
    leader_id: Option<ID>,
}

/// A team to join.
#[derive(InputObject)]
pub struct JoinTeamInput {
    /// The team.
    team_id: ID,
}

/// A team to leave.
#[derive(InputObject)]
pub struct LeaveTeamInput {
    /// The team.
    team_id: ID,
}

/// A volunteer to take into a team.
#[derive(InputObject)]
pub struct AddTeamMemberInput {
    /// The team.
    team_id: ID,
    /// The volunteer.
    volunteer_id: ID,
}

#[derive(Default)]
pub struct TeamQuery;

#[Object]
impl TeamQuery {
    /// A team of my community, or one that a role of mine covers.
    async fn team(&self, ctx: &Context<'_>, #[graphql(desc = "The team.")] id: ID) -> ApiResult<Team> {
        Ok(node(ctx, &id).await?.ok_or_else(|| Error::from(Code::NotFound).on("id"))?)
    }

    /// The teams of my community, in the order they were founded.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn teams(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this colour.")] colour: Option<TeamColour>,
        #[graphql(desc = "Only teams that work in this region or below it.")] region_id: Option<ID>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<TeamPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let filter = Filter { colour: colour.map(Into::into), region_id: id::parse_opt(region_id.as_ref(), "regionId")? };
        let rows = team::list(ctx.app().db.reader(), actor.community_id, &filter, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Team))
    }
}

#[derive(Default)]
pub struct TeamMutation;

#[Object]
impl TeamMutation {
    /// Founds a team (administrators).
    async fn create_team(&self, ctx: &Context<'_>, #[graphql(desc = "A team to found.")] input: CreateTeamInput) -> ApiResult<Team> {
        let actor = ctx.actor()?;
        let leader_id = id::parse_opt(input.leader_id.as_ref(), "leaderId")?;
        let new = NewTeam {
            name: input.name,
            colour: input.colour.map(Into::into),
            region_id: id::parse(&input.region_id, "regionId")?,
            unit_id: id::parse_opt(input.unit_id.as_ref(), "unitId")?,
            description: input.description,
        };
        let tx = ctx.app().db.begin().await?;
        let founded = team::create(&tx, actor, leader_id, &new).await?;
        tx.commit().await?;
        if let Some(account_id) = founded.leader_account_id {
            ctx.app().sessions.forget(account_id);
        }
        Ok(Team(founded.team))
    }

    /// Makes me a member of a team.
    async fn join_team(&self, ctx: &Context<'_>, #[graphql(desc = "A team to join.")] input: JoinTeamInput) -> ApiResult<Team> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.team_id, "teamId")?;
        let tx = ctx.app().db.begin().await?;
        let row = team::join(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(Team(row))
    }

    /// Takes me out of a team; if I led it, I no longer do.
    async fn leave_team(&self, ctx: &Context<'_>, #[graphql(desc = "A team to leave.")] input: LeaveTeamInput) -> ApiResult<Team> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.team_id, "teamId")?;
        let tx = ctx.app().db.begin().await?;
        let row = team::leave(&tx, actor, id).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(actor.account_id);
        Ok(Team(row))
    }

    /// Takes a volunteer into a team (its leader, administrators).
    async fn add_team_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A volunteer to take into a team.")] input: AddTeamMemberInput,
    ) -> ApiResult<Team> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.team_id, "teamId")?;
        let volunteer_id = id::parse(&input.volunteer_id, "volunteerId")?;
        let tx = ctx.app().db.begin().await?;
        let row = team::add_member(&tx, actor, id, volunteer_id).await?;
        tx.commit().await?;
        Ok(Team(row))
    }
}

/// The team behind an id, when it exists for the actor; for `node` too.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Team>> {
    let actor = ctx.actor()?;
    let Some(row) = loader::of(ctx).load_one(id::parse::<TeamId>(id, "id")?).await? else { return Ok(None) };
    let Some(region) = territory::of(ctx).load_one(row.region_id).await? else { return Ok(None) };
    let place = Place { community_id: row.community_id, path: region.path, team_id: Some(row.id) };
    Ok(actor.sees(&place).then_some(Team(row)))
}
