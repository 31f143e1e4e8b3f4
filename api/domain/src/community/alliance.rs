//! The community Party alliance (社区大党委): which units sit in it, on which seat, for which term.
//!
//! A seat is held from its first to its last day, both inclusive; ending it early keeps the row. Who sits in the alliance on a day is what the
//! monthly task list is issued to and what the review panel may be drawn from.
//!
//! Invariant: the terms of one unit do not overlap. The row of the unit is locked while a term is written.

use std::collections::BTreeSet;

use entity::alliance_member::{self, Model, Seat};
use entity::id::{AccountId, AllianceMemberId, CommunityId, UnitId};
use entity::time::BusinessDate;
use entity::{account, unit as unit_row};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};

use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Longest term, in years.
pub const TERM_YEARS_MAX: i32 = 6;

/// A seat to give.
#[derive(Clone, Debug)]
pub struct NewSeat {
    /// To which unit.
    pub unit_id: UnitId,
    /// Which seat.
    pub seat: Seat,
    /// The unit's Party organisation, 1 to 60 characters.
    pub party_organisation: String,
    /// Who sits there.
    pub account_id: Option<AccountId>,
    /// First day.
    pub term_from: BusinessDate,
    /// Last day, at most six years later.
    pub term_to: BusinessDate,
}

/// Gives a unit a seat for a term.
///
/// # Errors
/// `FORBIDDEN`; `NOT_FOUND` on `unitId` or `accountId`; `BAD_INPUT`, `WORD_RESERVED`; `TERM_OVERLAP` when the unit sits there then already.
pub async fn seat(tx: &Tx, actor: &Actor, new: &NewSeat) -> Result<Model> {
    actor.require(Action::SeatAllianceMember, &actor.home())?;
    let party_organisation = wording::label(&new.party_organisation, 60, "partyOrganisation")?;
    if new.term_to < new.term_from || new.term_from.years_until(new.term_to) >= TERM_YEARS_MAX {
        return Err(Error::from(Code::BadInput).on("termTo").with("maxYears", TERM_YEARS_MAX));
    }
    let locked = unit_row::Entity::find_by_id(new.unit_id).filter(unit_row::Column::CommunityId.eq(actor.community_id));
    let unit = locked.lock(LockType::NoKeyUpdate).one(&tx.connection).await?.ok_or_else(|| Error::from(Code::NotFound).on("unitId"))?;
    if let Some(id) = new.account_id {
        let person = account::Entity::find_by_id(id).filter(account::Column::CommunityId.eq(actor.community_id)).one(&tx.connection).await?;
        person.filter(|row| row.closed_at.is_none()).ok_or_else(|| Error::from(Code::NotFound).on("accountId"))?;
    }
    let terms = alliance_member::Entity::find().filter(alliance_member::Column::UnitId.eq(unit.id)).all(&tx.connection).await?;
    if terms.iter().any(|term| term.term_from <= new.term_to && holds_on(term, new.term_from.max(term.term_from))) {
        return Err(Error::from(Code::TermOverlap).on("termFrom"));
    }
    let row = Model {
        id: AllianceMemberId::new(tx.now),
        community_id: actor.community_id,
        unit_id: unit.id,
        seat: new.seat,
        party_organisation,
        account_id: new.account_id,
        term_from: new.term_from,
        term_to: new.term_to,
        ended_on: None,
        created_at: tx.now,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Whether a term that began by `day` holds on it.
#[must_use]
pub fn holds_on(row: &Model, day: BusinessDate) -> bool {
    row.term_from <= day && day <= row.term_to && row.ended_on.is_none_or(|ended| day < ended)
}

/// Ends a term today. One that has ended already stays as it was.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn end(tx: &Tx, actor: &Actor, id: AllianceMemberId) -> Result<Model> {
    actor.require(Action::EndAllianceTerm, &actor.home())?;
    get_in(&tx.connection, actor, id).await?;
    alliance_member::Entity::update_many()
        .col_expr(alliance_member::Column::EndedOn, Expr::value(tx.today()))
        .filter(alliance_member::Column::Id.eq(id))
        .filter(alliance_member::Column::EndedOn.is_null())
        .filter(alliance_member::Column::TermTo.gte(tx.today()))
        .exec(&tx.connection)
        .await?;
    get_in(&tx.connection, actor, id).await
}

/// A seat of the actor's community.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get_in(connection: &impl ConnectionTrait, actor: &Actor, id: AllianceMemberId) -> Result<Model> {
    let row = alliance_member::Entity::find_by_id(id).filter(alliance_member::Column::CommunityId.eq(actor.community_id)).one(connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// The units that sit in the alliance on a day.
///
/// # Errors
/// When the database cannot be read.
pub async fn units_on(connection: &impl ConnectionTrait, community_id: CommunityId, day: BusinessDate) -> Result<BTreeSet<UnitId>> {
    let query = alliance_member::Entity::find().filter(alliance_member::Column::CommunityId.eq(community_id)).filter(on(day));
    Ok(query.all(connection).await?.into_iter().map(|row| row.unit_id).collect())
}

/// A page of the seats, those of a day or of all times, in the order they were given.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId, day: Option<BusinessDate>, page: &Page) -> Result<Rows<Model>> {
    let mut query = alliance_member::Entity::find().filter(alliance_member::Column::CommunityId.eq(community_id));
    if let Some(day) = day {
        query = query.filter(on(day));
    }
    let order = ListOrder { key: None, id: alliance_member::Column::Id, descending: false };
    Ok(page.rows(page.select::<_, AllianceMemberId>(query, order)?.all(connection).await?))
}

fn on(day: BusinessDate) -> Condition {
    Condition::all()
        .add(alliance_member::Column::TermFrom.lte(day))
        .add(alliance_member::Column::TermTo.gte(day))
        .add(Condition::any().add(alliance_member::Column::EndedOn.is_null()).add(alliance_member::Column::EndedOn.gt(day)))
}
