//! Leaderboards for clients.

use async_graphql::{Context, Enum, ID, Object, OneofObject, SimpleObject, Value};
use chrono::NaiveDate;
use domain::points::leaderboard::{self, Board, Metric, Scope, read};

use crate::graphql::at_hand::{AtHand, AtHandList};
use crate::graphql::error::ApiResult;
use crate::graphql::people::team::TeamColour;
use crate::graphql::{ContextExt, id};

/// What a leaderboard counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum LeaderboardMetric {
    /// Points earned (积分); redeeming does not lower them.
    Points,
    /// Certified minutes (时长).
    Minutes,
}

/// Over which time a leaderboard counts, by the day of service in China.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::leaderboard_board::BoardPeriod")]
pub enum LeaderboardPeriod {
    /// Monday to Sunday (周榜).
    Week,
    /// Calendar month (月榜).
    Month,
    /// Quarter (季榜).
    Quarter,
    /// Calendar year (年榜).
    Year,
    /// Since the beginning (总榜).
    All,
}

/// Who is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::leaderboard_board::BoardSubject")]
pub enum LeaderboardSubject {
    /// People (个人).
    Volunteer,
    /// Teams (队伍).
    Team,
    /// Units that sponsor teams (单位).
    Unit,
    /// Places where service was done (网格).
    Grid,
}

/// Where a leaderboard counts: a place with everything below it, or one colour of my community.
#[derive(OneofObject)]
pub enum LeaderboardScope {
    /// A region above or below my community, with everything below it.
    RegionId(ID),
    /// The teams of one colour in my community.
    Colour(TeamColour),
}

/// A place on a leaderboard.
#[derive(SimpleObject)]
pub struct LeaderboardEntry {
    /// 1 for the first; no two share one. With equal totals whoever got there earlier comes first.
    rank: i64,
    /// Id of the volunteer, team, unit or region.
    member: ID,
    /// Its name; a volunteer's is masked (张**) without their consent.
    name: String,
    /// Points or minutes.
    value: i64,
    /// Whether it is me; on a leaderboard of places, where I live.
    me: bool,
}

/// A ranking (排行榜).
#[derive(SimpleObject)]
pub struct Leaderboard {
    /// Members in order, from the first or from `afterRank` on.
    entries: AtHandList<read::Entry>,
    /// My own place, shown to me whether or not I am shown by name; null while I have none.
    me: Option<LeaderboardEntry>,
    /// Up to two members before me, me, and up to two after me.
    neighbours: AtHandList<read::Entry>,
    /// How many members it has.
    total: i64,
}

#[derive(Default)]
pub struct LeaderboardQuery;

#[Object]
impl LeaderboardQuery {
    /// A leaderboard with its top, my place and my neighbours.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the field")]
    async fn leaderboard(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is counted.")] metric: LeaderboardMetric,
        #[graphql(desc = "Over which time.")] period: LeaderboardPeriod,
        #[graphql(desc = "A day of that time, 2020 to 2100; today when left out.")] date: Option<NaiveDate>,
        #[graphql(desc = "Where; my whole community when left out.")] scope: Option<LeaderboardScope>,
        #[graphql(desc = "Who is ranked; people when left out.", default_with = "LeaderboardSubject::Volunteer")] subject: LeaderboardSubject,
        #[graphql(desc = "How many entries, 1 to 100.", default = 20)] first: i32,
        #[graphql(desc = "Entries after this place; from the first when 0.", default = 0)] after_rank: i32,
    ) -> ApiResult<Leaderboard> {
        let actor = ctx.actor()?;
        let app = ctx.app();
        let board = Board { metric: metric.into(), period: period.into(), date, scope: scope_of(scope)?, subject: subject.into() };
        Ok(leaderboard::read(app, actor, board, first.into(), after_rank.into()).await?.into())
    }
}

/// The scope that a client names.
pub(in crate::graphql) fn scope_of(scope: Option<LeaderboardScope>) -> ApiResult<Option<Scope>> {
    Ok(match scope {
        None => None,
        Some(LeaderboardScope::RegionId(region_id)) => Some(Scope::Region(id::parse(&region_id, "regionId")?)),
        Some(LeaderboardScope::Colour(colour)) => Some(Scope::Colour(colour.into())),
    })
}

impl From<LeaderboardMetric> for Metric {
    fn from(metric: LeaderboardMetric) -> Self {
        match metric {
            LeaderboardMetric::Points => Self::Points,
            LeaderboardMetric::Minutes => Self::Minutes,
        }
    }
}

impl From<read::Standing> for Leaderboard {
    fn from(standing: read::Standing) -> Self {
        Self {
            entries: AtHandList(standing.entries),
            me: standing.me.map(LeaderboardEntry::from),
            neighbours: AtHandList(standing.neighbours),
            total: standing.total,
        }
    }
}

impl From<read::Entry> for LeaderboardEntry {
    fn from(entry: read::Entry) -> Self {
        Self { rank: entry.rank, member: ID(entry.member.id.clone()), name: entry.member.name.clone(), value: entry.value, me: entry.me }
    }
}

impl AtHand for read::Entry {
    type Shape = LeaderboardEntry;

    fn value(&self, field: &str) -> Option<Value> {
        Some(match field {
            "rank" => self.rank.into(),
            "member" => self.member.id.as_str().into(),
            "name" => self.member.name.as_str().into(),
            "value" => self.value.into(),
            "me" => self.me.into(),
            _ => return None,
        })
    }
}
