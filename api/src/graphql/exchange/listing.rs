//! What needs, resources and service offers have in common for clients.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::exchange::listing::{Entry, Sight};
use domain::exchange::point;
use entity::id::{ListingId, NeedId, ResourceId, ServiceOfferId, TypedId};
use entity::{listing as rows, listing_step};

use crate::graphql::community::loader as territory;
use crate::graphql::community::region::Region;
use crate::graphql::community::unit::Unit;
use crate::graphql::error::{ApiResult, nullable};
use crate::graphql::exchange::loader::{self, StepsOf};
use crate::graphql::exchange::need::Need;
use crate::graphql::exchange::resource::Resource;
use crate::graphql::exchange::service_offer::ServiceOffer;
use crate::graphql::id;
use crate::graphql::people::loader as people;
use crate::graphql::people::team::{Team, TeamColour};

/// Of which of the three lists (三张清单) a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::listing::ListingKind")]
pub enum ListingKind {
    /// 需求: something somebody wants done.
    Need,
    /// 资源: goods, a space or equipment.
    Resource,
    /// 服务: something somebody does for others.
    ServiceOffer,
}

/// How far a listing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::listing::ListingState")]
pub enum ListingState {
    /// Filed, waits to be verified, and may still be changed.
    Draft,
    /// Found true; does not change any more.
    Verified,
    /// Open to everybody of the community.
    Published,
    /// Some of it is promised.
    PartlyMatched,
    /// All of it is promised.
    Matched,
    /// All of it has been given.
    Fulfilled,
    /// Answered and closed.
    Closed,
    /// Taken back by its owner.
    Withdrawn,
    /// Its time is over.
    Expired,
}

/// How a listing came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::listing::IntakeChannel")]
pub enum IntakeChannel {
    /// 小程序: its owner wrote it.
    MiniProgram,
    /// 电话: somebody wrote down what was telephoned.
    Phone,
    /// 纸质: somebody wrote down what came on paper.
    Paper,
}

/// What happens to a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::listing_step::StepKind")]
pub enum ListingStepKind {
    /// Written down.
    Filed,
    /// Found true.
    Verified,
    /// Opened to everybody.
    Published,
    /// Answered (件件有回音).
    Replied,
    /// What was wanted was given (事事有着落).
    Resolved,
    /// Rated by the person served.
    Rated,
    /// Closed.
    Closed,
    /// Taken back by its owner.
    Withdrawn,
    /// Its time was over.
    Expired,
}

/// What came of a listing that is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::exchange::listing::Outcome")]
pub enum ListingOutcome {
    /// What was wanted was given, by a match or otherwise.
    Resolved,
    /// It was not.
    Unresolved,
}

/// A place on the map.
#[derive(SimpleObject)]
pub struct MapPoint {
    /// Degrees north.
    latitude: f64,
    /// Degrees east.
    longitude: f64,
}

impl From<point::Point> for MapPoint {
    fn from(point: point::Point) -> Self {
        let (latitude, longitude) = point.degrees();
        Self { latitude, longitude }
    }
}

/// Something that happened to a listing; never changed afterwards.
#[derive(SimpleObject)]
pub struct ListingStep {
    /// What happened.
    kind: ListingStepKind,
    /// When.
    happened_at: DateTime<Utc>,
    /// What was said; for the owner, who accepted, and who is in charge.
    note: Option<String>,
    /// Of a rating, 1 to 5.
    stars: Option<i32>,
}

/// A line of one of the three lists.
#[derive(Union)]
pub enum Listing {
    /// A need.
    Need(Need),
    /// A resource.
    Resource(Resource),
    /// A service offer.
    ServiceOffer(ServiceOffer),
}

impl From<Entry> for Listing {
    fn from(entry: Entry) -> Self {
        match entry.listing.kind {
            rows::ListingKind::Need => Self::Need(entry.into()),
            rows::ListingKind::Resource => Self::Resource(entry.into()),
            rows::ListingKind::ServiceOffer => Self::ServiceOffer(entry.into()),
        }
    }
}

/// The id of a listing as its kind writes it.
pub(super) fn outside_id(row: &rows::Model) -> String {
    match row.kind {
        rows::ListingKind::Need => NeedId::from(row.id).to_string(),
        rows::ListingKind::Resource => ResourceId::from(row.id).to_string(),
        rows::ListingKind::ServiceOffer => ServiceOfferId::from(row.id).to_string(),
    }
}

/// Reads the id of a need, a resource or a service offer.
///
/// # Errors
/// `BAD_ID`.
pub(super) fn parse(text: &ID, field: &'static str) -> Result<(ListingId, Option<rows::ListingKind>), Error> {
    let prefix = text.split_once('_').map(|(prefix, _)| prefix).unwrap_or_default();
    Ok(match prefix {
        NeedId::PREFIX => (id::parse::<NeedId>(text, field)?.into(), Some(rows::ListingKind::Need)),
        ResourceId::PREFIX => (id::parse::<ResourceId>(text, field)?.into(), Some(rows::ListingKind::Resource)),
        ServiceOfferId::PREFIX => (id::parse::<ServiceOfferId>(text, field)?.into(), Some(rows::ListingKind::ServiceOffer)),
        _ => return Err(Error::from(Code::BadId).on(field)),
    })
}

/// What all listings have.
pub struct ListingFields(pub Arc<Entry>);

impl ListingFields {
    fn row(&self) -> &rows::Model {
        &self.0.listing
    }

    fn whole(&self) -> bool {
        self.0.sight == Sight::Whole
    }
}

#[Object]
impl ListingFields {
    /// Id.
    pub(in crate::graphql) async fn id(&self) -> ID {
        outside_id(self.row()).into()
    }

    /// Of which list it is.
    async fn kind(&self) -> ListingKind {
        self.row().kind.into()
    }

    /// Title.
    async fn title(&self) -> &str {
        &self.row().title
    }

    /// What is wanted or offered.
    async fn description(&self) -> &str {
        &self.row().description
    }

    /// Code of the `SERVICE_TYPE` list; of a resource, and of a need of things, of the `RESOURCE_CATEGORY` list.
    async fn category(&self) -> &str {
        &self.row().category
    }

    /// Teams of which colour it suits.
    async fn colour(&self) -> Option<TeamColour> {
        self.row().colour.map(Into::into)
    }

    /// Where it lies in the region tree.
    async fn region(&self, ctx: &Context<'_>) -> ApiResult<Region> {
        Ok(Region(territory::of(ctx).load_one(self.row().region_id).await?.ok_or(Code::NotFound)?))
    }

    /// Where, roughly, in words.
    async fn place(&self) -> &str {
        &self.row().place
    }

    /// Where, roughly, on the map: the middle of a cell of some two hundred metres. The exact place is opened by `revealContact`.
    async fn cell(&self) -> Option<MapPoint> {
        point::Point::of_columns(self.row().latitude, self.row().longitude).map(Into::into)
    }

    /// What the quantity counts, such as 人 or 份.
    async fn measure(&self) -> &str {
        &self.row().measure
    }

    /// How many are wanted or offered; of a space or a bookable service how many it is for.
    async fn quantity(&self) -> i64 {
        self.row().quantity
    }

    /// How many are neither promised nor given yet; of a space or a bookable service see `slots`.
    async fn remaining(&self) -> i64 {
        self.row().quantity - self.row().reserved
    }

    /// How many have been given.
    async fn done(&self) -> i64 {
        self.row().done
    }

    /// How far it is.
    async fn state(&self) -> ListingState {
        self.row().state.into()
    }

    /// From when it holds.
    async fn valid_from(&self) -> DateTime<Utc> {
        self.row().valid_from.date_time()
    }

    /// Until when it holds; it then expires by itself.
    async fn valid_until(&self) -> DateTime<Utc> {
        self.row().valid_until.date_time()
    }

    /// When it was filed.
    async fn filed_at(&self) -> DateTime<Utc> {
        self.row().filed_at.date_time()
    }

    /// How it came in; null but for those who see the whole of it.
    async fn channel(&self) -> Option<IntakeChannel> {
        self.whole().then(|| self.row().channel.into())
    }

    /// Account that wrote it down; null but for those who see the whole of it.
    async fn filed_by(&self) -> Option<ID> {
        self.whole().then(|| self.row().filed_by.into())
    }

    /// The team that offers it.
    async fn team(&self, ctx: &Context<'_>) -> Option<ApiResult<Team>> {
        let id = self.row().owner_team_id?;
        nullable(people::of(ctx).load_one(id).await.map(|row| row.map(Team)))
    }

    /// The unit that offers it.
    async fn unit(&self, ctx: &Context<'_>) -> Option<ApiResult<Unit>> {
        let id = self.row().owner_unit_id?;
        nullable(territory::of(ctx).load_one(id).await.map(|row| row.map(Unit)))
    }

    /// Whether it has a contact that `revealContact` opens for the owner, who accepted, and the grid worker of the place.
    async fn has_contact(&self) -> bool {
        self.row().contact_sealed.is_some()
    }

    /// Whether I see the whole of it: as its owner, because I accepted it, or because I am in charge.
    async fn seen_whole(&self) -> bool {
        self.whole()
    }

    /// What happened to it, oldest first.
    async fn steps(&self, ctx: &Context<'_>) -> ApiResult<Vec<ListingStep>> {
        let rows = loader::of(ctx).load_one(StepsOf(self.row().id)).await?.unwrap_or_default();
        let step = |row: listing_step::Model| ListingStep {
            kind: row.kind.into(),
            happened_at: row.happened_at.date_time(),
            note: row.note.filter(|_| self.whole()),
            stars: row.stars,
        };
        Ok(rows.into_iter().map(step).collect())
    }
}
