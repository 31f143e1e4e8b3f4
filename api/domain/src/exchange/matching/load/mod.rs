//! Filling the matching problem from the database.
//!
//! A *frame* is what everything is measured in: the days, the region tree and the numbers of the terms. Helpers and needs are read into it, all of a
//! community or a few named ones, with the same statements; so a pair that is looked at alone is judged exactly as in a plan. Few statements, each over
//! a whole set; rows are taken as they come and never kept.
//!
//! How what people said becomes a problem:
//! - A volunteer can be proposed who may serve and has said what they can do; saying so is the consent, and a pause takes it back for a while.
//! - Kinds of service are terms like skills. A volunteer may do every kind of service and has the skills they named; an offering does its own kind and
//!   is taken to bring the skills that it takes. A need asks for its kind of service and its skills.
//! - A team can do what a third of its ready members can do at the same time, and is counted with as many seats.
//! - Nothing is known of where somebody lives but the region. The middle of a region is the mean of the cells that its volunteers set out from.
//! - A need that names no time can be met by day within the next week.
//! - A need of high risk brings its own insurance, or it could not have been published.
//!
//! Invariant: nothing here changes anything. Invariant: a need with a term beyond the 256th of its community is left out and counted.

use std::collections::{BTreeMap, HashMap};

use entity::id::{CommunityId, ListingId, ListingSlotId, RegionId};
use entity::time::UtcMicros;
use futures_util::TryStreamExt;
use sea_orm::{DatabaseConnection, QueryResult, StreamTrait, Value};

use super::Market;
use super::obstacle::Span;
use super::policy::Policy;
use super::problem::{Cause, Dismissal, HelperKind, Place, Problem};
use super::slot::{Day, Horizon};
use crate::db::sql;
use crate::error::{Error, Result};

mod calendar;
mod need;
mod offering;
mod pair;
mod region;
mod team;
mod term;
mod volunteer;

pub use calendar::Times;
pub use need::{NeedRow, of_row as need_of};
pub use term::{Term, Terms};

pub use crate::exchange::need_match::Helper as HelperId;

/// The id of the row behind a helper.
#[must_use]
pub fn row_of(helper: HelperId) -> uuid::Uuid {
    match helper {
        HelperId::Volunteer(id) => id.0,
        HelperId::Team(id) => id.0,
        HelperId::Offering(id) => id.0,
    }
}

/// Whoever stands in the problem.
#[must_use]
pub fn helper_of(helper: &super::problem::Helper) -> HelperId {
    match helper.kind {
        HelperKind::Volunteer => HelperId::Volunteer(helper.id.into()),
        HelperKind::Team => HelperId::Team(helper.id.into()),
        HelperKind::Unit => HelperId::Offering(helper.id.into()),
    }
}

/// What everything is measured in.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Whose.
    pub community_id: CommunityId,
    /// The moment.
    pub now: UtcMicros,
    /// The days.
    pub horizon: Horizon,
    /// The region tree.
    pub places: Vec<Place>,
    /// The numbers of the terms.
    pub terms: Terms,
    /// Position of each region.
    regions: HashMap<RegionId, u32>,
    /// Where the plane that metres are measured on touches the globe.
    origin: Option<crate::exchange::point::Point>,
}

impl Frame {
    /// The same at another moment of its day.
    #[must_use]
    pub fn at(&self, now: UtcMicros) -> Self {
        Self { now, ..self.clone() }
    }
}

/// Which helpers.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// All that can be proposed.
    All,
    /// These, even if they cannot be proposed now.
    These(&'a [HelperId]),
}

/// Which needs.
#[derive(Clone, Copy, Debug)]
pub enum NeedScope<'a> {
    /// All that wait for help.
    All,
    /// These, whatever their states.
    These(&'a [ListingId]),
}

/// A slot of an offering on the grid of the horizon.
#[derive(Clone, Copy, Debug)]
pub struct OfferingSlot {
    /// The slot.
    pub id: ListingSlotId,
    /// When.
    pub span: Span,
}

/// A problem with the way back to the rows.
pub struct Loaded {
    /// What is asked.
    pub market: Market,
    /// What it is measured in.
    pub frame: Frame,
    /// Position of each helper.
    pub helpers: HashMap<HelperId, u32>,
    /// What else is known of each need, in the order of the problem.
    pub needs: Vec<NeedRow>,
    /// Needs left out for a term beyond the 256th.
    pub left_out: u32,
    /// Slots of the offerings that have some.
    pub slots: BTreeMap<u32, Vec<OfferingSlot>>,
    /// Position of each need.
    need_positions: HashMap<ListingId, u32>,
}

impl Loaded {
    /// Whoever stands at a position.
    #[must_use]
    pub fn helper(&self, at: u32) -> HelperId {
        helper_of(&self.market.problem().helpers[at as usize])
    }

    /// The slot of an offering that a span lies in.
    #[must_use]
    pub fn slot(&self, helper: u32, span: Span) -> Option<ListingSlotId> {
        let slots = self.slots.get(&helper)?;
        slots.iter().find(|slot| slot.span.from <= span.from && span.to <= slot.span.to).map(|slot| slot.id)
    }

    /// The position of a need.
    #[must_use]
    pub fn need(&self, id: ListingId) -> Option<u32> {
        self.need_positions.get(&id).copied()
    }
}

/// Reads what everything is measured in.
///
/// # Errors
/// When the database cannot be read.
pub async fn frame(connection: &DatabaseConnection, community_id: CommunityId, now: UtcMicros) -> Result<Frame> {
    let horizon = Horizon { first: super::slot::day(now.business_date().naive()) };
    let (tree, terms) = tokio::try_join!(region::tree(connection, community_id), term::terms(connection, community_id))?;
    Ok(Frame { community_id, now, horizon, places: tree.places, terms, regions: tree.positions, origin: None })
}

/// Reads some helpers and needs of a community and what stands between them.
///
/// # Errors
/// When the database cannot be read.
pub async fn problem(connection: &DatabaseConnection, frame: Frame, scope: Scope<'_>, needs: NeedScope<'_>, policy: Policy) -> Result<Loaded> {
    let who = named(connection, &frame, scope).await?;
    let who = who.as_deref();
    let (volunteers, offerings, busy, needs, turned_down) = tokio::try_join!(
        volunteer::read(connection, &frame, who),
        offering::read(connection, &frame, who),
        pair::engagements(connection, &frame, who),
        need::read(connection, &frame, needs),
        pair::pairs(connection, &frame, who),
    )?;
    let whole = matches!(scope, Scope::All);
    let build = move || {
        let (mut frame, mut needs) = (frame, needs);
        if whole {
            needs.rows.retain_mut(|row| row.hold(busy.held.get(&row.id).copied().unwrap_or_default()));
        }
        region::middles(&mut frame, &volunteers, &needs.rows);
        let (mut helpers, roster) = volunteer::helpers(&frame, volunteers, &busy);
        team::add(&frame, &mut helpers, &roster, &busy);
        let offered = offering::add(&mut helpers, offerings);
        let positions: HashMap<HelperId, u32> = (0..).zip(&helpers).map(|(at, helper)| (helper_of(helper), at)).collect();
        let problem_needs = needs.rows.iter().map(|row| need::of_row(&frame, row, &positions)).collect();
        let dismissals = pair::dismissals(&turned_down, &busy, &positions, &needs.rows, &offered.owners);
        let problem = Problem { horizon: frame.horizon, policy, places: frame.places.clone(), helpers, needs: problem_needs, dismissals };
        let market = Market::new(problem).map_err(Error::internal)?;
        let need_positions = (0..).zip(&needs.rows).map(|(at, row)| (row.id, at)).collect();
        let (needs, left_out) = (needs.rows, needs.left_out);
        Ok(Loaded { market, frame, helpers: positions, needs, left_out, slots: offered.slots, need_positions })
    };
    // Tens of thousands of rows are put in order: not on a thread that others wait for.
    tokio::task::spawn_blocking(build).await.map_err(Error::internal)?
}

/// The rows of those named, with the members of the teams among them; none for everybody.
async fn named(connection: &DatabaseConnection, frame: &Frame, scope: Scope<'_>) -> Result<Option<Vec<uuid::Uuid>>> {
    let Scope::These(helpers) = scope else { return Ok(None) };
    let mut who: Vec<uuid::Uuid> = helpers.iter().map(|helper| row_of(*helper)).collect();
    let teams: Vec<uuid::Uuid> = helpers.iter().filter(|helper| matches!(helper, HelperId::Team(_))).map(|helper| row_of(*helper)).collect();
    if !teams.is_empty() {
        let mut values: Vec<Value> = vec![frame.community_id.into()];
        let teams = only("m.team_id", Some(&teams), &mut values);
        let text = format!("SELECT m.volunteer_id FROM team t JOIN team_member m ON m.team_id = t.id WHERE t.community_id = $1 {teams}");
        each(connection, &text, values, |row| {
            who.push(row.try_get_by_index(0)?);
            Ok(())
        })
        .await?;
    }
    Ok(Some(who))
}

/// One need, whatever its state; none when it is not of the community or asks for a term without a number.
///
/// # Errors
/// When the database cannot be read.
pub async fn need(connection: &DatabaseConnection, frame: &Frame, id: ListingId) -> Result<Option<NeedRow>> {
    Ok(need::read(connection, frame, NeedScope::These(&[id])).await?.rows.pop())
}

/// Everything that can be planned in a community now.
///
/// # Errors
/// When the database cannot be read.
pub async fn community(connection: &DatabaseConnection, community_id: CommunityId, now: UtcMicros) -> Result<Loaded> {
    let frame = frame(connection, community_id, now).await?;
    problem(connection, frame, Scope::All, NeedScope::All, Policy::default()).await
}

/// Runs a statement and looks at its rows one by one.
async fn each(
    connection: &DatabaseConnection,
    text: &str,
    values: Vec<Value>,
    mut look: impl FnMut(&QueryResult) -> Result<(), sea_orm::DbErr> + Send,
) -> Result<()> {
    let mut rows = connection.stream_raw(sql(connection, text, values)).await?;
    while let Some(row) = rows.try_next().await? {
        look(&row)?;
    }
    Ok(())
}

/// `AND column IN ($n, …)` for what is named, nothing for all; its values are added to those before.
fn only<T: Copy + Into<Value>>(column: &str, ids: Option<&[T]>, values: &mut Vec<Value>) -> String {
    ids.map(|ids| format!("AND {column} {}", among(ids, values))).unwrap_or_default()
}

/// `IN ($n, …)`; its values are added to those before.
fn among<T: Copy + Into<Value>>(ids: &[T], values: &mut Vec<Value>) -> String {
    let first = values.len() + 1;
    values.extend(ids.iter().map(|id| (*id).into()));
    let names: Vec<String> = (first..=values.len()).map(|at| format!("${at}")).collect();
    if names.is_empty() { "IN (NULL)".to_owned() } else { format!("IN ({})", names.join(", ")) }
}

/// A small number, held within what fits.
fn small<T: TryFrom<i64> + From<u8>>(number: impl Into<i64>, most: T) -> T {
    T::try_from(number.into().max(0)).unwrap_or(most)
}

/// A day of a column.
fn day(date: i32) -> Day {
    super::slot::day(entity::time::BusinessDate(date).naive())
}

impl Dismissal {
    fn for_good(need: u32, helper: u32, cause: Cause) -> Self {
        Self { need, helper, until: Day::MAX, cause }
    }
}
