//! A member's merit of a year: points, their limits, and the grade in the end.
//!
//! Invariant: an account's points are the sum of what its entries were granted, and lie between 0 and the year's maximum. Every change goes through
//! [`grant()`] under the lock of the row. Invariant: nothing changes an account of a closed year.

use entity::id::{CommunityId, MeritAccountId, PartyMemberId};
use entity::merit_account::{self, Model};
use entity::merit_appeal::{self, AppealState};
use entity::merit_entry::{self, MeritState};
use entity::merit_item;
use entity::party_member::{self, PartyMemberState};
use sea_orm::sea_query::{Expr, LockType, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect, Select};

use super::scheme::{self, Scheme};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// How many points an item brings when the item has brought `by_item` this year and the account holds `points`: never beyond the item's maximum, the
/// year's, or below nothing.
#[must_use]
pub fn capped(wanted: i64, item_max: i64, by_item: i64, annual_max: i64, points: i64) -> i64 {
    if wanted > 0 { wanted.min(item_max - by_item).min(annual_max - points).max(0) } else { wanted.max(-item_max - by_item).max(-points).min(0) }
}

/// The account of a member's year, locked; made when there is none.
///
/// # Errors
/// `MERIT_YEAR_CLOSED`.
pub(super) async fn lock(tx: &Tx, community_id: CommunityId, member_id: PartyMemberId, year: i32) -> Result<Model> {
    // Whoever closes the year holds the rules alone, so an account is made before that or not at all.
    scheme::hold(tx, community_id, year, LockType::Share).await?;
    let closed = of_year(community_id, year).filter(merit_account::Column::ClosedAt.is_not_null());
    if closed.one(&tx.connection).await?.is_some() {
        return Err(Error::from(Code::MeritYearClosed).with("year", year));
    }
    let fresh = Model { id: MeritAccountId::new(tx.now), community_id, member_id, year, points: 0, version: 0, grade: None, closed_at: None };
    let once = OnConflict::columns([merit_account::Column::MemberId, merit_account::Column::Year]).do_nothing().to_owned();
    merit_account::Entity::insert(fresh.into_active_model()).on_conflict(once).exec_without_returning(&tx.connection).await?;
    let query = merit_account::Entity::find().filter(merit_account::Column::MemberId.eq(member_id)).filter(merit_account::Column::Year.eq(year));
    query.lock(LockType::NoKeyUpdate).one(&tx.connection).await?.ok_or_else(|| Code::NotFound.into())
}

fn of_year(community_id: CommunityId, year: i32) -> Select<merit_account::Entity> {
    merit_account::Entity::find().filter(merit_account::Column::CommunityId.eq(community_id)).filter(merit_account::Column::Year.eq(year))
}

/// What an item brings to a locked account now.
///
/// # Errors
/// `MERIT_LIMIT_REACHED` when that is nothing.
pub(super) async fn worth(tx: &Tx, account: &Model, scheme: &Scheme, item: &merit_item::Model) -> Result<i64> {
    let entries = merit_entry::Entity::find()
        .filter(merit_entry::Column::AccountId.eq(account.id))
        .filter(merit_entry::Column::ItemCode.eq(item.code.as_str()))
        .filter(merit_entry::Column::State.eq(MeritState::Posted))
        .all(&tx.connection)
        .await?;
    let by_item = entries.iter().map(|entry| entry.granted).sum();
    let granted = capped(item.points, item.annual_max, by_item, scheme.row.annual_max, account.points);
    if granted == 0 { Err(Error::from(Code::MeritLimitReached).on("itemCode")) } else { Ok(granted) }
}

/// Moves a locked account.
///
/// # Errors
/// When the database refuses.
pub(super) async fn grant(tx: &Tx, account: &Model, points: i64) -> Result<()> {
    // Here alone: its names clash with those of numbers.
    use sea_orm::sea_query::ExprTrait;
    merit_account::Entity::update_many()
        .col_expr(merit_account::Column::Points, Expr::col(merit_account::Column::Points).add(points))
        .col_expr(merit_account::Column::Version, Expr::col(merit_account::Column::Version).add(1))
        .filter(merit_account::Column::Id.eq(account.id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// An account by id, whoever asks.
pub(super) async fn get(connection: &impl ConnectionTrait, id: MeritAccountId) -> Result<Model> {
    merit_account::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The account of a member's year, where anything was ever recorded.
///
/// # Errors
/// When the database cannot be read.
pub async fn find(connection: &impl ConnectionTrait, member_id: PartyMemberId, year: i32) -> Result<Option<Model>> {
    let query = merit_account::Entity::find().filter(merit_account::Column::MemberId.eq(member_id)).filter(merit_account::Column::Year.eq(year));
    Ok(query.one(connection).await?)
}

/// Closes a year: every account gets its grade and stays as it is. Gives how many.
///
/// # Errors
/// `FORBIDDEN` for who does not keep the affairs of the whole community; `BAD_INPUT` on `year` before December of it; `MERIT_SCHEME_MISSING`; `MERIT_OPEN` while
/// claims or appeals wait; `MERIT_YEAR_CLOSED`.
pub async fn close_year(tx: &Tx, actor: &Actor, year: i32) -> Result<u64> {
    actor.require(Action::CloseMeritYear, &actor.home())?;
    if tx.today().0 < year * 10_000 + 1_201 {
        return Err(Error::from(Code::BadInput).on("year"));
    }
    let scheme = scheme::in_force(&tx.connection, actor.community_id, year).await?;
    scheme::hold(tx, actor.community_id, year, LockType::NoKeyUpdate).await?;
    let accounts = of_year(actor.community_id, year).lock(LockType::NoKeyUpdate).all(&tx.connection).await?;
    if !accounts.is_empty() && accounts.iter().all(|account| account.closed_at.is_some()) {
        return Err(Error::from(Code::MeritYearClosed).with("year", year));
    }
    let waiting = open_matters(&tx.connection, actor.community_id, year).await?;
    if waiting > 0 {
        return Err(Error::from(Code::MeritOpen).with("waiting", waiting));
    }
    for account in accounts.iter().filter(|account| account.closed_at.is_none()) {
        merit_account::Entity::update_many()
            .col_expr(merit_account::Column::Grade, Expr::value(Some(scheme.grade(account.points).to_owned())))
            .col_expr(merit_account::Column::ClosedAt, Expr::value(tx.now))
            .filter(merit_account::Column::Id.eq(account.id))
            .exec(&tx.connection)
            .await?;
    }
    Ok(accounts.len() as u64)
}

/// Claims and appeals of a year that nobody has decided on. Those of members who withdrew their consent wait for nobody: there is no person any more whom
/// a decision could reach.
async fn open_matters(connection: &impl ConnectionTrait, community_id: CommunityId, year: i32) -> Result<u64> {
    let members = Query::select()
        .column(party_member::Column::Id)
        .from(party_member::Entity)
        .and_where(party_member::Column::CommunityId.eq(community_id))
        .and_where(party_member::Column::State.ne(PartyMemberState::Withdrawn))
        .to_owned();
    let accounts = Query::select()
        .column(merit_account::Column::Id)
        .from(merit_account::Entity)
        .and_where(merit_account::Column::Year.eq(year))
        .and_where(merit_account::Column::MemberId.in_subquery(members))
        .to_owned();
    let claims = merit_entry::Entity::find()
        .filter(merit_entry::Column::AccountId.in_subquery(accounts.clone()))
        .filter(merit_entry::Column::State.eq(MeritState::Pending))
        .count(connection)
        .await?;
    let entries = Query::select()
        .column(merit_entry::Column::Id)
        .from(merit_entry::Entity)
        .and_where(merit_entry::Column::AccountId.in_subquery(accounts))
        .to_owned();
    let appeals = merit_appeal::Entity::find()
        .filter(merit_appeal::Column::State.eq(AppealState::Open))
        .filter(merit_appeal::Column::EntryId.in_subquery(entries))
        .count(connection)
        .await?;
    Ok(claims + appeals)
}

#[cfg(test)]
mod tests {
    use super::capped;

    #[test]
    fn limits_hold_from_both_sides() {
        assert_eq!(capped(5, 12, 10, 100, 40), 2, "the item's maximum");
        assert_eq!(capped(5, 12, 0, 100, 98), 2, "the year's maximum");
        assert_eq!(capped(-5, 12, -10, 100, 40), -2);
        assert_eq!(capped(-5, 12, 0, 100, 3), -3, "never below nothing");
        assert_eq!(capped(5, 12, 12, 100, 40), 0);
    }
}
