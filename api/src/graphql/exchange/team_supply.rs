//! What teams can do, for clients.

use async_graphql::{Context, Description, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::exchange::supply::{self, TeamFilter, TeamSupply as Summed};

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::people::team::{Team, TeamColour};
use crate::graphql::{ContextExt, connection, id};

/// How many people have something.
#[derive(SimpleObject)]
pub struct SkillCount {
    /// Code of the list.
    code: String,
    /// How many.
    people: i64,
}

/// What a team can do: the sum of its members; nobody is named.
#[derive(Description)]
pub struct TeamSupply(Summed);

#[Object(use_type_description)]
impl TeamSupply {
    /// The team.
    async fn team(&self) -> Team {
        Team(self.0.team.clone())
    }

    /// Its members.
    async fn members(&self) -> i64 {
        self.0.members
    }

    /// Of them those who may serve and do not pause.
    async fn ready(&self) -> i64 {
        self.0.ready
    }

    /// Of those the ones who could come for the whole of the time asked about; null when none was.
    async fn free(&self) -> Option<i64> {
        self.0.free
    }

    /// How many of the ready have a skill, by code of the SKILL list.
    async fn skills(&self) -> Vec<SkillCount> {
        self.0.skills.iter().map(|(code, people)| SkillCount { code: code.clone(), people: *people }).collect()
    }

    /// How many of the ready hold a qualification that the community has seen, by code of the QUALIFICATION list.
    async fn qualifications(&self) -> Vec<SkillCount> {
        self.0.qualifications.iter().map(|(code, people)| SkillCount { code: code.clone(), people: *people }).collect()
    }
}

connection_of!(TeamSupplyPage, TeamSupply, TeamSupplyNames, "TeamSupplyConnection", "TeamSupplyEdge");

/// Which teams, and for when; every part narrows.
#[derive(InputObject, Default)]
pub struct TeamSupplyFilter {
    /// Of this colour.
    colour: Option<TeamColour>,
    /// Working in this region or below it.
    region_id: Option<ID>,
    /// Start of a time of at most a day for which `free` is counted.
    starts_at: Option<DateTime<Utc>>,
    /// End of that time.
    ends_at: Option<DateTime<Utc>>,
}

#[derive(Default)]
pub struct TeamSupplyQuery;

#[Object]
impl TeamSupplyQuery {
    /// What the teams that I answer for can do, in the order they were founded (team leaders, grid workers, administrators).
    async fn team_supply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.", default_with = "TeamSupplyFilter::default()")] filter: TeamSupplyFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<TeamSupplyPage> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let page = connection::args(first, after, last, before)?;
        let time = match (filter.starts_at, filter.ends_at) {
            (None, None) => None,
            (Some(starts_at), Some(ends_at)) => Some((starts_at.into(), ends_at.into())),
            (None, Some(_)) => return Err(Error::from(Code::BadInput).on("startsAt").into()),
            (Some(_), None) => return Err(Error::from(Code::BadInput).on("endsAt").into()),
        };
        let filter = TeamFilter { colour: filter.colour.map(Into::into), region_id: id::parse_opt(filter.region_id.as_ref(), "regionId")?, time };
        let rows = supply::teams(app.db.reader(), actor, filter, app.db.now(), &page).await?;
        Ok(connection::of(rows, |row| (0, row.team.id.to_string()), TeamSupply))
    }
}
