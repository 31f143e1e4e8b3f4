//! Double check-in (双报到): a unit checks in with the community, and members of it who live here check in for a grid.
//!
//! That somebody is a Party member is sensitive: a member checks in in person and agrees that it is kept; the row is read by the person, by the
//! unit's liaison and by administrators alone, stands on no public list, and is deleted when the member takes the consent back. What says who it is is
//! sealed ([`member`]).
//!
//! Once a year the community tells the unit what came of it ([`feedback`]).
//!
//! Invariant: a unit is checked in at most once at a time, a member once. Invariant: a member's unit is checked in; when it checks out, its members
//! do.

use std::collections::BTreeSet;

use entity::id::{CommunityId, MemberCheckInId, RegionId, UnitCheckInId, UnitId};
use entity::unit_check_in::{self, Model};
use entity::{member_check_in, region as region_row};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::community::{region, unit, wording};
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

pub mod feedback;
pub mod member;

pub use member::Member;

/// Checks a unit in, with what it can do for the community (up to 1000 characters).
///
/// # Errors
/// `NOT_FOUND` on `unitId`, `FORBIDDEN`, `BAD_INPUT`, `WORD_RESERVED`, `ALREADY_CHECKED_IN`.
pub async fn check_in(tx: &Tx, actor: &Actor, unit_id: UnitId, services: &str) -> Result<Model> {
    unit::get_of(&tx.connection, actor.community_id, unit_id, "unitId").await?;
    actor.require_for_unit(Action::CheckInUnit, unit_id, &actor.home())?;
    let row = Model {
        id: UnitCheckInId::new(tx.now),
        community_id: actor.community_id,
        unit_id,
        services: wording::text(services, 1_000, "services")?,
        checked_in_by: actor.account_id,
        checked_in_at: tx.now,
        ended_at: None,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Checks a unit out; its members with it. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn check_out(tx: &Tx, actor: &Actor, id: UnitCheckInId) -> Result<Model> {
    let row = get_in(&tx.connection, actor, id).await?;
    actor.require_for_unit(Action::CheckOutUnit, row.unit_id, &actor.home())?;
    unit_check_in::Entity::update_many()
        .col_expr(unit_check_in::Column::EndedAt, Expr::value(tx.now))
        .filter(unit_check_in::Column::Id.eq(id))
        .filter(unit_check_in::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    member_check_in::Entity::delete_many().filter(member_check_in::Column::UnitCheckInId.eq(id)).exec(&tx.connection).await?;
    get_in(&tx.connection, actor, id).await
}

/// A unit's check-in in the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: UnitCheckInId) -> Result<Model> {
    let row = unit_check_in::Entity::find_by_id(id).filter(unit_check_in::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// A page of the units that are checked in, in the order they came.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, page: &Page) -> Result<Rows<Model>> {
    let query =
        unit_check_in::Entity::find().filter(unit_check_in::Column::CommunityId.eq(community_id)).filter(unit_check_in::Column::EndedAt.is_null());
    let order = ListOrder { key: None, id: unit_check_in::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, UnitCheckInId>(query, order)?.all(connection).await?))
}

/// Checks the actor in as a member of a unit, for a grid: the home when none is named.
///
/// # Errors
/// `NOT_VOLUNTEER`, `NOT_FOUND` on `unitId` or `regionId`, `CONSENT_MISSING`, `UNIT_NOT_CHECKED_IN`, `ALREADY_CHECKED_IN`.
pub async fn check_in_member(tx: &Tx, keys: &Keys, actor: &Actor, unit_id: UnitId, region_id: Option<RegionId>, consent: bool) -> Result<Member> {
    let volunteer = actor.require_own(Action::CheckInMember)?;
    unit::get_of(&tx.connection, actor.community_id, unit_id, "unitId").await?;
    let place: region_row::Model = region::get_of(&tx.connection, actor.community_id, region_id.unwrap_or(volunteer.region_id), "regionId").await?;
    if !consent {
        return Err(Error::from(Code::ConsentMissing).on("consent"));
    }
    // Shared: members come side by side, while the unit's checking out waits.
    let unit = unit_check_in::Entity::find()
        .filter(unit_check_in::Column::UnitId.eq(unit_id))
        .filter(unit_check_in::Column::EndedAt.is_null())
        .lock(LockType::Share)
        .one(&tx.connection)
        .await?;
    let unit = unit.ok_or_else(|| Error::from(Code::UnitNotCheckedIn).on("unitId"))?;
    if mine(&tx.connection, keys, actor).await?.is_some() {
        return Err(Code::AlreadyCheckedIn.into());
    }
    let member = Member::new(tx, keys, &unit, volunteer.id, place.id, tx.now)?;
    let row = member.row.into_active_model().insert(&tx.connection).await?;
    Ok(Member { row, ..member })
}

/// Writes members down who checked in on paper, each of whom signed that it is kept; for an import, which has checked them. The check-ins of their
/// units are locked, so that none of them ends meanwhile.
///
/// # Errors
/// `UNIT_NOT_CHECKED_IN` when a unit checked out just now; `ALREADY_CHECKED_IN`.
pub async fn write_members(tx: &Tx, rows: Vec<member_check_in::Model>) -> Result<()> {
    let ids: BTreeSet<UnitCheckInId> = rows.iter().map(|row| row.unit_check_in_id).collect();
    let standing = unit_check_in::Entity::find()
        .filter(unit_check_in::Column::Id.is_in(ids.iter().copied()))
        .filter(unit_check_in::Column::EndedAt.is_null())
        .order_by_asc(unit_check_in::Column::Id)
        .lock(LockType::Share)
        .all(&tx.connection)
        .await?;
    if standing.len() != ids.len() {
        return Err(Code::UnitNotCheckedIn.into());
    }
    tx.insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), None).await?;
    Ok(())
}

/// Takes the actor's consent back: the check-in is deleted. Gives whether there was one.
///
/// # Errors
/// `NOT_VOLUNTEER`, `FORBIDDEN`.
pub async fn withdraw_member(tx: &Tx, keys: &Keys, actor: &Actor) -> Result<bool> {
    let volunteer = actor.require_own(Action::WithdrawMemberCheckIn)?;
    let own = member_check_in::Column::SubjectIndex.is_in(member::indexes(keys, volunteer.id));
    let gone = member_check_in::Entity::delete_many().filter(own).exec(&tx.connection).await?;
    Ok(gone.rows_affected > 0)
}

/// The actor's own check-in.
///
/// # Errors
/// When the database cannot be read.
pub async fn mine(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Option<Member>> {
    let Some(volunteer) = actor.volunteer else { return Ok(None) };
    let own = member_check_in::Column::SubjectIndex.is_in(member::indexes(keys, volunteer.id));
    let row = member_check_in::Entity::find().filter(own).one(connection).await?;
    row.map(|row| Member::open(keys, row)).transpose()
}

/// A page of a unit's members who are checked in, in the order they came; for its liaison and administrators.
///
/// # Errors
/// `NOT_FOUND` on `unitId`, `FORBIDDEN`, `BAD_CURSOR`.
pub async fn members(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor, unit_id: UnitId, page: &Page) -> Result<Rows<Member>> {
    unit::get_of(connection, actor.community_id, unit_id, "unitId").await?;
    actor.require_for_unit(Action::ListMemberCheckIns, unit_id, &actor.home())?;
    let query = member_check_in::Entity::find().filter(member_check_in::Column::UnitId.eq(unit_id));
    let order = ListOrder { key: None, id: member_check_in::Column::Id, descending: false };
    let Rows { rows, has_next, has_previous } = page.rows(page.select::<_, MemberCheckInId>(query, order)?.all(connection).await?);
    let rows = rows.into_iter().map(|row| Member::open(keys, row)).collect::<Result<_>>()?;
    Ok(Rows { rows, has_next, has_previous })
}
