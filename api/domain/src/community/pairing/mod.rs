//! Pairing (结对共建) of units with grids, estates, streets and lanes.
//!
//! *1+1*: a unit has one such partner and the partner one such unit. *N+1* comes on top: a unit may take several places, a place may have several
//! units. With fewer units than grids 1+1 leaves grids over; they are reported ([`coverage`], [`unpaired`]), and N+1 covers them. [`plan`] proposes
//! who takes what is left, [`carry_out`] writes it.
//!
//! Invariant: a unit is paired with a place at most once at a time; constraints hold the two sides of 1+1.

use entity::id::{CommunityId, PairingId, RegionId, UnitId};
use entity::pairing::{self, Model, PairingKind, PairingMode};
use entity::region::{self as region_row, RegionKind};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};

use crate::community::{region, unit, wording};
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

mod cover;

pub use cover::{Coverage, Plan, carry_out, coverage, plan, unpaired};

/// A unit to pair with a place.
#[derive(Clone, Debug)]
pub struct NewPairing {
    /// The unit.
    pub unit_id: UnitId,
    /// The grid or estate, or the region that the street or lane lies in.
    pub region_id: RegionId,
    /// What it is.
    pub kind: PairingKind,
    /// Name of the street or lane, 1 to 40 characters; of them alone.
    pub name: Option<String>,
    /// 1+1 or N+1.
    pub mode: PairingMode,
}

/// Which pairings to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only of this unit.
    pub unit_id: Option<UnitId>,
    /// Only with this place.
    pub region_id: Option<RegionId>,
    /// Also those that have ended.
    pub with_past: bool,
}

/// Pairs a unit with a place.
///
/// # Errors
/// `FORBIDDEN`; `NOT_FOUND` on `unitId` or `regionId`; `BAD_INPUT` on `name`, or on `regionId` for a grid or estate that is the community itself;
/// `WORD_RESERVED`; `ALREADY_PAIRED` when they are, or when one of the two has another 1+1 partner.
pub async fn pair(tx: &Tx, actor: &Actor, new: &NewPairing) -> Result<Model> {
    actor.require(Action::PairUnit, &actor.home())?;
    unit::get_of(&tx.connection, actor.community_id, new.unit_id, "unitId").await?;
    let place = region::get_of(&tx.connection, actor.community_id, new.region_id, "regionId").await?;
    let named = matches!(new.kind, PairingKind::Street | PairingKind::Lane);
    let name = match &new.name {
        Some(name) if named => wording::label(name, 40, "name")?,
        None if !named => String::new(),
        _ => return Err(Error::from(Code::BadInput).on("name")),
    };
    if !named && place.kind != RegionKind::Level {
        return Err(Error::from(Code::BadInput).on("regionId"));
    }
    let row = row(tx, actor, new.unit_id, place.id, new.mode);
    let row = Model { kind: new.kind, name, ..row };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// A pairing with a grid; not yet written.
fn row(tx: &Tx, actor: &Actor, unit_id: UnitId, region_id: RegionId, mode: PairingMode) -> Model {
    Model {
        id: PairingId::new(tx.now),
        community_id: actor.community_id,
        unit_id,
        region_id,
        kind: PairingKind::Grid,
        name: String::new(),
        mode,
        paired_by: actor.account_id,
        paired_at: tx.now,
        ended_at: None,
        end_reason: None,
    }
}

/// Ends a pairing, with a word why. One that has ended stays as it was.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`.
pub async fn end(tx: &Tx, actor: &Actor, id: PairingId, reason: &str) -> Result<Model> {
    actor.require(Action::EndPairing, &actor.home())?;
    get_in(&tx.connection, actor, id).await?;
    let reason = wording::reason(reason)?;
    pairing::Entity::update_many()
        .col_expr(pairing::Column::EndedAt, Expr::value(tx.now))
        .col_expr(pairing::Column::EndReason, Expr::value(reason))
        .filter(pairing::Column::Id.eq(id))
        .filter(pairing::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    get_in(&tx.connection, actor, id).await
}

/// A pairing of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: PairingId) -> Result<Model> {
    let row = pairing::Entity::find_by_id(id).filter(pairing::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of a community's pairings, oldest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, filter: Filter, page: &Page) -> Result<Rows<Model>> {
    let mut query = pairing::Entity::find().filter(pairing::Column::CommunityId.eq(community_id));
    if let Some(id) = filter.unit_id {
        query = query.filter(pairing::Column::UnitId.eq(id));
    }
    if let Some(id) = filter.region_id {
        query = query.filter(pairing::Column::RegionId.eq(id));
    }
    if !filter.with_past {
        query = query.filter(pairing::Column::EndedAt.is_null());
    }
    let order = ListOrder { key: None, id: pairing::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, PairingId>(query, order)?.all(connection).await?))
}

/// The regions of a community on one of its own levels: position 2 lies directly below the community.
///
/// # Errors
/// `BAD_INPUT` on `position` for the community or what lies above it.
async fn regions(connection: &impl ConnectionTrait, actor: &Actor, position: i32) -> Result<sea_orm::Select<region_row::Entity>> {
    if !(2..=7).contains(&position) {
        return Err(Error::from(Code::BadInput).on("position").with("min", 2).with("max", 7));
    }
    let home = crate::community::tenant::get(connection, actor.community_id).await?.region;
    let query = region_row::Entity::find().filter(region_row::Column::CommunityId.eq(actor.community_id));
    Ok(query.filter(region_row::Column::Depth.eq(home.depth + position - 1)).filter(region_row::Column::Kind.eq(RegionKind::Level)))
}
