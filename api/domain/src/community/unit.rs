//! Local units (驻区单位): companies, schools, property firms, agencies that may sponsor teams. A unit is spoken for by its liaisons (单位联络员).
//!
//! Invariant: names are unique within a community.

use std::collections::BTreeSet;

use entity::id::{AccountId, CommunityId, UnitId};
use entity::role_grant::{self, Role};
use entity::taxonomy_term::TaxonomyKind;
use entity::unit::{self, Model};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder};

use crate::community::{region, taxonomy, tenant, wording};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::tx::Tx;

/// Longest name of a unit.
pub const NAME_LEN_MAX: usize = 60;

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
    let name = wording::label(&input.name, NAME_LEN_MAX, "name")?;
    let kind = taxonomy::get(&tx.connection, actor.community_id, TaxonomyKind::UnitKind, &input.kind, "kind").await?.code;
    let row = Model { id: UnitId::new(tx.now), community_id: actor.community_id, name, kind, created_at: tx.now };
    row.into_active_model().insert(&tx.connection).await.map_err(|error| Error::from(error).on("name"))
}

/// Enters checked units in a community without asking who may, a few statements for any number of them; for an import.
///
/// # Errors
/// `NAME_TAKEN`.
pub async fn enter_all(tx: &Tx, community_id: CommunityId, inputs: Vec<NewUnit>) -> Result<Vec<Model>> {
    // Ids of one moment have no order of their own; sorted, they list the units as they came.
    let mut ids: Vec<UnitId> = inputs.iter().map(|_| UnitId::new(tx.now)).collect();
    ids.sort_unstable();
    let rows = ids.into_iter().zip(inputs).map(|(id, NewUnit { name, kind })| Model { id, community_id, name, kind, created_at: tx.now });
    let rows: Vec<Model> = rows.collect();
    tx.insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), None).await?;
    Ok(rows)
}

/// Where a unit belongs, for questions of permission: its community as a whole.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn place(connection: &impl ConnectionTrait, id: UnitId) -> Result<Place> {
    let row = unit::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Error::from(Code::NotFound))?;
    Ok(region::place_of(&tenant::get(connection, row.community_id).await?.region))
}

/// The accounts that speak for several units as their liaisons (单位联络员).
///
/// # Errors
/// When the database cannot be read.
pub async fn liaisons(connection: &impl ConnectionTrait, ids: impl IntoIterator<Item = UnitId>) -> Result<Vec<(UnitId, AccountId)>> {
    let rows = role_grant::Entity::find()
        .filter(role_grant::Column::Role.eq(Role::UnitLiaison))
        .filter(role_grant::Column::UnitId.is_in(ids.into_iter().collect::<BTreeSet<_>>()))
        .filter(role_grant::Column::EndedAt.is_null())
        .order_by_asc(role_grant::Column::Id)
        .all(connection)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.unit_id?, row.account_id))).collect())
}

/// A unit of one community, as an input names it.
///
/// # Errors
/// `NOT_FOUND` on `field` for a unit that lies elsewhere.
pub async fn get_of(connection: &impl ConnectionTrait, community_id: CommunityId, id: UnitId, field: &'static str) -> Result<Model> {
    let row = unit::Entity::find_by_id(id).filter(unit::Column::CommunityId.eq(community_id)).one(connection).await?;
    row.ok_or_else(|| Error::from(Code::NotFound).on(field))
}

/// Checks that several units belong to one community.
///
/// # Errors
/// `NOT_FOUND` on `field` when one lies elsewhere.
pub async fn all_of(connection: &impl ConnectionTrait, community_id: CommunityId, ids: &BTreeSet<UnitId>, field: &'static str) -> Result<()> {
    let query = unit::Entity::find().filter(unit::Column::CommunityId.eq(community_id)).filter(unit::Column::Id.is_in(ids.iter().copied()));
    let there = usize::try_from(query.count(connection).await?).unwrap_or(usize::MAX);
    if there == ids.len() { Ok(()) } else { Err(Error::from(Code::NotFound).on(field)) }
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
