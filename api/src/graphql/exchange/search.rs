//! Finding listings.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error, Result};
use domain::exchange::search::{self, Filter, Hit};
use entity::listing as rows;

use crate::connection_of;
use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing::{Listing, ListingKind, ListingState};
use crate::graphql::exchange::listing_input::MapPointInput;
use crate::graphql::exchange::need::Urgency;
use crate::graphql::people::team::TeamColour;
use crate::graphql::{ContextExt, connection, id};

/// In which order listings come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::exchange::search::Order")]
pub enum ListingOrder {
    /// By how well `text` fits: more of its words first, words of the title before words of the text, then the newer. Newest first without `text`.
    #[default]
    Relevance,
    /// Newest first.
    Newest,
    /// Nearest first: by the region tree, from my home up; then by metres from `near`.
    Nearest,
}

/// Which listings; every part narrows.
#[derive(InputObject, Default)]
pub struct ListingFilter {
    /// Of these lists; all when left out. For `listings` alone.
    #[graphql(default)]
    kinds: Vec<ListingKind>,
    /// Words in Chinese or any other script, up to 40 characters; a word of two characters and a single character are found wherever they stand.
    text: Option<String>,
    /// In these states; PUBLISHED and `PARTLY_MATCHED` when left out, all of mine with `mine`.
    #[graphql(default)]
    states: Vec<ListingState>,
    /// Codes of `category`.
    #[graphql(default)]
    categories: Vec<String>,
    /// Suiting teams of this colour.
    colour: Option<TeamColour>,
    /// Needs this urgent.
    #[graphql(default)]
    urgencies: Vec<Urgency>,
    /// In this region or below it.
    region_id: Option<ID>,
    /// Holding, and of a need to be met, at some moment from here on.
    from: Option<DateTime<Utc>>,
    /// And before this one.
    to: Option<DateTime<Utc>>,
    /// Only mine: those of my own, of teams and units I speak for, and those I filed for others.
    #[graphql(default = false)]
    mine: bool,
    /// Where to measure metres from; never kept.
    near: Option<MapPointInput>,
    /// In which order.
    #[graphql(default)]
    order: ListingOrder,
}

impl ListingFilter {
    /// For a query that knows its list.
    pub(super) fn of(self, kind: rows::ListingKind) -> Result<Filter> {
        if !self.kinds.is_empty() {
            return Err(Error::from(Code::BadInput).on("kinds"));
        }
        Ok(Filter { kinds: vec![kind], ..self.checked()? })
    }

    fn checked(self) -> Result<Filter> {
        Ok(Filter {
            kinds: self.kinds.into_iter().map(Into::into).collect(),
            states: self.states.into_iter().map(Into::into).collect(),
            text: self.text,
            categories: self.categories,
            colour: self.colour.map(Into::into),
            urgencies: self.urgencies.into_iter().map(Into::into).collect(),
            region_id: id::parse_opt(self.region_id.as_ref(), "regionId")?,
            from: self.from.map(Into::into),
            to: self.to.map(Into::into),
            mine: self.mine,
            near: self.near.map(|point| point.point("near")).transpose()?,
            order: self.order.into(),
        })
    }
}

/// A listing that was found.
#[derive(SimpleObject)]
pub struct ListingHit {
    /// The need, resource or service offer.
    listing: Listing,
    /// Levels of the region tree to climb from my home to have a roof in common; 0 in my own region.
    levels: Option<i64>,
    /// Metres between the cells of `near` and of the listing, where both are on the map.
    metres: Option<i64>,
}

connection_of!(ListingHitPage, ListingHit, ListingHitNames, "ListingHitConnection", "ListingHitEdge");

/// Where a row stands in its list.
pub(super) fn place(hit: &Hit) -> (i64, String) {
    (hit.key, hit.entry.listing.id.to_string())
}

#[derive(Default)]
pub struct SearchQuery;

#[Object]
impl SearchQuery {
    /// Listings of my community that exist for me, of all three lists (三张清单).
    async fn listings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these, in this order.", default_with = "ListingFilter::default()")] filter: ListingFilter,
        #[graphql(desc = "This many from the front, 1 to 100.")] first: Option<i32>,
        #[graphql(desc = "After this cursor.")] after: Option<String>,
        #[graphql(desc = "This many from the back, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Before this cursor.")] before: Option<String>,
    ) -> ApiResult<ListingHitPage> {
        let page = connection::args(first, after, last, before)?;
        let filter = filter.checked()?;
        let rows = search::find(ctx.app().db.reader(), ctx.actor()?, &filter, &page).await?;
        Ok(connection::of(rows, place, |hit| ListingHit { levels: hit.levels, metres: hit.metres, listing: hit.entry.into() }))
    }
}
