//! The alliance for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::community::alliance::{self, NewSeat};
use domain::error::Code;
use entity::alliance_member as rows;
use entity::id::AllianceMemberId;
use entity::time::BusinessDate;

use crate::connection_of;
use crate::graphql::community::loader;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::{ContextExt, connection, id};

/// Seats of the community Party alliance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::alliance_member::Seat")]
pub enum AllianceSeat {
    /// 书记.
    Secretary,
    /// 副书记.
    DeputySecretary,
    /// 兼职委员.
    PartTimeMember,
    /// 成员单位.
    Member,
}

/// A unit's seat in the community Party alliance (社区大党委), for a term.
#[derive(Description)]
pub struct AllianceMember(pub rows::Model);

#[Object(use_type_description)]
impl AllianceMember {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The unit.
    async fn unit(&self, ctx: &Context<'_>) -> ApiResult<Unit> {
        Ok(Unit(loader::of(ctx).load_one(self.0.unit_id).await?.ok_or(Code::NotFound)?))
    }

    /// Its seat.
    async fn seat(&self) -> AllianceSeat {
        self.0.seat.into()
    }

    /// The Party organisation it sits for.
    async fn party_organisation(&self) -> &str {
        &self.0.party_organisation
    }

    /// Whether it is I who sits there.
    async fn mine(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        Ok(self.0.account_id == Some(ctx.actor()?.account_id))
    }

    /// First day of the term.
    async fn term_from(&self) -> NaiveDate {
        self.0.term_from.naive()
    }

    /// Last day of the term.
    async fn term_to(&self) -> NaiveDate {
        self.0.term_to.naive()
    }

    /// First day on which a term that was cut short no longer holds.
    async fn ended_on(&self) -> Option<NaiveDate> {
        self.0.ended_on.map(BusinessDate::naive)
    }
}

connection_of!(AllianceMemberPage, AllianceMember, AllianceMemberNames, "AllianceMemberConnection", "AllianceMemberEdge");

/// A seat to give to a unit.
#[derive(InputObject)]
pub struct SeatAllianceMemberInput {
    /// The unit.
    unit_id: ID,
    /// The seat.
    seat: AllianceSeat,
    /// The unit's Party organisation, 1 to 60 characters.
    party_organisation: String,
    /// Who sits there, where that is somebody with an account.
    account_id: Option<ID>,
    /// First day of the term.
    term_from: NaiveDate,
    /// Last day of the term, at most six years later; terms of one unit do not overlap.
    term_to: NaiveDate,
}

/// A term to end today.
#[derive(InputObject)]
pub struct EndAllianceTermInput {
    /// The seat.
    id: ID,
}

#[derive(Default)]
pub struct AllianceQuery;

#[Object]
impl AllianceQuery {
    /// Who sits in my community's alliance, in the order the seats were given.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn alliance_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On this day; today when left out.")] on: Option<NaiveDate>,
        #[graphql(desc = "Also seats of other times.", default = false)] with_past: bool,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<AllianceMemberPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let db = &ctx.app().db;
        let day = (!with_past).then(|| on.map_or_else(|| db.now().business_date(), BusinessDate::from_naive));
        let rows = alliance::list(db.reader(), actor.community_id, day, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), AllianceMember))
    }
}

#[derive(Default)]
pub struct AllianceMutation;

#[Object]
impl AllianceMutation {
    /// Gives a unit a seat in the alliance for a term (administrators).
    async fn seat_alliance_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A seat to give to a unit.")] input: SeatAllianceMemberInput,
    ) -> ApiResult<AllianceMember> {
        let actor = ctx.actor()?;
        let new = NewSeat {
            unit_id: id::parse(&input.unit_id, "unitId")?,
            seat: input.seat.into(),
            party_organisation: input.party_organisation,
            account_id: id::parse_opt(input.account_id.as_ref(), "accountId")?,
            term_from: BusinessDate::from_naive(input.term_from),
            term_to: BusinessDate::from_naive(input.term_to),
        };
        let tx = ctx.app().db.begin().await?;
        let row = alliance::seat(&tx, actor, &new).await?;
        tx.commit().await?;
        Ok(AllianceMember(row))
    }

    /// Ends a term today; again changes nothing (administrators).
    async fn end_alliance_term(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A term to end today.")] input: EndAllianceTermInput,
    ) -> ApiResult<AllianceMember> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = alliance::end(&tx, actor, id).await?;
        tx.commit().await?;
        Ok(AllianceMember(row))
    }
}

/// The seat behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<AllianceMember>> {
    let id = id::parse::<AllianceMemberId>(id, "id")?;
    Ok(found(alliance::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(AllianceMember))
}
