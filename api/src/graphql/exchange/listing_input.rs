//! What authors say about listings of any kind, and the steps that all kinds share.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error, Result};
use domain::exchange::contact::Contact;
use domain::exchange::listing::{self, Draft, Owner, Validity};
use domain::exchange::point::Point;
use domain::people::permission::Actor;

use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing::{Listing, ListingOutcome, parse};
use crate::graphql::people::team::TeamColour;
use crate::graphql::{ContextExt, id};

/// A place on the map.
#[derive(InputObject, Clone, Copy)]
pub struct MapPointInput {
    /// Degrees north, -90 to 90.
    latitude: f64,
    /// Degrees east, -180 to 180.
    longitude: f64,
}

impl MapPointInput {
    pub(super) fn point(self, field: &'static str) -> Result<Point> {
        Point::of_degrees(self.latitude, self.longitude, field)
    }
}

/// How to reach somebody: sealed, and opened by `revealContact` for the owner, who accepted, and the grid worker of the place.
#[derive(InputObject, Default)]
pub struct ContactInput {
    /// Name, up to 40 characters.
    name: Option<String>,
    /// Mobile telephone, eleven digits.
    phone: Option<String>,
    /// The exact place, up to 200 characters.
    address: Option<String>,
    /// The same on the map; lists show the cell of some two hundred metres that it lies in.
    point: Option<MapPointInput>,
}

impl ContactInput {
    fn contact(self) -> Result<Contact> {
        let point = self.point.map(|point| point.point("point")).transpose()?;
        Ok(Contact { name: self.name, phone: self.phone, address: self.address, point })
    }
}

/// What every listing says.
#[derive(InputObject)]
pub struct ListingInput {
    /// Where it lies in the region tree; my home, my team's region or the community when left out.
    region_id: Option<ID>,
    /// Title, 1 to 60 characters.
    title: String,
    /// What is wanted or offered, 1 to 1000 characters; no telephone numbers.
    description: String,
    /// Code of the `SERVICE_TYPE` list; for a resource, and for a need of things, of the `RESOURCE_CATEGORY` list.
    category: String,
    /// Teams of which colour it suits.
    colour: Option<TeamColour>,
    /// Where, roughly, 1 to 100 characters; the exact place belongs into `contact`.
    place: String,
    /// What the quantity counts, 1 to 10 characters, such as 人 or 份.
    measure: String,
    /// How many, 1 to 1000000.
    quantity: i64,
    /// From when it holds; now when left out.
    valid_from: Option<DateTime<Utc>>,
    /// Until when it holds; thirty days for a need and a year for everything else when left out.
    valid_until: Option<DateTime<Utc>>,
    /// How to reach somebody; when a draft is changed and this is left out, what stood there stays.
    contact: Option<ContactInput>,
}

impl ListingInput {
    pub(super) fn draft(self) -> Result<Draft> {
        Ok(Draft {
            region_id: id::parse_opt(self.region_id.as_ref(), "regionId")?,
            title: self.title,
            description: self.description,
            category: self.category,
            colour: self.colour.map(Into::into),
            place: self.place,
            measure: self.measure,
            quantity: self.quantity,
            validity: Validity { from: self.valid_from.map(Into::into), until: self.valid_until.map(Into::into) },
            contact: self.contact.unwrap_or_default().contact()?,
        })
    }
}

/// Whose a new listing is: a team's, a unit's, or the actor's own.
pub(super) fn owner(actor: &Actor, team_id: Option<&ID>, unit_id: Option<&ID>) -> Result<Owner> {
    match (id::parse_opt(team_id, "teamId")?, id::parse_opt(unit_id, "unitId")?) {
        (None, None) => Ok(Owner::Person(actor.account_id)),
        (Some(team_id), None) => Ok(Owner::Team(team_id)),
        (None, Some(unit_id)) => Ok(Owner::Unit(unit_id)),
        (Some(_), Some(_)) => Err(Error::from(Code::BadInput).on("unitId")),
    }
}

/// A listing to verify.
#[derive(InputObject)]
pub struct VerifyListingInput {
    /// The need, resource or service offer; its state is DRAFT.
    id: ID,
    /// How it was found true, up to 200 characters.
    note: Option<String>,
}

/// A listing to publish.
#[derive(InputObject)]
pub struct PublishListingInput {
    /// The need, resource or service offer; its state is VERIFIED.
    id: ID,
}

/// A listing to close.
#[derive(InputObject)]
pub struct CloseListingInput {
    /// The need, resource or service offer.
    id: ID,
    /// What came of it.
    outcome: ListingOutcome,
    /// An answer to a need, up to 500 characters; needed when nobody has answered it yet.
    reply: Option<String>,
}

/// A listing to take back.
#[derive(InputObject)]
pub struct WithdrawListingInput {
    /// The need, resource or service offer; nothing of it may be promised.
    id: ID,
    /// Why, 1 to 200 characters.
    reason: String,
}

#[derive(Default)]
pub struct ListingMutation;

#[Object]
impl ListingMutation {
    /// Notes that a listing was found true; it does not change any more (grid workers and administrators of the place).
    async fn verify_listing(&self, ctx: &Context<'_>, #[graphql(desc = "A listing to verify.")] input: VerifyListingInput) -> ApiResult<Listing> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (id, kind) = parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = listing::verify(&tx, actor, id, kind, input.note.as_deref()).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(entry.into())
    }

    /// Opens a verified listing to the community (grid workers and administrators of the place).
    async fn publish_listing(&self, ctx: &Context<'_>, #[graphql(desc = "A listing to publish.")] input: PublishListingInput) -> ApiResult<Listing> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (id, kind) = parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = listing::publish(&tx, actor, id, kind).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(entry.into())
    }

    /// Closes a listing with what came of it; a need is not closed without a reply (grid workers and administrators of the place).
    async fn close_listing(&self, ctx: &Context<'_>, #[graphql(desc = "A listing to close.")] input: CloseListingInput) -> ApiResult<Listing> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (id, kind) = parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = listing::close(&tx, actor, id, kind, input.outcome.into(), input.reply.as_deref()).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(entry.into())
    }

    /// Takes a listing back of which nothing is promised (its owner, who acts for the owner, who is in charge).
    async fn withdraw_listing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A listing to take back.")] input: WithdrawListingInput,
    ) -> ApiResult<Listing> {
        let (app, actor) = (ctx.app(), ctx.actor()?);
        let (id, kind) = parse(&input.id, "id")?;
        let tx = app.db.begin().await?;
        let entry = listing::withdraw(&tx, actor, id, kind, &input.reason).await?;
        tx.commit().await?;
        app.wake.notify_one();
        Ok(entry.into())
    }
}
