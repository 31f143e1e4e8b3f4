//! Sealed contacts for clients.

use async_graphql::{Context, Description, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::exchange::contact;
use entity::contact_look as rows;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing::{self, MapPoint};
use crate::graphql::{ContextExt, connection};

/// As what somebody may look at a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::contact_look::Standing")]
pub enum ContactStanding {
    /// It is their own, or their team's or unit's.
    Owner,
    /// They accepted.
    Party,
    /// They are the grid worker of the place.
    GridWorker,
}

/// How to reach somebody (联系方式); do not keep it longer than the task takes.
#[derive(SimpleObject)]
pub struct Contact {
    /// Name.
    name: Option<String>,
    /// Telephone.
    phone: Option<String>,
    /// The exact place.
    address: Option<String>,
    /// The same on the map.
    point: Option<MapPoint>,
}

/// A look at a contact; never changed.
#[derive(Description)]
pub struct ContactLook(rows::Model);

#[Object(use_type_description)]
impl ContactLook {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// Account that looked.
    async fn account_id(&self) -> ID {
        self.0.account_id.into()
    }

    /// As what.
    async fn standing(&self) -> ContactStanding {
        self.0.standing.into()
    }

    /// What for.
    async fn reason(&self) -> &str {
        &self.0.reason
    }

    /// When.
    async fn looked_at(&self) -> DateTime<Utc> {
        self.0.looked_at.date_time()
    }
}

connection_of!(ContactLookPage, ContactLook, ContactLookNames, "ContactLookConnection", "ContactLookEdge");

/// A contact to open.
#[derive(InputObject)]
pub struct RevealContactInput {
    /// The need, resource or service offer.
    listing_id: ID,
    /// What for, 1 to 200 characters; its owner reads it.
    reason: String,
}

#[derive(Default)]
pub struct ContactQuery;

#[Object]
impl ContactQuery {
    /// Who looked at a listing's contact, newest first (its owner, who acts for the owner, who is in charge).
    async fn contact_looks(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The need, resource or service offer.")] listing_id: ID,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ContactLookPage> {
        let page = connection::args(first, after, last, before)?;
        let id = listing::parse(&listing_id, "listingId")?.0;
        let rows = contact::looks(ctx.app().db.reader(), ctx.actor()?, id, &page).await?;
        Ok(connection::of(rows, |row| (0, row.id.to_string()), ContactLook))
    }
}

#[derive(Default)]
pub struct ContactMutation;

#[Object]
impl ContactMutation {
    /// Opens name, telephone and exact place: for the owner, who accepted, and the grid worker of the place. Every look is written down for good.
    async fn reveal_contact(&self, ctx: &Context<'_>, #[graphql(desc = "A contact to open.")] input: RevealContactInput) -> ApiResult<Contact> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let id = listing::parse(&input.listing_id, "listingId")?.0;
        let tx = app.db.begin().await?;
        let opened = contact::reveal(&tx, &app.keys, actor, id, &input.reason).await?;
        tx.commit().await?;
        Ok(Contact { name: opened.name, phone: opened.phone, address: opened.address, point: opened.point.map(Into::into) })
    }
}
