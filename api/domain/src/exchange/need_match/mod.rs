//! Matches (供需对接): one helper for one need, from a proposal to service that counts.
//!
//! A helper is a volunteer, a team, or a unit's resource or service offer. The grid worker or the program proposes, or the helper offers; nobody is
//! assigned (Volunteer Service Regulations art. 25): the side whose word is missing accepts or declines, and either may take its word back with a
//! reason (art. 22). The table of states is [`state`], what happened is the log of [`steps`].
//!
//! Words: *proposing* promises nothing, *accepting* promises places of the need and things of the offering ([`super::reservation`]); a helper *starts*
//! and *finishes* by the server's clock; the person served *confirms* in the mini-program, or by a spoken word, a card or a witness where there is no
//! telephone. Confirmed service is a record like any other (`service::record`). A *dispute* is decided by an administrator who is on neither side.
//!
//! Invariant: a pair has at most one live match (`match_volunteer_once` and its sisters). Invariant: what is accepted is promised: the reservations of a
//! match are held exactly while it is ACCEPTED, `IN_PROGRESS`, DONE, or DISPUTED before it was confirmed. Invariant: nobody confirms their own service.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::id::{AccountId, CommunityId, ListingId, NeedMatchId, ServiceRecordId, TeamId, VolunteerId};
use entity::listing;
use entity::match_person;
use entity::need_match::{self, MatchState, Model};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::{need, need_window};
use sea_orm::sea_query::Query;
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::exchange::listing::{self as listings, owner};
use crate::exchange::need::Window;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::service::place;
use crate::tx::Tx;

mod accept;
mod confirm;
mod dismiss;
mod dispute;
mod end;
mod fit;
mod helper;
mod offer;
mod propose;
mod serve;
pub mod state;
mod step;

pub use accept::{Acceptance, accept};
pub use confirm::{Confirmation, confirm};
pub use dismiss::{Dismissal, dismiss, dismissals, dismissed_until};
pub use dispute::{Resolution, dispute, resolve};
pub use end::{Ending, decline, expire_due, hold, leave, withdraw};
pub use helper::Helper;
pub use offer::{Pair, dismiss_pair, offer_help, propose_match};
pub use propose::{Proposal, Score, propose};
pub use serve::{finish, start};
pub use step::of as steps;

/// Longest time of one match.
const SPAN_MAX: i64 = UtcMicros::DAY;
/// Shortest time of one match.
const SPAN_MIN: i64 = 15 * UtcMicros::MINUTE;

/// A match with its need and where that lies.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The match.
    pub row: Model,
    /// The need.
    pub need: listing::Model,
    /// Path of the need's region.
    pub path: String,
    /// As what the actor sees it.
    pub part: Part,
}

/// As what somebody sees a match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Speaks for the helper.
    pub helper: bool,
    /// It is their need.
    pub owner: bool,
    /// Looks after the need's place.
    pub staff: bool,
}

impl Entry {
    /// Where the need lies, for questions of permission.
    #[must_use]
    pub fn place(&self) -> Place {
        listings::place_at(&self.need, &self.path)
    }
}

/// A match that exists for the actor: of one's own help, of one's own need, or of a place one looks after.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: NeedMatchId) -> Result<Entry> {
    let row = need_match::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
    let need = listing::Entity::find_by_id(row.need_id).one(connection).await?.ok_or(Code::NotFound)?;
    let path = place::paths(connection, [need.region_id]).await?.remove(&need.region_id).ok_or(Code::NotFound)?;
    let place = listings::place_at(&need, &path);
    let part = Part {
        helper: Helper::of(&row)?.is_spoken_for_by(connection, actor).await?,
        owner: need.owner_account_id == Some(actor.account_id),
        staff: actor.may(Action::ListMatches, &place),
    };
    if part == Part::default() {
        return Err(Code::NotFound.into());
    }
    Ok(Entry { row, need, path, part })
}

/// Which matches to list; every part narrows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// In this state.
    pub state: Option<MatchState>,
    /// For this need.
    pub need_id: Option<ListingId>,
    /// Of this helper.
    pub helper: Option<Helper>,
}

impl Filter {
    fn condition(self) -> Condition {
        use need_match::Column;
        Condition::all()
            .add_option(self.state.map(|state| Column::State.eq(state)))
            .add_option(self.need_id.map(|id| Column::NeedId.eq(id)))
            .add_option(self.helper.map(Helper::matches))
    }
}

/// The matches of the places the actor looks after, newest first.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: Filter, page: &Page) -> Result<Rows<Model>> {
    let reach = place::within(actor, Action::ListMatches, listing::Column::RegionId, listing::Column::OwnerTeamId)?;
    let needs = Query::select().column(listing::Column::Id).from(listing::Entity).cond_where(reach).to_owned();
    listed(connection, filter.condition().add(need_match::Column::NeedId.in_subquery(needs)), page).await
}

/// The actor's matches as a helper, newest first: their own, those they came to with a team, and those of what they speak for.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor, filter: Filter, page: &Page) -> Result<Rows<Model>> {
    use need_match::Column;
    let led: Vec<TeamId> = actor.grants.iter().filter(|grant| grant.role == Role::TeamLeader).filter_map(|grant| grant.team_id).collect();
    let units = owner::led_units(connection, actor).await?;
    let owned = Condition::any()
        .add(listing::Column::OwnerAccountId.eq(actor.account_id))
        .add(listing::Column::OwnerTeamId.is_in(led.iter().copied()))
        .add(listing::Column::OwnerUnitId.is_in(units));
    let offerings = Query::select().column(listing::Column::Id).from(listing::Entity).cond_where(owned).to_owned();
    let mut mine = Condition::any().add(Column::TeamId.is_in(led)).add(Column::OfferingId.in_subquery(offerings));
    if let Some(own) = actor.volunteer {
        let came = Query::select()
            .column(match_person::Column::MatchId)
            .from(match_person::Entity)
            .and_where(match_person::Column::VolunteerId.eq(own.id))
            .to_owned();
        mine = mine.add(Column::VolunteerId.eq(own.id)).add(Column::Id.in_subquery(came));
    }
    listed(connection, filter.condition().add(mine), page).await
}

/// The matches of one need that exist for the actor, newest first: all of them for its owner and for staff, their own for helpers.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list_of_need(connection: &impl ConnectionTrait, actor: &Actor, entry: &listings::Entry, page: &Page) -> Result<Rows<Model>> {
    let of_need = Condition::all().add(need_match::Column::NeedId.eq(entry.listing.id));
    let whole = entry.listing.owner_account_id == Some(actor.account_id) || actor.may(Action::ListMatches, &entry.place());
    if whole {
        return listed(connection, of_need, page).await;
    }
    let rows = need_match::Entity::find().filter(of_need.clone()).all(connection).await?;
    let mut mine = Vec::new();
    for row in rows {
        if Helper::of(&row)?.is_spoken_for_by(connection, actor).await? {
            mine.push(row.id);
        }
    }
    listed(connection, of_need.add(need_match::Column::Id.is_in(mine)), page).await
}

async fn listed(connection: &impl ConnectionTrait, condition: Condition, page: &Page) -> Result<Rows<Model>> {
    let order = ListOrder { key: None, id: need_match::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, NeedMatchId>(need_match::Entity::find().filter(condition), order)?.all(connection).await?))
}

/// A match with what it names, as far as that exists for the actor.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The match.
    pub row: Model,
    /// The need.
    pub need: Option<listings::Entry>,
    /// The resource or service offer.
    pub offering: Option<listings::Entry>,
    /// Whether the actor looks after the need's place.
    pub staff: bool,
}

/// Matches with what they name, in their order; a handful of queries however many they are. Which of them exist for the actor is not asked.
///
/// # Errors
/// When the database cannot be read.
pub async fn seen(connection: &impl ConnectionTrait, actor: &Actor, rows: Vec<Model>) -> Result<Vec<Seen>> {
    let ids: BTreeSet<ListingId> = rows.iter().flat_map(|row| [row.need_id].into_iter().chain(row.offering_id)).collect();
    let named = listing::Entity::find().filter(listing::Column::Id.is_in(ids)).all(connection).await?;
    let entries: HashMap<ListingId, listings::Entry> =
        listings::entries(connection, actor, named).await?.into_iter().map(|entry| (entry.listing.id, entry)).collect();
    let seen = rows.into_iter().map(|row| {
        let need = entries.get(&row.need_id).cloned();
        let staff = need.as_ref().is_some_and(|entry| actor.may(Action::ListMatches, &entry.place()));
        Seen { offering: row.offering_id.and_then(|id| entries.get(&id).cloned()), staff, need, row }
    });
    Ok(seen.collect())
}

/// A match by its id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn row(connection: &impl ConnectionTrait, id: NeedMatchId) -> Result<Model> {
    need_match::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// A live match, with who serves in it.
#[derive(Clone, Debug)]
pub struct Live {
    /// The match; its state tells whether it is only proposed.
    pub row: Model,
    /// Who serves: the volunteer from the acceptance on, of a team those who came.
    pub people: Vec<VolunteerId>,
}

/// Every live match of a community, oldest first: pairs that are proposed or accepted and not over. For matching, which asks for nobody.
///
/// # Errors
/// When the database cannot be read.
pub async fn live(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<Live>> {
    let of_community = || Condition::all().add(need_match::Column::CommunityId.eq(community_id)).add(need_match::Column::State.is_in(state::LIVE));
    let rows = need_match::Entity::find().filter(of_community()).order_by_asc(need_match::Column::Id).all(connection).await?;
    let ids = Query::select().column(need_match::Column::Id).from(need_match::Entity).cond_where(of_community()).to_owned();
    let people = match_person::Entity::find()
        .filter(match_person::Column::MatchId.in_subquery(ids))
        .order_by_asc(match_person::Column::VolunteerId)
        .all(connection)
        .await?;
    let mut by_match: HashMap<NeedMatchId, Vec<VolunteerId>> = HashMap::new();
    for row in people {
        by_match.entry(row.match_id).or_default().push(row.volunteer_id);
    }
    Ok(rows.into_iter().map(|row| Live { people: by_match.remove(&row.id).unwrap_or_default(), row }).collect())
}

/// Who serves in several matches.
///
/// # Errors
/// When the database cannot be read.
pub async fn people(connection: &impl ConnectionTrait, ids: &[NeedMatchId]) -> Result<HashMap<NeedMatchId, Vec<match_person::Model>>> {
    let query = match_person::Entity::find().filter(match_person::Column::MatchId.is_in(ids.iter().copied()));
    let mut lists: HashMap<NeedMatchId, Vec<match_person::Model>> = HashMap::new();
    for row in query.order_by_asc(match_person::Column::VolunteerId).all(connection).await? {
        lists.entry(row.match_id).or_default().push(row);
    }
    Ok(lists)
}

/// The matches that records came of.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_records(connection: &impl ConnectionTrait, ids: &[ServiceRecordId]) -> Result<HashMap<ServiceRecordId, Model>> {
    let people = match_person::Entity::find().filter(match_person::Column::RecordId.is_in(ids.iter().copied())).all(connection).await?;
    let matches: HashSet<NeedMatchId> = people.iter().map(|row| row.match_id).collect();
    let rows = need_match::Entity::find().filter(need_match::Column::Id.is_in(matches)).all(connection).await?;
    let by_id: HashMap<NeedMatchId, Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(people.into_iter().filter_map(|row| Some((row.record_id?, by_id.get(&row.match_id)?.clone()))).collect())
}

/// Writes a locked row anew.
async fn save(tx: &Tx, row: &Model) -> Result<()> {
    need_match::Entity::update_many()
        .set(row.clone().into_active_model().reset_all())
        .filter(need_match::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Refuses a time that is over, too long or too short, or outside the times of the need.
async fn check_span(connection: &impl ConnectionTrait, now: UtcMicros, listing: &listing::Model, need: &need::Model, span: Window) -> Result<()> {
    let length = span.ends_at.0.saturating_sub(span.starts_at.0);
    if !(SPAN_MIN..=SPAN_MAX).contains(&length) || span.ends_at <= now {
        return Err(Error::from(Code::BadInput).on("endsAt").with("minMinutes", SPAN_MIN / UtcMicros::MINUTE).with("maxHours", 24));
    }
    let windows = need_window::Entity::find().filter(need_window::Column::NeedId.eq(need.id)).all(connection).await?;
    let inside = if windows.is_empty() {
        listing.valid_from <= span.starts_at && span.ends_at <= listing.valid_until
    } else {
        windows.iter().any(|window| window.starts_at <= span.starts_at && span.ends_at <= window.ends_at)
    };
    if inside { Ok(()) } else { Err(Error::from(Code::BadInput).on("startsAt")) }
}

/// The account of whose need it is, and of whoever wrote it down for somebody.
fn need_accounts(need: &listing::Model) -> Vec<AccountId> {
    let mut found: Vec<AccountId> = need.owner_account_id.into_iter().chain([need.filed_by]).collect();
    found.dedup();
    found
}
