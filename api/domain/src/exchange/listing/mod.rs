//! Listings (清单条目): what a need (需求), a resource (资源) and a service offer (服务) have in common.
//!
//! A listing is filed by its owner or by somebody for the owner, verified and published by the grid worker or administrator in charge of the place,
//! promised in parts ([`crate::exchange::reservation`]), and closed. The table of states is [`state`], what happened is the log [`step`], whose it is
//! stands in [`owner`]. Recruiting and asking state true information and risks (Volunteer Service Regulations art. 12), which the organisation
//! verifies and answers in time (art. 13).
//!
//! Invariant: a need is not closed without a reply. Invariant: what was verified does not change; only a draft may.
//! Invariant: open texts hold no telephone number and no word that classifies people; name, telephone and exact place are sealed.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::{CommunityId, ListingId, RegionId, UnitId};
use entity::listing::{self, ListingKind};
use entity::time::UtcMicros;
use entity::{listing_party, need, need_window, resource, service_offer};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Actor, Place};
use crate::service::place;

mod close;
mod draft;
mod expire;
pub mod owner;
mod publish;
pub mod state;
pub mod step;

pub use close::{Outcome, close, fulfilled, leave, withdraw};
pub use draft::{Draft, Validity};
pub(super) use draft::{Filing, check, insert, no_contact, replace};
pub use expire::expire_due;
pub use owner::Owner;
pub use publish::{publish, verify};

/// Rows whose parts are read at once; one list of parameters must not grow beyond what the databases take.
const CHUNK: usize = 5_000;

/// What is particular to a listing's kind.
#[derive(Clone, Debug)]
pub enum Detail {
    /// Of a need, with the times in which it may be met, soonest first.
    Need(need::Model, Vec<need_window::Model>),
    /// Of a resource.
    Resource(resource::Model),
    /// Of a service offer.
    ServiceOffer(service_offer::Model),
}

/// How much of a listing somebody may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What everybody of the community may know.
    Open,
    /// Everything but the sealed contact: the owner, who accepted, and who is in charge. Who filed it for another and is in charge no longer is a stranger.
    Whole,
}

/// A listing as somebody sees it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What all kinds have.
    pub listing: listing::Model,
    /// What its kind has.
    pub detail: Detail,
    /// Path of its region.
    pub path: String,
    /// How much of it may be known.
    pub sight: Sight,
}

impl Entry {
    /// Where it lies, for questions of permission.
    #[must_use]
    pub fn place(&self) -> Place {
        place_at(&self.listing, &self.path)
    }
}

/// Where a listing lies.
#[must_use]
pub fn place_at(row: &listing::Model, path: &str) -> Place {
    Place { community_id: row.community_id, path: path.to_owned(), team_id: row.owner_team_id }
}

/// What decides how much the actor may know of listings.
struct Standing {
    led_units: BTreeSet<UnitId>,
    accepted: HashSet<ListingId>,
}

impl Standing {
    async fn of(connection: &impl ConnectionTrait, actor: &Actor, rows: &[listing::Model]) -> Result<Self> {
        let accepted = listing_party::Entity::find()
            .filter(listing_party::Column::AccountId.eq(actor.account_id))
            .filter(listing_party::Column::ListingId.is_in(rows.iter().map(|row| row.id)))
            .filter(listing_party::Column::DismissedAt.is_null())
            .all(connection)
            .await?;
        let led_units = owner::led_units(connection, actor).await?;
        Ok(Self { led_units, accepted: accepted.into_iter().map(|row| row.listing_id).collect() })
    }

    fn sight(&self, actor: &Actor, row: &listing::Model, path: &str) -> Option<Sight> {
        let place = place_at(row, path);
        let whole =
            owner::in_charge(actor, &place) || self.accepted.contains(&row.id) || owner::acts_for(actor, Owner::of(row), &place, &self.led_units);
        if whole {
            return Some(Sight::Whole);
        }
        (actor.sees(&place) && state::OPEN_TO_ALL.contains(&row.state)).then_some(Sight::Open)
    }
}

/// Rows as the actor sees them, in their order; what does not exist for the actor is left out. A handful of queries however many they are.
///
/// # Errors
/// When the database cannot be read.
pub async fn entries(connection: &impl ConnectionTrait, actor: &Actor, rows: Vec<listing::Model>) -> Result<Vec<Entry>> {
    let standing = Standing::of(connection, actor, &rows).await?;
    let paths: HashMap<RegionId, String> = place::paths(connection, rows.iter().map(|row| row.region_id)).await?;
    let mut details = details(connection, &rows).await?;
    let seen = rows.into_iter().filter_map(|listing| {
        let path = paths.get(&listing.region_id)?.clone();
        let sight = standing.sight(actor, &listing, &path)?;
        Some(Entry { detail: details.remove(&listing.id)?, listing, path, sight })
    });
    Ok(seen.collect())
}

/// Everything of a kind that can be promised in a community now, oldest first, with the paths of the regions: for matching, which asks for nobody.
///
/// # Errors
/// When the database cannot be read.
pub async fn open(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    kind: ListingKind,
    now: UtcMicros,
) -> Result<Vec<(listing::Model, Detail, String)>> {
    let rows = listing::Entity::find()
        .filter(listing::Column::CommunityId.eq(community_id))
        .filter(listing::Column::Kind.eq(kind))
        .filter(listing::Column::State.is_in(state::before(state::Step::Claim)))
        .filter(listing::Column::ValidUntil.gt(now))
        .order_by_asc(listing::Column::Id)
        .all(connection)
        .await?;
    let regions: BTreeSet<RegionId> = rows.iter().map(|row| row.region_id).collect();
    let paths = place::paths(connection, regions).await?;
    let mut found = Vec::with_capacity(rows.len());
    for chunk in rows.chunks(CHUNK) {
        let mut details = details(connection, chunk).await?;
        found.extend(chunk.iter().filter_map(|row| Some((row.clone(), details.remove(&row.id)?, paths.get(&row.region_id)?.clone()))));
    }
    Ok(found)
}

async fn details(connection: &impl ConnectionTrait, rows: &[listing::Model]) -> Result<HashMap<ListingId, Detail>> {
    let ids = |kind: ListingKind| rows.iter().filter(move |row| row.kind == kind).map(|row| row.id).collect::<Vec<_>>();
    let mut details = HashMap::with_capacity(rows.len());
    let (needs, resources, offers) = (ids(ListingKind::Need), ids(ListingKind::Resource), ids(ListingKind::ServiceOffer));
    if !needs.is_empty() {
        let mut windows: HashMap<ListingId, Vec<need_window::Model>> = HashMap::new();
        let query = need_window::Entity::find().filter(need_window::Column::NeedId.is_in(needs.iter().copied()));
        for row in query.order_by_asc(need_window::Column::StartsAt).all(connection).await? {
            windows.entry(row.need_id).or_default().push(row);
        }
        for row in need::Entity::find().filter(need::Column::Id.is_in(needs)).all(connection).await? {
            let windows = windows.remove(&row.id).unwrap_or_default();
            details.insert(row.id, Detail::Need(row, windows));
        }
    }
    if !resources.is_empty() {
        let rows = resource::Entity::find().filter(resource::Column::Id.is_in(resources)).all(connection).await?;
        details.extend(rows.into_iter().map(|row| (row.id, Detail::Resource(row))));
    }
    if !offers.is_empty() {
        let rows = service_offer::Entity::find().filter(service_offer::Column::Id.is_in(offers)).all(connection).await?;
        details.extend(rows.into_iter().map(|row| (row.id, Detail::ServiceOffer(row))));
    }
    Ok(details)
}

/// A listing of a kind that exists for the actor; of any kind when none is named.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: ListingId, kind: Option<ListingKind>) -> Result<Entry> {
    let row = listing::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
    if kind.is_some_and(|kind| kind != row.kind) {
        return Err(Code::NotFound.into());
    }
    entries(connection, actor, vec![row]).await?.pop().ok_or_else(|| Code::NotFound.into())
}

/// A listing for which the actor acts as its owner or that the actor is in charge of.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub(super) async fn own_or_in_charge(connection: &impl ConnectionTrait, actor: &Actor, id: ListingId, kind: Option<ListingKind>) -> Result<Entry> {
    let entry = get(connection, actor, id, kind).await?;
    let place = entry.place();
    let led = owner::led_units(connection, actor).await?;
    let may = owner::in_charge(actor, &place) || owner::acts_for(actor, Owner::of(&entry.listing), &place, &led);
    if may { Ok(entry) } else { Err(Code::Forbidden.into()) }
}

/// A listing that the actor is in charge of and that is not the actor's own.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`.
pub(super) async fn in_charge_of(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    action: crate::people::permission::Action,
    id: ListingId,
    kind: Option<ListingKind>,
) -> Result<Entry> {
    let entry = get(connection, actor, id, kind).await?;
    actor.require(action, &entry.place())?;
    if entry.listing.owner_account_id == Some(actor.account_id) {
        return Err(Code::SelfDealing.into());
    }
    Ok(entry)
}

/// Codes kept in one column, and read again.
#[must_use]
pub fn codes(column: &str) -> Vec<String> {
    column.split(',').filter(|code| !code.is_empty()).map(ToOwned::to_owned).collect()
}

/// A row that is read back after it was written.
pub(super) fn missing() -> Error {
    Error::internal("a listing that was just written is not there")
}
