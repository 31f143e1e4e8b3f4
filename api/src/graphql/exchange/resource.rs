//! Resources for clients.

use std::sync::Arc;

use async_graphql::{Context, Description, Enum, ID, InputObject, MergedObject, Object};
use domain::exchange::listing::{self, Detail, Entry};
use domain::exchange::resource::{self, ResourceDraft};
use domain::exchange::search;
use entity::id::ResourceId;
use entity::listing::ListingKind;
use entity::resource as rows;

use crate::connection_of;
use crate::graphql::error::{ApiResult, found, nullable};
use crate::graphql::exchange::listing::{IntakeChannel, ListingFields};
use crate::graphql::exchange::listing_input::{self, ListingInput};
use crate::graphql::exchange::loader::{self, SlotsOf};
use crate::graphql::exchange::search::ListingFilter;
use crate::graphql::exchange::slot::ListingSlot;
use crate::graphql::{ContextExt, connection, id};

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::resource::ResourceForm")]
pub enum ResourceForm {
    /// 物资: counted and given away.
    Goods,
    /// 场地: has slots.
    Space,
    /// 设备: lent and given back.
    Equipment,
}

/// Goods, a space or equipment that somebody shares (资源).
#[derive(MergedObject)]
pub struct Resource(ListingFields, ResourceFields);

impl Resource {
    /// For interfaces.
    pub(in crate::graphql) async fn id(&self, ctx: &Context<'_>) -> async_graphql::Result<ID> {
        self.0.id(ctx).await
    }
}

impl From<Entry> for Resource {
    fn from(entry: Entry) -> Self {
        let entry = Arc::new(entry);
        Self(ListingFields(Arc::clone(&entry)), ResourceFields(entry))
    }
}

/// What is particular to a resource.
#[derive(Description)]
pub struct ResourceFields(Arc<Entry>);

impl ResourceFields {
    fn row(&self) -> ApiResult<&rows::Model> {
        match &self.0.detail {
            Detail::Resource(row) => Ok(row),
            Detail::Need(..) | Detail::ServiceOffer(_) => Err(domain::error::Error::internal("a resource without its part").into()),
        }
    }
}

#[Object(use_type_description)]
impl ResourceFields {
    /// Goods, space or equipment.
    async fn form(&self) -> ApiResult<ResourceForm> {
        Ok(self.row()?.form.into())
    }

    /// Longest loan of equipment, in days.
    async fn loan_days_max(&self) -> Option<ApiResult<i32>> {
        nullable(self.row().map(|row| row.loan_days_max))
    }

    /// Times of a space to come, soonest first.
    async fn slots(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most so many, 1 to 100.", default = 20, validator(minimum = 1, maximum = 100))] first: u32,
    ) -> ApiResult<Vec<ListingSlot>> {
        let rows = loader::of(ctx).load_one(SlotsOf(self.0.listing.id, first)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ListingSlot).collect())
    }
}

connection_of!(ResourcePage, Resource, ResourceNames, "ResourceConnection", "ResourceEdge");

/// What somebody shares.
#[derive(InputObject)]
pub struct ResourceInput {
    #[graphql(flatten)]
    listing: ListingInput,
    /// Goods, space or equipment.
    form: ResourceForm,
    /// Longest loan in days, 1 to 365; for equipment, and only for it.
    loan_days_max: Option<i32>,
}

impl ResourceInput {
    fn draft(self) -> ApiResult<ResourceDraft> {
        Ok(ResourceDraft { draft: self.listing.draft()?, form: self.form.into(), loan_days_max: self.loan_days_max })
    }
}

/// A resource to offer.
#[derive(InputObject)]
pub struct OfferResourceInput {
    #[graphql(flatten)]
    resource: ResourceInput,
    /// The team that offers it; mine when neither team nor unit is named.
    team_id: Option<ID>,
    /// The unit that offers it.
    unit_id: Option<ID>,
    /// How it came in.
    #[graphql(default_with = "IntakeChannel::MiniProgram")]
    channel: IntakeChannel,
    /// Names this intention; sending it again gives the same resource.
    idempotency_key: String,
}

/// A draft of a resource, written anew.
#[derive(InputObject)]
pub struct UpdateResourceInput {
    /// The resource; its state is DRAFT.
    id: ID,
    #[graphql(flatten)]
    resource: ResourceInput,
}

#[derive(Default)]
pub struct ResourceQuery;

#[Object]
impl ResourceQuery {
    /// Resources of my community that exist for me: open ones, newest first, unless asked otherwise.
    async fn resources(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these, in this order.", default_with = "ListingFilter::default()")] filter: ListingFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ResourcePage> {
        let page = connection::args(first, after, last, before)?;
        let filter = filter.of(ListingKind::Resource)?;
        let rows = search::find(ctx.app().db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, super::search::place, |hit| hit.entry.into()))
    }

    /// One resource.
    async fn resource(&self, ctx: &Context<'_>, #[graphql(desc = "The resource.")] id: ID) -> ApiResult<Resource> {
        let id = id::parse::<ResourceId>(&id, "id")?;
        Ok(listing::get(ctx.app().db.reader(), ctx.actor()?, id.into(), Some(ListingKind::Resource)).await?.into())
    }
}

#[derive(Default)]
pub struct ResourceMutation;

#[Object]
impl ResourceMutation {
    /// Offers a resource of mine, of a team I lead or of the unit that sponsors it; grid workers and administrators act for any of the place. It is a draft
    /// until somebody in charge has verified it.
    async fn offer_resource(&self, ctx: &Context<'_>, #[graphql(desc = "A resource to offer.")] input: OfferResourceInput) -> ApiResult<Resource> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let owner = listing_input::owner(actor, input.team_id.as_ref(), input.unit_id.as_ref())?;
        let new = input.resource.draft()?;
        let tx = app.db.begin().await?;
        let id = resource::offer(&tx, &app.keys, actor, &input.idempotency_key, owner, input.channel.into(), new).await?;
        let entry = listing::get(&tx.connection, actor, id, None).await?;
        tx.commit().await?;
        Ok(entry.into())
    }

    /// Writes a draft anew: who offers it, or who is in charge.
    async fn update_resource(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A draft of a resource, written anew.")] input: UpdateResourceInput,
    ) -> ApiResult<Resource> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = id::parse::<ResourceId>(&input.id, "id")?;
        let new = input.resource.draft()?;
        let tx = app.db.begin().await?;
        let entry = resource::update(&tx, &app.keys, actor, id.into(), new.draft.region_id, new).await?;
        tx.commit().await?;
        Ok(entry.into())
    }
}

/// The resource behind an id, for `node`.
pub(crate) async fn node(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Resource>> {
    let id = id::parse::<ResourceId>(id, "id")?;
    let entry = listing::get(ctx.app().db.reader(), ctx.actor()?, id.into(), Some(ListingKind::Resource)).await;
    Ok(found(entry)?.map(Into::into))
}
