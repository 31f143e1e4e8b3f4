//! Service offers for clients.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, MergedObject, Object};
use domain::exchange::listing::{self, Detail, Entry};
use domain::exchange::search;
use domain::exchange::service_offer::{self, ServiceOfferDraft};
use entity::id::ServiceOfferId;
use entity::listing::ListingKind;
use entity::service_offer as rows;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found};
use crate::graphql::exchange::listing::{IntakeChannel, ListingFields};
use crate::graphql::exchange::listing_input::{self, ListingInput};
use crate::graphql::exchange::loader::{self, SlotsOf};
use crate::graphql::exchange::search::ListingFilter;
use crate::graphql::exchange::slot::ListingSlot;
use crate::graphql::{ContextExt, connection, id};

/// How a service is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::service_offer::ServiceMode")]
pub enum ServiceMode {
    /// 常态: whenever it is asked for, up to `quantity` at a time.
    Standing,
    /// 预约: by slot.
    Bookable,
}

/// Something somebody does for others (服务).
#[derive(MergedObject)]
pub struct ServiceOffer(ListingFields, ServiceOfferFields);

impl ServiceOffer {
    /// For interfaces.
    pub(in crate::graphql) async fn id(&self, ctx: &Context<'_>) -> async_graphql::Result<ID> {
        self.0.id(ctx).await
    }
}

impl From<Entry> for ServiceOffer {
    fn from(entry: Entry) -> Self {
        let entry = Arc::new(entry);
        Self(ListingFields(Arc::clone(&entry)), ServiceOfferFields(entry))
    }
}

/// What is particular to a service.
#[derive(Description)]
pub struct ServiceOfferFields(Arc<Entry>);

impl ServiceOfferFields {
    fn row(&self) -> ApiResult<&rows::Model> {
        match &self.0.detail {
            Detail::ServiceOffer(row) => Ok(row),
            Detail::Need(..) | Detail::Resource(_) => Err(domain::error::Error::internal("a service without its part").into()),
        }
    }
}

#[Object(use_type_description)]
impl ServiceOfferFields {
    /// Standing or bookable.
    async fn mode(&self) -> ApiResult<ServiceMode> {
        Ok(self.row()?.mode.into())
    }

    /// When, in words.
    async fn hours(&self) -> ApiResult<&str> {
        Ok(&self.row()?.hours)
    }

    /// Times of a bookable service to come, soonest first.
    async fn slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 100.", default = 20, validator(minimum = 1, maximum = 100))] first: u32,
    ) -> ApiResult<Vec<ListingSlot>> {
        let rows = loader::of(ctx).load_one(SlotsOf(self.0.listing.id, first)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ListingSlot).collect())
    }
}

connection_of!(ServiceOfferPage, ServiceOffer, ServiceOfferNames, "ServiceOfferConnection", "ServiceOfferEdge");

/// What somebody does for others.
#[derive(InputObject)]
pub struct ServiceOfferInput {
    #[graphql(flatten)]
    listing: ListingInput,
    /// Standing or bookable.
    mode: ServiceMode,
    /// When, in words, up to 200 characters, such as 每周三下午.
    #[graphql(default)]
    hours: String,
}

impl ServiceOfferInput {
    fn draft(self) -> ApiResult<ServiceOfferDraft> {
        Ok(ServiceOfferDraft { draft: self.listing.draft()?, mode: self.mode.into(), hours: self.hours })
    }
}

/// A service to offer.
#[derive(InputObject)]
pub struct OfferServiceInput {
    #[graphql(flatten)]
    offer: ServiceOfferInput,
    /// The team that offers it; mine when neither team nor unit is named.
    team_id: Option<ID>,
    /// The unit that offers it.
    unit_id: Option<ID>,
    /// How it came in.
    #[graphql(default_with = "IntakeChannel::MiniProgram")]
    channel: IntakeChannel,
    /// Names this intention; sending it again gives the same service.
    idempotency_key: String,
}

/// A draft of a service, written anew.
#[derive(InputObject)]
pub struct UpdateServiceOfferInput {
    /// The service; its state is DRAFT.
    id: ID,
    #[graphql(flatten)]
    offer: ServiceOfferInput,
}

#[derive(Default)]
pub struct ServiceOfferQuery;

#[Object]
impl ServiceOfferQuery {
    /// Services of my community that exist for me: open ones, newest first, unless asked otherwise.
    async fn service_offers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these, in this order.", default_with = "ListingFilter::default()")] filter: ListingFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ServiceOfferPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = filter.of(ListingKind::ServiceOffer)?;
        let rows = search::find(ctx.app().db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, super::search::place, |hit| hit.entry.into()))
    }

    /// One service.
    async fn service_offer(&self, ctx: &Context<'_>, #[graphql(desc = "The service.")] id: ID) -> ApiResult<ServiceOffer> {
        let id = id::parse::<ServiceOfferId>(&id, "id")?;
        Ok(listing::get(ctx.app().db.reader(), ctx.actor()?, id.into(), Some(ListingKind::ServiceOffer)).await?.into())
    }
}

#[derive(Default)]
pub struct ServiceOfferMutation;

#[Object]
impl ServiceOfferMutation {
    /// Offers a service of mine, of a team I lead or of the unit that sponsors it; grid workers and administrators act for any of the place. It is a draft
    /// until somebody in charge has verified it.
    async fn offer_service(&self, ctx: &Context<'_>, #[graphql(desc = "A service to offer.")] input: OfferServiceInput) -> ApiResult<ServiceOffer> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let owner = listing_input::owner(actor, input.team_id.as_ref(), input.unit_id.as_ref())?;
        let new = input.offer.draft()?;
        let tx = app.db.begin().await?;
        let id = service_offer::offer(&tx, &app.keys, actor, &input.idempotency_key, owner, input.channel.into(), new).await?;
        let entry = listing::get(&tx.connection, actor, id, None).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Writes a draft anew: who offers it, or who is in charge.
    async fn update_service_offer(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A draft of a service, written anew.")] input: UpdateServiceOfferInput,
    ) -> ApiResult<ServiceOffer> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ServiceOfferId>(&input.id, "id")?;
        let new = input.offer.draft()?;
        let tx = app.db.begin().await?;
        let entry = service_offer::update(&tx, &app.keys, actor, id.into(), new.draft.region_id, new).await?;
        tx.commit().await?;
        Ok(entry.into())
    }
}

/// The service behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<ServiceOffer>> {
    let id = id::parse::<ServiceOfferId>(id, "id")?;
    let entry = listing::get(ctx.app().db.reader(), ctx.actor()?, id.into(), Some(ListingKind::ServiceOffer)).await;
    Ok(found(entry)?.map(Into::into))
}
