//! Local units (驻区单位): companies, schools, property firms, agencies that may sponsor teams.
//!
//! Invariant: names are unique within a community.

use entity::id::{CommunityId, UnitId};
use entity::taxonomy_term::TaxonomyKind;
use entity::unit::{self, Model};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::community::{taxonomy, wording};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// A unit to enter.
#[derive(Clone, Debug)]
pub struct NewUnit {
    /// Name, 1 to 60 characters.
    pub name: String,
    /// Code of the `UNIT_KIND` list.
    pub kind: String,
}

/// Enters a unit in the actor's community.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT`, `TAXONOMY_UNKNOWN`, `NAME_TAKEN`.
pub async fn create(tx: &Tx, actor: &Actor, input: &NewUnit) -> Result<Model> {
    actor.require(Action::CreateUnit, &actor.home())?;
    let name = wording::label(&input.name, 60, "name")?;
    let kind = taxonomy::get(&tx.connection, actor.community_id, TaxonomyKind::UnitKind, &input.kind, "kind").await?.code;
    let row = Model { id: UnitId::new(tx.now), community_id: actor.community_id, name, kind, created_at: tx.now };
    row.into_active_model().insert(&tx.connection).await.map_err(|error| Error::from(error).on("name"))
}

/// A unit of one community, as an input names it.
///
/// # Errors
/// `NOT_FOUND` on `field` for a unit that lies elsewhere.
pub async fn get_of(connection: &impl ConnectionTrait, community_id: CommunityId, id: UnitId, field: &'static str) -> Result<Model> {
    let row = unit::Entity::find_by_id(id).filter(unit::Column::CommunityId.eq(community_id)).one(connection).await?;
    row.ok_or_else(|| Error::from(Code::NotFound).on(field))
}

/// A page of the community's units in the order they were entered.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, kind: Option<&str>, page: &Page) -> Result<Rows<Model>> {
    let mut query = unit::Entity::find().filter(unit::Column::CommunityId.eq(community_id));
    if let Some(kind) = kind {
        query = query.filter(unit::Column::Kind.eq(kind));
    }
    let order = ListOrder { key: None, id: unit::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, UnitId>(query, order)?.all(connection).await?))
}
