//! Agreements for clients.

use async_graphql::{Context, Description, ID, InputObject, Object};
use chrono::NaiveDate;
use domain::community::agreement::{self, Filter, NewAgreement};
use entity::agreement as rows;
use entity::id::AgreementId;
use entity::time::BusinessDate;

use crate::connection_of;
use crate::graphql::community::co_building::PartiesOf;
use crate::graphql::community::loader;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::{ContextExt, connection, id};

/// An agreement between the community and units (共建协议).
#[derive(Description)]
pub struct Agreement(pub rows::Model);

#[Object(use_type_description)]
impl Agreement {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What was agreed.
    async fn summary(&self) -> &str {
        &self.0.summary
    }

    /// The units that signed; the community always did.
    async fn units(&self, ctx: &Context<'_>) -> ApiResult<Vec<Unit>> {
        let ids = loader::of(ctx).load_one(PartiesOf(self.0.id)).await?.unwrap_or_default();
        let mut rows = loader::of(ctx).load_many(ids.iter().copied()).await?;
        Ok(ids.into_iter().filter_map(|id| rows.remove(&id)).map(Unit).collect())
    }

    /// First day it holds.
    async fn signed_on(&self) -> NaiveDate {
        self.0.signed_on.naive()
    }

    /// Last day it holds, unless it is ended early.
    async fn valid_to(&self) -> NaiveDate {
        self.0.valid_to.naive()
    }

    /// First day on which one that was ended early no longer holds.
    async fn ended_on(&self) -> Option<NaiveDate> {
        self.0.ended_on.map(BusinessDate::naive)
    }

    /// Why it was ended early.
    async fn end_reason(&self) -> Option<&str> {
        self.0.end_reason.as_deref()
    }

    /// Whether it holds today.
    async fn in_force(&self, ctx: &Context<'_>) -> bool {
        agreement::holds_on(&self.0, ctx.app().db.now().business_date())
    }
}

connection_of!(AgreementPage, Agreement, AgreementNames, "AgreementConnection", "AgreementEdge");

/// An agreement to write down.
#[derive(InputObject)]
pub struct FileAgreementInput {
    /// Title, 1 to 60 characters.
    title: String,
    /// What was agreed, up to 2000 characters.
    #[graphql(default)]
    summary: String,
    /// First day it holds.
    signed_on: NaiveDate,
    /// Last day it holds, at most ten years later.
    valid_to: NaiveDate,
    /// The units that signed, 1 to 200.
    unit_ids: Vec<ID>,
    /// Names this intention; sending it again gives the same agreement.
    idempotency_key: String,
}

/// An agreement to end today.
#[derive(InputObject)]
pub struct EndAgreementInput {
    /// The agreement.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

#[derive(Default)]
pub struct AgreementQuery;

#[Object]
impl AgreementQuery {
    /// Agreements of my community, newest first.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection")]
    async fn agreements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those this unit signed.")] unit_id: Option<ID>,
        #[graphql(desc = "Only those that hold on this day.")] on: Option<NaiveDate>,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<AgreementPage> {
        let actor = ctx.actor()?;
        let page = connection::args(first, after, last, before)?;
        let filter = Filter { unit_id: id::parse_opt(unit_id.as_ref(), "unitId")?, on: on.map(BusinessDate::from_naive) };
        let rows = agreement::list(ctx.app().db.reader(), actor.community_id, filter, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), Agreement))
    }
}

#[derive(Default)]
pub struct AgreementMutation;

#[Object]
impl AgreementMutation {
    /// Writes down an agreement between the community and units (administrators).
    async fn file_agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An agreement to write down.")] input: FileAgreementInput,
    ) -> ApiResult<Agreement> {
        let actor = ctx.actor()?;
        let new = NewAgreement {
            title: input.title,
            summary: input.summary,
            signed_on: BusinessDate::from_naive(input.signed_on),
            valid_to: BusinessDate::from_naive(input.valid_to),
            unit_ids: input.unit_ids.iter().map(|id| id::parse(id, "unitIds")).collect::<Result<_, _>>()?,
        };
        let tx = ctx.app().db.begin().await?;
        let id = agreement::file(&tx, actor, &input.idempotency_key, &new).await?;
        let row = agreement::get_in(&tx.connection, actor, id).await?;
        tx.commit().await?;
        Ok(Agreement(row))
    }

    /// Ends an agreement today; again changes nothing (administrators).
    async fn end_agreement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "An agreement to end today.")] input: EndAgreementInput,
    ) -> ApiResult<Agreement> {
        let actor = ctx.actor()?;
        let id = id::parse(&input.id, "id")?;
        let tx = ctx.app().db.begin().await?;
        let row = agreement::end(&tx, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(Agreement(row))
    }
}

/// The agreement behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Agreement>> {
    let id = id::parse::<AgreementId>(id, "id")?;
    Ok(found(agreement::get_in(ctx.app().db.reader(), ctx.actor()?, id).await)?.map(Agreement))
}
