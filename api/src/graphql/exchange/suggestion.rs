//! Suggestions for clients.

use std::collections::HashMap;

use async_graphql::{ContainerType, Context, ID, Object, ScalarType, ServerResult, Value};
use chrono::{DateTime, Utc};
use domain::error::{Code, Error};
use domain::exchange::listing::{self, Entry};
use domain::exchange::matching::load::HelperId;
use domain::exchange::suggestion::{Desk, Suggested, Told};
use domain::people::permission::Actor;
use domain::people::volunteer::{self, Living, Sight, sight};
use entity::id::{ListingId, NeedId, ResourceId, ServiceOfferId, TeamId, TypedId, VolunteerId};
use entity::time::UtcMicros;
use entity::{listing as listings, team, volunteer as volunteers};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use crate::graphql::at_hand::{AtHand, AtHandList};
use crate::graphql::error::ApiResult;
use crate::graphql::exchange::listing::Listing;
use crate::graphql::exchange::match_obstacle::{MatchChange, MatchObstacle, change, obstacle};
use crate::graphql::exchange::suggestion_reason::SuggestionReason;
use crate::graphql::people::team::Team;
use crate::graphql::people::volunteer::Volunteer;
use crate::graphql::{ContextExt, id};

/// Most suggestions of one answer.
const FIRST_MAX: i32 = 50;

/// Reads the id of a volunteer, a team, a resource or a service offer.
///
/// # Errors
/// `BAD_ID`.
pub(super) fn parse_helper(text: &ID, field: &'static str) -> Result<HelperId, Error> {
    let prefix = text.split_once('_').map(|(prefix, _)| prefix).unwrap_or_default();
    Ok(match prefix {
        VolunteerId::PREFIX => HelperId::Volunteer(id::parse(text, field)?),
        TeamId::PREFIX => HelperId::Team(id::parse(text, field)?),
        ResourceId::PREFIX => HelperId::Offering(id::parse::<ResourceId>(text, field)?.into()),
        ServiceOfferId::PREFIX => HelperId::Offering(id::parse::<ServiceOfferId>(text, field)?.into()),
        _ => return Err(Error::from(Code::BadId).on(field)),
    })
}

/// The rows that suggestions name, as far as they were asked for.
#[derive(Default)]
pub(super) struct Named {
    volunteers: HashMap<VolunteerId, (volunteers::Model, Sight)>,
    teams: HashMap<TeamId, team::Model>,
    listings: HashMap<ListingId, Entry>,
}

impl Named {
    /// Reads what the pairs name and is not `known`; each kind only when `asked` for, with one query or a handful.
    pub(super) async fn of(
        ctx: &Context<'_>,
        pairs: &[(ListingId, HelperId)],
        known: HashMap<VolunteerId, Living>,
        asked: impl Fn(&str) -> bool,
    ) -> ApiResult<Self> {
        let (connection, actor) = (ctx.app().db.reader(), ctx.actor()?);
        let mut named = Self::default();
        if asked("volunteer") {
            named.volunteers = people(ctx, actor, pairs, known).await?;
        }
        let teams: Vec<TeamId> = pairs.iter().filter_map(|pair| if let HelperId::Team(id) = pair.1 { Some(id) } else { None }).collect();
        if asked("team") && !teams.is_empty() {
            let rows = team::Entity::find().filter(team::Column::Id.is_in(teams)).all(connection).await?;
            named.teams = rows.into_iter().map(|row| (row.id, row)).collect();
        }
        let needs = pairs.iter().map(|pair| pair.0).filter(|_| asked("need"));
        let offerings = pairs.iter().filter_map(|pair| if let HelperId::Offering(id) = pair.1 { Some(id) } else { None });
        let mut ids: Vec<ListingId> = needs.chain(offerings.filter(|_| asked("offering"))).collect();
        ids.sort_unstable();
        ids.dedup();
        if !ids.is_empty() {
            let rows = listings::Entity::find().filter(listings::Column::Id.is_in(ids)).all(connection).await?;
            let entries = listing::entries(connection, actor, rows).await?;
            named.listings = entries.into_iter().map(|entry| (entry.listing.id, entry)).collect();
        }
        Ok(named)
    }

    pub(super) fn volunteer(&self, helper: HelperId) -> Option<Volunteer> {
        let HelperId::Volunteer(id) = helper else { return None };
        let (row, sight) = self.volunteers.get(&id)?;
        Some(Volunteer::seen(row.clone(), *sight))
    }

    pub(super) fn team(&self, helper: HelperId) -> Option<Team> {
        if let HelperId::Team(id) = helper { self.teams.get(&id).cloned().map(Team) } else { None }
    }

    pub(super) fn listing(&self, id: ListingId) -> Option<Listing> {
        self.listings.get(&id).cloned().map(Into::into)
    }

    pub(super) fn offering(&self, helper: HelperId) -> Option<Listing> {
        if let HelperId::Offering(id) = helper { self.listing(id) } else { None }
    }
}

async fn people(
    ctx: &Context<'_>,
    actor: &Actor,
    pairs: &[(ListingId, HelperId)],
    mut known: HashMap<VolunteerId, Living>,
) -> ApiResult<HashMap<VolunteerId, (volunteers::Model, Sight)>> {
    let ids = pairs.iter().filter_map(|pair| if let HelperId::Volunteer(id) = pair.1 { Some(id) } else { None });
    let (mut living, mut unknown) = (Vec::new(), Vec::new());
    for id in ids {
        match known.remove(&id) {
            Some(one) => living.push(one),
            None => unknown.push(id),
        }
    }
    if !unknown.is_empty() {
        living.extend(volunteer::living(ctx.app().db.reader(), &unknown).await?);
    }
    let seen = living.into_iter().filter_map(|Living { row, path }| {
        // Staff of the place know the name; whoever owns the need sees it masked.
        let sight = sight(actor, &row, &path, &[])?;
        Some((row.id, (row, sight)))
    });
    Ok(seen.collect())
}

/// A helper who could meet a need, or a need that suits a helper (供需推荐). It is no assignment, and nobody is told.
pub struct MatchSuggestion {
    pub(super) one: Suggested,
    pub(super) named: std::sync::Arc<Named>,
}

/// A helper who could meet a need, or a need that suits a helper (供需推荐). It is no assignment, and nobody is told.
#[Object]
impl MatchSuggestion {
    /// Id of the need.
    async fn need_id(&self) -> ID {
        NeedId::from(self.one.need_id.0).into()
    }

    /// The need; null when it does not exist for me.
    async fn need(&self) -> Option<Listing> {
        self.named.listing(self.one.need_id)
    }

    /// The volunteer; null when the helper is a team, a resource or a service offer. The name is masked as everywhere.
    async fn volunteer(&self) -> Option<Volunteer> {
        self.named.volunteer(self.one.helper)
    }

    /// The team; null when the helper is somebody or something else.
    async fn team(&self) -> Option<Team> {
        self.named.team(self.one.helper)
    }

    /// The resource or service offer; null when the helper is a volunteer or a team.
    async fn offering(&self) -> Option<Listing> {
        self.named.offering(self.one.helper)
    }

    /// Slot of the offering, where it has slots.
    async fn slot_id(&self) -> Option<ID> {
        self.one.slot_id.map(Into::into)
    }

    /// From when the helper would come; null where time plays no part.
    async fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.one.time.map(|(starts_at, _)| starts_at.date_time())
    }

    /// Until when.
    async fn ends_at(&self) -> Option<DateTime<Utc>> {
        self.one.time.map(|(_, ends_at)| ends_at.date_time())
    }

    /// In millionths of a point: the sum of the reasons.
    async fn score(&self) -> i64 {
        self.one.score
    }

    /// Every reason, the heaviest first; they add up to the score.
    async fn reasons(&self) -> AtHandList<SuggestionReason> {
        AtHandList(self.one.reasons.iter().map(|scored| SuggestionReason(Told::from(scored))).collect())
    }
}

impl AtHand for MatchSuggestion {
    type Shape = Self;

    fn value(&self, field: &str) -> Option<Value> {
        let moment = |time: Option<UtcMicros>| time.map_or(Value::Null, |time| time.date_time().to_value());
        Some(match field {
            "needId" => NeedId::from(self.one.need_id.0).to_string().into(),
            "startsAt" => moment(self.one.time.map(|time| time.0)),
            "endsAt" => moment(self.one.time.map(|time| time.1)),
            "score" => self.one.score.into(),
            _ => return None,
        })
    }

    fn ask<'a>(&'a self, ctx: &'a Context<'_>) -> BoxFuture<'a, ServerResult<Option<Value>>> {
        self.resolve_field(ctx).boxed()
    }
}

/// Why a helper cannot meet a need (为何不推荐).
pub struct WhyNot {
    fits: bool,
    obstacles: Vec<MatchObstacle>,
    change: Option<MatchChange>,
}

/// Why a helper cannot meet a need (为何不推荐).
#[Object]
impl WhyNot {
    /// Whether nothing is in the way.
    async fn fits(&self) -> bool {
        self.fits
    }

    /// Everything in the way, at the time at which least is.
    async fn obstacles(&self) -> &[MatchObstacle] {
        &self.obstacles
    }

    /// The one change that would make it fit; null when it fits, when nothing helps, or when one change is not enough.
    async fn change(&self) -> Option<&MatchChange> {
        self.change.as_ref()
    }
}

fn desk<'a>(ctx: &'a Context<'_>) -> Desk<'a> {
    let app = ctx.app();
    Desk { db: &app.db, markets: &app.markets }
}

fn count(first: i32) -> Result<usize, Error> {
    let fits = (1..=FIRST_MAX).contains(&first);
    let count = usize::try_from(first).ok().filter(|_| fits);
    count.ok_or_else(|| Error::from(Code::BadInput).on("first").with("min", 1).with("max", FIRST_MAX))
}

async fn shown(ctx: &Context<'_>, found: Vec<Suggested>, known: HashMap<VolunteerId, Living>) -> ApiResult<AtHandList<MatchSuggestion>> {
    let pairs: Vec<(ListingId, HelperId)> = found.iter().map(|one| (one.need_id, one.helper)).collect();
    let named = std::sync::Arc::new(Named::of(ctx, &pairs, known, |name| ctx.look_ahead().field(name).exists()).await?);
    Ok(AtHandList(found.into_iter().map(|one| MatchSuggestion { one, named: std::sync::Arc::clone(&named) }).collect()))
}

#[derive(Default)]
pub struct SuggestionQuery;

#[Object]
impl SuggestionQuery {
    /// Who could best meet a need, the best first (its owner, grid workers, administrators).
    async fn suggestions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The need.")] need_id: ID,
        #[graphql(desc = "This many, 1 to 50.", default = 10)] first: i32,
    ) -> ApiResult<AtHandList<MatchSuggestion>> {
        let need_id = id::parse::<NeedId>(&need_id, "needId")?;
        let found = desk(ctx).helpers_for(ctx.actor()?, need_id.into(), count(first)?).await?;
        shown(ctx, found.best, found.people).await
    }

    /// Which needs suit a helper best, the best first: me, a team I lead, or what I offer; any for grid workers and administrators.
    async fn suggested_needs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A volunteer, a team, a resource or a service offer; me when left out.")] helper_id: Option<ID>,
        #[graphql(desc = "This many, 1 to 50.", default = 10)] first: i32,
    ) -> ApiResult<AtHandList<MatchSuggestion>> {
        let actor = ctx.actor()?;
        let helper = match helper_id {
            Some(id) => parse_helper(&id, "helperId")?,
            None => HelperId::Volunteer(actor.volunteer()?.id),
        };
        let found = desk(ctx).needs_for(actor, helper, count(first)?).await?;
        shown(ctx, found, HashMap::new()).await
    }

    /// Why a helper is not suggested for a need, and the one change that would help.
    async fn why_not(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The need.")] need_id: ID,
        #[graphql(desc = "A volunteer, a team, a resource or a service offer.")] helper_id: ID,
    ) -> ApiResult<WhyNot> {
        let need_id = id::parse::<NeedId>(&need_id, "needId")?;
        let explained = desk(ctx).why_not(ctx.actor()?, need_id.into(), parse_helper(&helper_id, "helperId")?).await?;
        let frame = &explained.frame;
        Ok(WhyNot {
            fits: explained.why_not.obstacles.is_empty(),
            obstacles: explained.why_not.obstacles.iter().map(|one| obstacle(frame, *one)).collect(),
            change: explained.why_not.change.map(|one| change(frame, one)),
        })
    }
}
