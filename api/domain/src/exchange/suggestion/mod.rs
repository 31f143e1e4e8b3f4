//! Suggestions (供需推荐): who could meet a need and why, which needs suit a helper, and why a pair does not fit.
//!
//! The best pairs come from a market that may be a little old ([`super::matching::at_hand`]). Before a pair is shown, its rows are looked at: who was
//! turned down, is being asked or cannot be asked any more is left out, and who changed anything since is read and judged anew. So everything that is
//! shown holds at that moment; only somebody new may be missing for a little while.
//!
//! A suggestion is no assignment: nothing is written, and nobody is told. Helpers are suggested to whoever looks after a need or owns it; needs to
//! whoever speaks for the helper, and to the staff of the place.

use std::collections::HashMap;
use std::sync::Arc;

use entity::id::{CommunityId, ListingId, ListingSlotId, RegionId, VolunteerId};
use entity::listing::{self, ListingKind};
use entity::time::UtcMicros;
use entity::volunteer::VolunteerState;
use entity::{team, volunteer};
use sea_orm::EntityTrait;

use super::matching::Suggestion;
use super::matching::at_hand::Markets;
use super::matching::load::{self, Frame, HelperId, Loaded, NeedRow, NeedScope, Scope};
use super::matching::obstacle::WhyNot;
use super::matching::policy::Policy;
use super::matching::problem::Need;
use super::matching::reason::Scored;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor, Place};
use crate::people::volunteer::Living;
use crate::service::place;

mod check;
mod told;

pub use told::{ReasonKind, Told, json, of_json};

/// Pairs looked at beside those wanted, for those that changed or were asked since the market was read.
const SPARE: usize = 4;

/// A pair that fits, as a client is told.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// The need.
    pub need_id: ListingId,
    /// Who could meet it.
    pub helper: HelperId,
    /// Which slot of the helper's, where it has slots.
    pub slot_id: Option<ListingSlotId>,
    /// When; none where time plays no part.
    pub time: Option<(UtcMicros, UtcMicros)>,
    /// Micro-units: the sum of the reasons.
    pub score: i64,
    /// Every reason, the heaviest first.
    pub reasons: Vec<Scored>,
}

/// Why a pair does not fit, with what its numbers are measured in.
pub struct Explained {
    /// The answer.
    pub why_not: WhyNot,
    /// The pair, when nothing is in the way.
    pub fits: Option<Suggested>,
    /// Days and terms.
    pub frame: Frame,
}

/// The best helpers for a need.
pub struct Found {
    /// The pairs, the best first.
    pub best: Vec<Suggested>,
    /// Who the volunteers among them are.
    pub people: HashMap<VolunteerId, Living>,
}

/// Where questions are answered from.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The database.
    pub db: &'a Db,
    /// The markets at hand.
    pub markets: &'a Arc<Markets>,
}

impl Desk<'_> {
    /// The best helpers for a need, at most `first`, the best first.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `LISTING_NOT_OPEN`, `TERMS_EXCEEDED`.
    pub async fn helpers_for(self, actor: &Actor, need_id: ListingId, first: usize) -> Result<Found> {
        let now = self.db.now();
        let mut community_id = actor.community_id;
        let mut kept = self.markets.of(self.db, community_id, now).await?;
        if let Some(row) = kept.need(need_id).map(|at| &kept.needs[at as usize])
            && look_after(actor, community_id, row).is_ok()
            && open(row).is_ok()
            && let Some(found) = self.best(&kept, row, first, now).await?
        {
            return Ok(found);
        }
        let connection = self.db.reader();
        let mut read = load::need(connection, &kept.frame, need_id).await?;
        if read.is_none() {
            // It lies in another community, or asks for a word that the market at hand does not know yet.
            community_id = self.community_of(actor, need_id).await?;
            self.markets.forget(community_id);
            kept = self.markets.of(self.db, community_id, now).await?;
            read = load::need(connection, &kept.frame, need_id).await?;
        }
        let row = read.ok_or(Code::TermsExceeded)?;
        look_after(actor, community_id, &row)?;
        open(&row)?;
        // Whoever took the last place since it was read was quicker.
        self.best(&kept, &row, first, now).await?.ok_or_else(|| Code::ListingNotOpen.into())
    }

    /// The best helpers for a need that hold at this moment; none when the need is not what its row says any more.
    async fn best(self, kept: &Loaded, row: &NeedRow, first: usize, now: UtcMicros) -> Result<Option<Found>> {
        let need = load::need_of(&kept.frame, row, &kept.helpers);
        let mut count = first + SPARE;
        loop {
            let (found, all) = self.checked(kept, row, &need, count, now).await?;
            // Only where many were turned down or asked already is there not enough among these.
            match found {
                Some(mut found) if found.best.len() >= first || all => {
                    found.best.truncate(first);
                    return Ok(Some(found));
                }
                Some(_) => count *= 4,
                None => return Ok(None),
            }
        }
    }

    /// The best that hold at this moment of the best `count` at hand, and whether those were all.
    async fn checked(self, kept: &Loaded, row: &NeedRow, need: &Need, count: usize, now: UtcMicros) -> Result<(Option<Found>, bool)> {
        let found = kept.market.suggestions_to(need, count);
        let all = found.len() < count;
        let ids: Vec<HelperId> = found.iter().map(|one| kept.helper(one.helper)).collect();
        let question = check::Question { frame: &kept.frame, need: row, helpers: &ids, now };
        let checked = check::helpers(self.db.reader(), &question).await?;
        if !checked.need_same {
            return Ok((None, all));
        }
        let same = found.into_iter().filter(|one| checked.same.contains(&kept.helper(one.helper)));
        let mut best: Vec<Suggested> = same.map(|one| suggested(kept, row, one)).collect();
        if !checked.changed.is_empty() {
            best.extend(self.anew(kept, row, need, &checked.changed, now).await?);
            best.sort_by_key(|one| (std::cmp::Reverse(one.score), one.helper));
        }
        Ok((Some(Found { best, people: checked.people }), all))
    }

    /// Judges helpers by what their rows say now.
    async fn anew(self, kept: &Loaded, row: &NeedRow, need: &Need, helpers: &[HelperId], now: UtcMicros) -> Result<Vec<Suggested>> {
        let frame = kept.frame.at(now);
        let loaded = load::problem(self.db.reader(), frame, Scope::These(helpers), NeedScope::These(&[]), Policy::default()).await?;
        let found = loaded.market.suggestions_to(&Need { own: None, ..need.clone() }, helpers.len());
        let own = need.own.map(|own| kept.helper(own));
        let wanted = |one: &Suggestion| helpers.contains(&loaded.helper(one.helper)) && own != Some(loaded.helper(one.helper));
        Ok(found.into_iter().filter(wanted).map(|one| suggested(&loaded, row, one)).collect())
    }

    /// The needs that a helper suits best, at most `first`, the best first.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `VOLUNTEER_SUSPENDED`.
    pub async fn needs_for(self, actor: &Actor, helper: HelperId, first: usize) -> Result<Vec<Suggested>> {
        let (connection, now) = (self.db.reader(), self.db.now());
        let home = self.home_of(helper).await?;
        self.speaks_for(actor, helper, &home).await?;
        let kept = self.markets.of(self.db, home.community_id, now).await?;
        let frame = kept.frame.at(now);
        let loaded = load::problem(connection, frame, Scope::These(&[helper]), NeedScope::These(&[]), Policy::default()).await?;
        let Some(at) = loaded.helpers.get(&helper) else { return Ok(Vec::new()) };
        let found = kept.market.suggestions_by(&loaded.market.problem().helpers[*at as usize], first + first / 2 + SPARE);
        let ids: Vec<ListingId> = found.iter().map(|one| kept.needs[one.need as usize].id).collect();
        let open = check::needs(connection, home.community_id, helper, &ids, now).await?;
        let shown = found.into_iter().filter(|one| open.contains(&kept.needs[one.need as usize].id)).take(first);
        Ok(shown
            .map(|one| {
                let row = &kept.needs[one.need as usize];
                Suggested { helper, slot_id: loaded.slot(*at, one.span), ..suggested_to(&kept.frame, row, helper, one) }
            })
            .collect())
    }

    /// Everything in the way of a pair, and the one change that would help.
    ///
    /// # Errors
    /// `NOT_FOUND`, `FORBIDDEN`, `LISTING_NOT_OPEN`, `TERMS_EXCEEDED`, `VOLUNTEER_SUSPENDED`.
    pub async fn why_not(self, actor: &Actor, need_id: ListingId, helper: HelperId) -> Result<Explained> {
        let (connection, now) = (self.db.reader(), self.db.now());
        let community_id = self.community_of(actor, need_id).await?;
        let home = self.home_of(helper).await.map_err(|error| error.on("helperId"))?;
        if home.community_id != community_id {
            return Err(Error::from(Code::NotFound).on("helperId"));
        }
        let kept = self.markets.of(self.db, community_id, now).await?;
        let frame = kept.frame.at(now);
        let loaded = load::problem(connection, frame, Scope::These(&[helper]), NeedScope::These(&[need_id]), Policy::default()).await?;
        let row = loaded.needs.first().ok_or(Code::TermsExceeded)?;
        if look_after(actor, community_id, row).is_err() {
            self.speaks_for(actor, helper, &home).await?;
        }
        open(row)?;
        let at = *loaded.helpers.get(&helper).ok_or_else(|| Error::from(Code::ListingNotOpen).on("helperId"))?;
        let why_not = loaded.market.why_not(0, at);
        let fits = loaded.market.explain(0, at).map(|one| suggested(&loaded, row, one));
        Ok(Explained { why_not, fits, frame: loaded.frame })
    }

    /// The community of a need that exists for the actor.
    async fn community_of(self, actor: &Actor, need_id: ListingId) -> Result<CommunityId> {
        let row = listing::Entity::find_by_id(need_id).one(self.db.reader()).await?;
        let row = row.filter(|row| row.kind == ListingKind::Need).ok_or(Code::NotFound)?;
        let path = place::paths(self.db.reader(), [row.region_id]).await?.remove(&row.region_id).unwrap_or_default();
        if actor.sees(&Place { community_id: row.community_id, path, team_id: None }) { Ok(row.community_id) } else { Err(Code::NotFound.into()) }
    }

    /// Where a helper is at home.
    async fn home_of(self, helper: HelperId) -> Result<Home> {
        let connection = self.db.reader();
        let (community_id, region_id, team_id) = match helper {
            HelperId::Volunteer(id) => {
                let row = volunteer::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
                let suspended = row.state == VolunteerState::Suspended;
                return Ok(Home { suspended, ..Home::at(row.community_id, row.region_id, None) });
            }
            HelperId::Team(id) => {
                let row = team::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
                (row.community_id, row.region_id, Some(id))
            }
            HelperId::Offering(id) => {
                let row = listing::Entity::find_by_id(id).one(connection).await?.filter(|row| row.kind != ListingKind::Need);
                let row = row.ok_or(Code::NotFound)?;
                (row.community_id, row.region_id, row.owner_team_id)
            }
        };
        Ok(Home::at(community_id, region_id, team_id))
    }

    /// Lets who speaks for a helper, or is in charge where it is at home, ask about it.
    async fn speaks_for(self, actor: &Actor, helper: HelperId, home: &Home) -> Result<()> {
        let path = place::paths(self.db.reader(), [home.region_id]).await?.remove(&home.region_id).unwrap_or_default();
        let place = Place { community_id: home.community_id, path, team_id: home.team_id };
        if !actor.sees(&place) {
            return Err(Code::NotFound.into());
        }
        if !actor.may(Action::ListSuggestions, &place) && !helper.is_spoken_for_by(self.db.reader(), actor).await? {
            return Err(Code::Forbidden.into());
        }
        if home.suspended { Err(Code::VolunteerSuspended.into()) } else { Ok(()) }
    }
}

/// Where a helper is at home.
struct Home {
    community_id: CommunityId,
    region_id: RegionId,
    team_id: Option<entity::id::TeamId>,
    suspended: bool,
}

impl Home {
    fn at(community_id: CommunityId, region_id: RegionId, team_id: Option<entity::id::TeamId>) -> Self {
        Self { community_id, region_id, team_id, suspended: false }
    }
}

/// Lets the owner of a need and the staff of its place ask about it.
fn look_after(actor: &Actor, community_id: CommunityId, row: &NeedRow) -> Result<()> {
    let place = Place { community_id, path: row.path.clone(), team_id: None };
    if row.owner == Some(actor.account_id) || actor.may(Action::ListSuggestions, &place) {
        return Ok(());
    }
    Err(if row.open { Code::Forbidden } else { Code::NotFound }.into())
}

fn open(row: &NeedRow) -> Result<()> {
    if row.open && row.can_be_met() { Ok(()) } else { Err(Code::ListingNotOpen.into()) }
}

fn suggested(loaded: &Loaded, row: &NeedRow, one: Suggestion) -> Suggested {
    let helper = loaded.helper(one.helper);
    let slot_id = loaded.slot(one.helper, one.span);
    Suggested { slot_id, ..suggested_to(&loaded.frame, row, helper, one) }
}

fn suggested_to(frame: &Frame, row: &NeedRow, helper: HelperId, one: Suggestion) -> Suggested {
    let time = row.times.exactly(frame.horizon, one.span);
    Suggested { need_id: row.id, helper, slot_id: None, time, score: one.score, reasons: one.reasons }
}
