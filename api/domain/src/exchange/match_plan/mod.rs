//! Plans of matches (撮合方案): who would be asked for what in a whole community, drawn first and proposed afterwards.
//!
//! Drawing is a dry run: it writes the plan down and tells nobody. Proposing takes the plan as it was drawn, pair by pair, in batches: a pair that does not
//! fit any more is skipped with the code of what is in the way, and nothing is put in its place. A plan can be proposed for a day.
//!
//! Invariant: what is proposed was shown. Invariant: a pair of a plan is proposed at most once, whoever tries and however often.

use entity::id::MatchPlanId;
use entity::match_plan::{self, Model};
use entity::match_plan_line::{self, PlanLineState};
use entity::time::UtcMicros;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::matching::load::HelperId;
use crate::error::{Code, Error, Result};
use crate::page::{Page, Rows};
use crate::people::permission::{Action, Actor};

mod draw;
mod propose;

pub use draw::draw;
pub use propose::{propose, propose_batch, propose_due};

/// How long a plan can be proposed, in microseconds.
const VALID: i64 = UtcMicros::DAY;

/// A plan that the actor may see.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: MatchPlanId) -> Result<Model> {
    let row = match_plan::Entity::find_by_id(id).one(connection).await?;
    let row = row.filter(|row| row.community_id == actor.community_id).ok_or(Code::NotFound)?;
    actor.require(Action::PlanMatches, &actor.home())?;
    Ok(row)
}

/// The helper of a line.
///
/// # Errors
/// Never for the rows of this program: a constraint holds that there is one.
pub fn helper(line: &match_plan_line::Model) -> Result<HelperId> {
    let found = line.volunteer_id.map(HelperId::Volunteer).or_else(|| line.team_id.map(HelperId::Team));
    found.or_else(|| line.offering_id.map(HelperId::Offering)).ok_or_else(|| Error::internal("a planned pair without a helper"))
}

/// A page of a plan's pairs, in its order: by need, the oldest first, of one need the best first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn lines(connection: &impl ConnectionTrait, id: MatchPlanId, page: &Page) -> Result<Rows<match_plan_line::Model>> {
    use match_plan_line::Column::Position;
    let mut query = match_plan_line::Entity::find().filter(match_plan_line::Column::PlanId.eq(id));
    let position = |key: i64| i32::try_from(key).map_err(|_| Error::from(Code::BadCursor));
    if let Some(after) = &page.after {
        query = query.filter(Position.gt(position(after.key)?));
    }
    if let Some(before) = &page.before {
        query = query.filter(Position.lt(position(before.key)?));
    }
    query = if page.backward { query.order_by_desc(Position) } else { query.order_by_asc(Position) };
    Ok(page.rows(query.limit(page.size + 1).all(connection).await?))
}

/// How many of a plan's pairs are in a state.
///
/// # Errors
/// When the database cannot be read.
pub async fn count(connection: &impl ConnectionTrait, id: MatchPlanId, state: PlanLineState) -> Result<u64> {
    let query = match_plan_line::Entity::find().filter(match_plan_line::Column::PlanId.eq(id));
    Ok(query.filter(match_plan_line::Column::State.eq(state)).count(connection).await?)
}
