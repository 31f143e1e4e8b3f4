//! Volunteers for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, NaiveDate, Utc};
use domain::error::{Code, Error};
use domain::people::permission::Actor;
use domain::people::volunteer::{self, Filter, Profile, Sight, mask};
use entity::id::{TeamId, VolunteerId};
use entity::time::BusinessDate;
use entity::volunteer as volunteer_row;

use crate::connection_of;
use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::error::ApiResult;
use crate::graphql::people::loader::{self, QualificationsOf, TeamsOf};
use crate::graphql::people::team::Team;
use crate::graphql::recognition::loader::{self as recognition, HonoursOf, StarsOf};
use crate::graphql::recognition::selection::Honour;
use crate::graphql::{ContextExt, connection, id};

/// Whether a volunteer may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::volunteer::VolunteerState")]
pub enum VolunteerState {
    /// May sign up (正常).
    Active,
    /// May not sign up for now (暂停).
    Suspended,
}

/// A volunteer (志愿者). What is private is null except for the person and for staff whose role covers the person; staff read whole names and telephones with
/// `unmaskVolunteers`.
#[derive(Description)]
pub struct Volunteer {
    row: volunteer_row::Model,
    sight: Sight,
}

impl Volunteer {
    /// As strangers see it: the name masked, nothing private.
    #[must_use]
    pub fn masked(row: volunteer_row::Model) -> Self {
        Self { row, sight: Sight::Masked }
    }

    /// As the person sees it.
    #[must_use]
    pub fn own(row: volunteer_row::Model) -> Self {
        Self { row, sight: Sight::Whole }
    }

    /// As staff see it whose grant covers the person.
    #[must_use]
    pub fn covered(row: volunteer_row::Model) -> Self {
        Self { row, sight: Sight::Covered }
    }

    /// As somebody sees it who may know so much.
    #[must_use]
    pub fn seen(row: volunteer_row::Model, sight: Sight) -> Self {
        Self { row, sight }
    }

    /// Whether what is private may be known.
    fn private(&self) -> bool {
        self.sight != Sight::Masked
    }
}

#[Object(use_type_description)]
impl Volunteer {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.row.id.into()
    }

    /// Public volunteer number (志愿者编号), used instead of any identity number.
    async fn number(&self) -> &str {
        &self.row.number
    }

    /// The name; masked (张**) unless the person agreed to be named (公开姓名) or asks. Staff see it whole with `unmaskVolunteers`, which is written down.
    async fn name(&self) -> String {
        if self.sight == Sight::Whole || self.row.publishes_name { self.row.name.clone() } else { mask(&self.row.name) }
    }

    /// Whether the person agreed to be named in public lists; private.
    async fn publishes_name(&self) -> Option<bool> {
        self.private().then_some(self.row.publishes_name)
    }

    /// Certified minutes of service; they never go down by redeeming.
    async fn minutes(&self) -> i64 {
        self.row.minutes
    }

    /// Stars (星级), 0 to 5, by certified hours; see `starPolicy`.
    async fn stars(&self, ctx: &Context<'_>) -> ApiResult<i32> {
        Ok(recognition::of(ctx).load_one(StarsOf(self.row.id)).await?.unwrap_or_default())
    }

    /// Honours (荣誉); to others only those that the person shows.
    async fn honours(&self, ctx: &Context<'_>) -> ApiResult<Vec<Honour>> {
        let rows = recognition::of(ctx).load_one(HonoursOf(self.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().filter(|row| row.shown || self.private()).map(Honour).collect())
    }

    /// Whether the volunteer may sign up.
    async fn state(&self) -> VolunteerState {
        self.row.state.into()
    }

    /// Why the state was last changed; private.
    async fn state_reason(&self) -> Option<&str> {
        self.row.state_reason.as_deref().filter(|_| self.private())
    }

    /// Sessions missed without word; private.
    async fn no_shows(&self) -> Option<i32> {
        self.private().then_some(self.row.no_shows)
    }

    /// Birth date; private.
    async fn birth_date(&self) -> Option<NaiveDate> {
        self.private().then(|| self.row.birth_date.naive())
    }

    /// Where the person lives in the region tree; private.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Option<Region>> {
        if !self.private() {
            return Ok(None);
        }
        Ok(territory::of(ctx).load_one(self.row.region_id).await?.map(Region))
    }

    /// Licences and proofs that the community has seen; private.
    async fn qualifications(&self, ctx: &Context<'_>) -> ApiResult<Option<Vec<Qualification>>> {
        if !self.private() {
            return Ok(None);
        }
        let rows = loader::of(ctx).load_one(QualificationsOf(self.row.id)).await?.unwrap_or_default();
        Ok(Some(
            rows.into_iter()
                .map(|row| Qualification {
                    code: row.code,
                    verified_at: row.verified_at.date_time(),
                    valid_until: row.valid_until.map(BusinessDate::naive),
                })
                .collect(),
        ))
    }

    /// The teams the volunteer is a member of.
    async fn teams(&self, ctx: &Context<'_>) -> ApiResult<Vec<Team>> {
        Ok(loader::of(ctx).load_one(TeamsOf(self.row.id)).await?.unwrap_or_default().into_iter().map(Team).collect())
    }

    /// When the volunteer registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.row.created_at.date_time()
    }
}

connection_of!(VolunteerPage, Volunteer, VolunteerNames, "VolunteerConnection", "VolunteerEdge");

/// A licence or proof that the community has seen (资格证书).
#[derive(SimpleObject)]
pub struct Qualification {
    /// Code of the QUALIFICATION list.
    code: String,
    /// When it was seen.
    verified_at: DateTime<Utc>,
    /// Last day it holds; none for one without an end.
    valid_until: Option<NaiveDate>,
}

/// Which volunteers to list.
#[derive(InputObject, Default)]
pub struct VolunteerFilter {
    /// Only whose number or name begins so.
    search: Option<String>,
    /// Only members of this team.
    team_id: Option<ID>,
    /// Only in this state.
    state: Option<VolunteerState>,
}

/// Someone who becomes a volunteer.
#[derive(InputObject)]
pub struct RegisterVolunteerInput {
    /// Real name, 1 to 40 characters.
    name: String,
    /// Birth date; activities may have a minimum age. Under 14 a guardian has to agree first (`giveConsentFor`).
    birth_date: NaiveDate,
    /// Where I live in my community's region tree; the community itself when left out.
    region_id: Option<ID>,
}

/// What I change about myself; what is left out stays.
#[derive(InputObject)]
pub struct UpdateMyProfileInput {
    /// Whether I may be named in public lists: gives or withdraws my consent NAME_PUBLICITY in its present version.
    publishes_name: Option<bool>,
    /// Where I live in my community's region tree.
    region_id: Option<ID>,
}

/// A volunteer to suspend or to let back.
#[derive(InputObject)]
pub struct SetVolunteerStateInput {
    /// The volunteer.
    volunteer_id: ID,
    /// The new state.
    state: VolunteerState,
    /// Why, 1 to 200 characters; the volunteer can read it.
    reason: String,
}

/// A licence that was seen.
#[derive(InputObject)]
pub struct VerifyQualificationInput {
    /// Whose.
    volunteer_id: ID,
    /// Code of the QUALIFICATION list.
    code: String,
    /// Last day it holds; none for one without an end.
    valid_until: Option<NaiveDate>,
}

#[derive(Default)]
pub struct VolunteerQuery;

#[Object]
impl VolunteerQuery {
    /// A volunteer of my community; what is private for the person and for staff alone.
    async fn volunteer(&self, ctx: &Context<'_>, #[graphql(desc = "The volunteer.")] id: ID) -> ApiResult<Volunteer> {
        Ok(node(ctx, &id).await?.ok_or_else(|| Error::from(Code::NotFound).on("id"))?)
    }

    /// The volunteers that my roles cover, in the order they registered (administrators, grid workers; leaders their teams).
    async fn volunteers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<VolunteerFilter>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<VolunteerPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let filter = filter.unwrap_or_default();
        let team_id = id::parse_opt::<TeamId>(filter.team_id.as_ref(), "teamId")?;
        let filter = Filter { search: filter.search, team_id, state: filter.state.map(Into::into) };
        let rows = volunteer::list(ctx.app().db.reader(), actor, &filter, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Volunteer::covered))
    }
}

#[derive(Default)]
pub struct VolunteerMutation;

#[Object]
impl VolunteerMutation {
    /// Makes me a volunteer: I get a volunteer number and a points account. By this I agree to the privacy notice (PRIVACY_NOTICE) in its present version; show
    /// it before. Under 14 it is the guardian who agrees.
    async fn register_volunteer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Someone who becomes a volunteer.")] input: RegisterVolunteerInput,
    ) -> ApiResult<Volunteer> {
        let actor = ctx.actor()?;
        let region_id = id::parse_opt(input.region_id.as_ref(), "regionId")?;
        let tx = ctx.app().db.begin().await?;
        let row = volunteer::register(&tx, actor, &input.name, BusinessDate::from_naive(input.birth_date), region_id).await?;
        tx.commit().await?;
        ctx.app().sessions.forget(actor.account_id);
        Ok(Volunteer::own(row))
    }

    /// Changes my profile.
    async fn update_my_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What I change about myself; what is left out stays.")] input: UpdateMyProfileInput,
    ) -> ApiResult<Volunteer> {
        let actor = ctx.actor()?;
        let region_id = id::parse_opt(input.region_id.as_ref(), "regionId")?;
        let tx = ctx.app().db.begin().await?;
        let row = volunteer::update_profile(&tx, actor, Profile { publishes_name: input.publishes_name, region_id }).await?;
        tx.commit().await?;
        ctx.app().at_hand.forget_name(row.id);
        ctx.app().sessions.forget(actor.account_id);
        Ok(Volunteer::own(row))
    }

    /// Suspends a volunteer or lets one back, with a reason (administrators).
    async fn set_volunteer_state(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A volunteer to suspend or to let back.")] input: SetVolunteerStateInput,
    ) -> ApiResult<Volunteer> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.volunteer_id, "volunteerId")?;
        let tx = ctx.app().db.begin().await?;
        let row = volunteer::set_state(&tx, actor, id, input.state.into(), &input.reason).await?;
        tx.commit().await?;
        Ok(Volunteer::covered(row))
    }

    /// Notes that a licence was seen; again to change its last day (administrators, grid workers).
    async fn verify_qualification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A licence that was seen.")] input: VerifyQualificationInput,
    ) -> ApiResult<Volunteer> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.volunteer_id, "volunteerId")?;
        let valid_until = input.valid_until.map(BusinessDate::from_naive);
        let tx = ctx.app().db.begin().await?;
        let row = volunteer::verify_qualification(&tx, actor, id, &input.code, valid_until).await?;
        tx.commit().await?;
        Ok(Volunteer::covered(row))
    }
}

/// The volunteer behind an id, as much of it as the actor may know; for `node` too.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Volunteer>> {
    let actor: &Actor = ctx.actor()?;
    let people = loader::of(ctx);
    let Some(row) = people.load_one(id::parse::<VolunteerId>(id, "id")?).await? else { return Ok(None) };
    let Some(region) = territory::of(ctx).load_one(row.region_id).await? else { return Ok(None) };
    let teams = people.load_one(TeamsOf(row.id)).await?.unwrap_or_default();
    let team_ids: Vec<TeamId> = teams.iter().map(|team| team.id).collect();
    Ok(volunteer::sight(actor, &row, &region.path, &team_ids).map(|sight| Volunteer::seen(row, sight)))
}
