//! Party members for the people who may know of them: the person and party workers.
//!
//! They are no [`Node`](crate::graphql::node::Node): what a membership is called by is asked for where it may be read and nowhere else.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::page::Rows;
use domain::recognition::merit::member::{self, Member};
use entity::time::UtcMicros;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::recognition::loader::{self, MeritOf};
use crate::graphql::recognition::merit::MeritYear;
use crate::graphql::{ContextExt, connection, id};

/// What kind of Party member somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recognition::merit::member::MemberClass")]
pub enum PartyMemberClass {
    /// Managed by the community's own branch (直管党员).
    Direct,
    /// Employed elsewhere and checked in (在职党员).
    Employed,
    /// Away for work or study (流动党员).
    Mobile,
    /// Old or ill (年老体弱党员).
    Elderly,
}

/// How far a membership is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::party_member::PartyMemberState")]
pub enum PartyMemberState {
    /// The person said so and agreed; a party worker has to confirm it.
    Declared,
    /// A party worker confirmed it.
    Confirmed,
    /// The consent was withdrawn.
    Withdrawn,
}

/// A Party member (党员), known to the person and to party workers alone.
#[derive(Description)]
pub struct PartyMember {
    member: Member,
    name: Option<String>,
}

#[Object(use_type_description)]
impl PartyMember {
    /// Id.
    async fn id(&self) -> ID {
        self.member.row.id.into()
    }

    /// The name; whole for the member, masked (张**) for everybody else, whatever the member agreed to elsewhere. Party workers see it whole with
    /// `unmaskPartyMembers`, which is written down.
    async fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What kind of member.
    async fn member_class(&self) -> Option<PartyMemberClass> {
        self.member.class.map(Into::into)
    }

    /// How far the membership is.
    async fn state(&self) -> PartyMemberState {
        self.member.row.state.into()
    }

    /// When it was declared.
    async fn declared_at(&self) -> DateTime<Utc> {
        self.member.row.declared_at.date_time()
    }

    /// When it was confirmed.
    async fn confirmed_at(&self) -> Option<DateTime<Utc>> {
        self.member.row.confirmed_at.map(UtcMicros::date_time)
    }

    /// The merit of a year; null when nothing was recorded in it.
    async fn merit(&self, ctx: &Context<'_>, #[graphql(desc = "The year.")] year: i32) -> ApiResult<Option<MeritYear>> {
        Ok(loader::of(ctx).load_one(MeritOf(self.member.row.id, year)).await?.map(MeritYear))
    }
}

connection_of!(PartyMemberPage, PartyMember, PartyMemberNames, "PartyMemberConnection", "PartyMemberEdge");

/// My Party membership, and that I agree to its being kept.
#[derive(InputObject)]
pub struct DeclarePartyMembershipInput {
    /// What kind of member I am.
    member_class: PartyMemberClass,
    /// The version of the separate consent that I was shown and gave (PIPL art. 29); 1 today.
    consent_version: i32,
}

/// That I take my consent back.
#[derive(InputObject)]
pub struct WithdrawPartyMembershipInput {
    /// True, so that nobody does it by mistake: who I am is removed from my merit for good.
    confirm: bool,
}

/// A declared membership to confirm.
#[derive(InputObject)]
pub struct ConfirmPartyMemberInput {
    /// The member.
    id: ID,
    /// What kind of member it is, where the person was mistaken.
    member_class: Option<PartyMemberClass>,
}

#[derive(Default)]
pub struct PartyMemberQuery;

#[Object]
impl PartyMemberQuery {
    /// My Party membership; null when I declared none.
    async fn my_party_membership(&self, ctx: &Context<'_>) -> ApiResult<Option<PartyMember>> {
        let app = ctx.app();
        let own = member::own(app.db.reader(), &app.keys, ctx.actor()?).await?;
        match own {
            Some(member) => Ok(Some(named(ctx, member).await?)),
            None => Ok(None),
        }
    }

    /// The Party members of my reach, in the order they declared (party workers).
    async fn party_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this kind of member.")] member_class: Option<PartyMemberClass>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<PartyMemberPage> {
        let app = ctx.app();
        let page = connection::args(first, after, last, before)?;
        let found = member::list(app.db.reader(), &app.keys, ctx.actor()?, member_class.map(Into::into), &page).await?;
        let mut names = member::seen_names(app.db.reader(), ctx.actor()?, &found.rows).await?;
        let rows = found.rows.into_iter().map(|member| PartyMember { name: names.remove(&member.row.id), member }).collect();
        let rows = Rows { rows, has_next: found.has_next, has_previous: found.has_previous };
        Ok(connection::of(rows, |shown| (0, shown.member.row.id.to_string()), |shown| shown))
    }
}

async fn named(ctx: &Context<'_>, member: Member) -> ApiResult<PartyMember> {
    let name = member::seen_names(ctx.app().db.reader(), ctx.actor()?, std::slice::from_ref(&member)).await?.remove(&member.row.id);
    Ok(PartyMember { member, name })
}

#[derive(Default)]
pub struct PartyMemberMutation;

#[Object]
impl PartyMemberMutation {
    /// Declares that I am a Party member and agree that party workers know it; nobody else ever learns of it.
    async fn declare_party_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "My Party membership, and that I agree to its being kept.")] input: DeclarePartyMembershipInput,
    ) -> ApiResult<PartyMember> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let tx = app.db.begin().await?;
        let member = member::declare(&tx, &app.keys, actor, input.member_class.into(), input.consent_version).await?;
        tx.commit().await?;
        named(ctx, member).await
    }

    /// Takes my consent back; true when it is done. My merit stays as numbers without a person.
    async fn withdraw_party_membership(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That I take my consent back.")] input: WithdrawPartyMembershipInput,
    ) -> ApiResult<bool> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        if !input.confirm {
            return Ok(false);
        }
        let tx = app.db.begin().await?;
        member::withdraw(&tx, &app.keys, actor).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Confirms a declared membership (party workers); not one's own.
    async fn confirm_party_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A declared membership to confirm.")] input: ConfirmPartyMemberInput,
    ) -> ApiResult<PartyMember> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let member = member::confirm(&tx, &app.keys, actor, id, input.member_class.map(Into::into)).await?;
        tx.commit().await?;
        named(ctx, member).await
    }
}
