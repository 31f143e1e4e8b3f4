//! Looks behind the mask of Party members, for party workers, and what the members may know of them.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::recognition::merit::unmasking::{self, Look, Unmasked};

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::{ContextExt, connection, id};

/// A Party member without a mask (党员完整姓名); do not keep it longer than the task takes.
#[derive(Description)]
pub struct UnmaskedPartyMember(Unmasked);

#[Object(use_type_description)]
impl UnmaskedPartyMember {
    /// Id of the membership, as `partyMembers` gives it.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The whole name.
    async fn name(&self) -> &str {
        &self.0.name
    }
}

/// A look at my whole name as a Party member (查看党员姓名记录); never changed.
#[derive(Description)]
pub struct PartyMemberUnmasking(Look);

#[Object(use_type_description)]
impl PartyMemberUnmasking {
    /// Id.
    async fn id(&self) -> ID {
        self.0.row.id.into()
    }

    /// Account that looked.
    async fn account_id(&self) -> ID {
        self.0.row.account_id.into()
    }

    /// What for.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When.
    async fn looked_at(&self) -> DateTime<Utc> {
        self.0.row.looked_at.date_time()
    }
}

connection_of!(
    PartyMemberUnmaskingPage,
    PartyMemberUnmasking,
    PartyMemberUnmaskingNames,
    "PartyMemberUnmaskingConnection",
    "PartyMemberUnmaskingEdge"
);

/// Party members to see without a mask.
#[derive(InputObject)]
pub struct UnmaskPartyMembersInput {
    /// The members by their ids in `partyMembers`, 1 to 100; all of them or none.
    ids: Vec<ID>,
    /// What for, 1 to 200 characters; each of them can read it, so it names none of them. It is kept sealed.
    reason: String,
}

#[derive(Default)]
pub struct PartyMemberUnmaskingQuery;

#[Object]
impl PartyMemberUnmaskingQuery {
    /// Who looked at my whole name as a Party member, and why, newest first; read by the member alone. They can be read no more once I take my consent back.
    async fn my_party_member_unmaskings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<PartyMemberUnmaskingPage> {
        let app = ctx.app();
        let page = connection::args(first, after, last, before)?;
        let looks = unmasking::looks_at_me(app.db.reader(), &app.keys, ctx.actor()?, &page).await?;
        Ok(connection::of(looks, |look| (0, look.row.id.to_string()), PartyMemberUnmasking))
    }
}

#[derive(Default)]
pub struct PartyMemberUnmaskingMutation;

#[Object]
impl PartyMemberUnmaskingMutation {
    /// Shows the whole names of Party members of my reach (party workers), in the order asked for, and writes it down for good; each member can read who
    /// looked and why.
    async fn unmask_party_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Party members to see without a mask.")] input: UnmaskPartyMembersInput,
    ) -> ApiResult<Vec<UnmaskedPartyMember>> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let ids = input.ids.iter().map(|text| id::parse(text, "ids")).collect::<Result<Vec<_>, _>>()?;
        let tx = app.db.begin().await?;
        let shown = unmasking::unmask(&tx, &app.keys, actor, &ids, &input.reason).await?;
        tx.commit().await?;
        Ok(shown.into_iter().map(UnmaskedPartyMember).collect())
    }
}
