//! Visits between the community and its units (双向走访): either side may go, and each visit says what for and what came of it.
//!
//! Visits to households are another noun; nothing here speaks of residents.

use entity::id::{CommunityId, UnitId, UnitVisitId};
use entity::time::BusinessDate;
use entity::unit_visit::{self, Model, VisitDirection};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use crate::community::{unit, wording};
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// How long ago a visit may have been that is written down today, in days.
pub const DAYS_MAX: u32 = 366;
/// Most people of one visit.
pub const PEOPLE_MAX: i32 = 10_000;

/// A visit to write down.
#[derive(Clone, Debug, Serialize)]
pub struct NewVisit {
    /// The unit.
    pub unit_id: UnitId,
    /// Who visited whom.
    pub direction: VisitDirection,
    /// When: today or up to a year ago.
    pub visited_on: BusinessDate,
    /// What for, 1 to 100 characters.
    pub purpose: String,
    /// What came of it, up to 1000 characters.
    pub outcome: String,
    /// How many visited, 1 to 10000.
    pub people: i32,
}

/// Writes a visit down, once per `key`.
///
/// # Errors
/// `NOT_FOUND` on `unitId`, `FORBIDDEN`, `BAD_INPUT`, `WORD_RESERVED`.
pub async fn file(tx: &Tx, actor: &Actor, key: &str, new: &NewVisit) -> Result<UnitVisitId> {
    unit::get_of(&tx.connection, actor.community_id, new.unit_id, "unitId").await?;
    actor.require_for_unit(Action::FileUnitVisit, new.unit_id, &actor.home())?;
    idempotency::once(tx, actor.account_id, "fileUnitVisit", key, new, async {
        if new.visited_on > tx.today() || new.visited_on.plus_days(DAYS_MAX) < tx.today() {
            return Err(Error::from(Code::BadInput).on("visitedOn").with("maxDays", DAYS_MAX));
        }
        if !(1..=PEOPLE_MAX).contains(&new.people) {
            return Err(Error::from(Code::BadInput).on("people").with("min", 1).with("max", PEOPLE_MAX));
        }
        let row = Model {
            id: UnitVisitId::new(tx.now),
            community_id: actor.community_id,
            unit_id: new.unit_id,
            direction: new.direction,
            visited_on: new.visited_on,
            purpose: wording::label(&new.purpose, 100, "purpose")?,
            outcome: wording::text(&new.outcome, 1_000, "outcome")?,
            people: new.people,
            filed_by: actor.account_id,
            filed_at: tx.now,
        };
        let id = row.id;
        unit_visit::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(id)
    })
    .await
}

/// A visit of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: UnitVisitId) -> Result<Model> {
    let row = unit_visit::Entity::find_by_id(id).filter(unit_visit::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of a community's visits, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(
    connection: &impl ConnectionTrait,
    community_id: CommunityId,
    unit_id: Option<UnitId>,
    direction: Option<VisitDirection>,
    page: &Page,
) -> Result<Rows<Model>> {
    let mut query = unit_visit::Entity::find().filter(unit_visit::Column::CommunityId.eq(community_id));
    if let Some(id) = unit_id {
        query = query.filter(unit_visit::Column::UnitId.eq(id));
    }
    if let Some(direction) = direction {
        query = query.filter(unit_visit::Column::Direction.eq(direction));
    }
    let order = ListOrder { key: None, id: unit_visit::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, UnitVisitId>(query, order)?.all(connection).await?))
}
