//! Looking behind the mask of Party members (查看党员姓名): party workers read 张** until they say why they need the name.
//!
//! A look is kept by the row of the membership, which names nobody in clear, and its reason is sealed: a list of looks by person would tell who is a member.
//! The member reads who looked and why; nobody else reads the looks. Reasons go when the consent is withdrawn and when the person leaves, since the row then
//! leads to nobody; that somebody looked, who and when, stays.
//!
//! Invariant: another's whole name as a Party member is in no answer but that of [`unmask`], and [`unmask`] leaves a row for each member in the same
//! transaction.

use std::collections::HashSet;

use entity::id::{PartyMemberId, PartyMemberUnmaskingId};
use entity::party_member_unmasking::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::member;
use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor};
use crate::people::unmasking::PEOPLE_MAX;
use crate::sealed::PARTY_MEMBER_UNMASKING;
use crate::tx::Tx;

/// A Party member without a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmasked {
    /// The membership.
    pub id: PartyMemberId,
    /// The whole name.
    pub name: String,
}

/// A look at the actor's own name, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The row.
    pub row: Model,
    /// What for.
    pub reason: String,
}

/// Gives the whole names of members in the actor's reach, in the order of `ids`, and writes the look down.
///
/// # Errors
/// `FORBIDDEN` for whoever is no party worker; `REASON_REQUIRED`; `BAD_INPUT` on `ids` unless there are 1 to [`PEOPLE_MAX`]; `NOT_FOUND` on `ids` for a
/// member who does not exist for the actor. Then nothing is given.
pub async fn unmask(tx: &Tx, keys: &Keys, actor: &Actor, ids: &[PartyMemberId], reason: &str) -> Result<Vec<Unmasked>> {
    member::check_worker(actor, Action::UnmaskPartyMembers)?;
    let reason = wording::reason(reason)?;
    let mut seen = HashSet::new();
    let ids: Vec<PartyMemberId> = ids.iter().copied().filter(|id| seen.insert(*id)).collect();
    if ids.is_empty() || ids.len() > PEOPLE_MAX {
        return Err(Error::from(Code::BadInput).on("ids").with("max", PEOPLE_MAX));
    }
    // Who leaves at the same moment waits, or is gone before the names are read: no reason is written that nothing would erase.
    member::hold(tx, &ids).await?;
    let members = member::covered(&tx.connection, keys, actor, Action::UnmaskPartyMembers, Some(&ids)).await?;
    let mut names = member::names(&tx.connection, &members).await?;
    let shown: Vec<Unmasked> = ids.iter().filter_map(|id| names.remove(id).map(|name| Unmasked { id: *id, name })).collect();
    if shown.len() != ids.len() {
        return Err(Error::from(Code::NotFound).on("ids"));
    }
    let mut looks = Vec::with_capacity(shown.len());
    for one in &shown {
        let row = Model {
            id: PartyMemberUnmaskingId::new(tx.now),
            community_id: actor.community_id,
            member_id: one.id,
            account_id: actor.account_id,
            // Each sealed by itself, so that equal reasons are not seen to be equal.
            reason_sealed: keys.seal(PARTY_MEMBER_UNMASKING, reason.as_bytes())?,
            looked_at: tx.now,
        };
        looks.push(row.into_active_model());
    }
    tx.insert_all(looks, None).await?;
    Ok(shown)
}

/// Who looked at the actor's name as a Party member, newest first; nothing for who is none, and for who acts for somebody else.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn looks_at_me(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor, page: &Page) -> Result<Rows<Look>> {
    let own = member::own(connection, keys, actor).await?.map_or(PartyMemberId(Uuid::nil()), |own| own.row.id);
    let query = party_member_unmasking::Entity::find().filter(party_member_unmasking::Column::MemberId.eq(own));
    let order = ListOrder { key: None, id: party_member_unmasking::Column::Id, descending: true };
    let found = page.rows(page.select::<_, PartyMemberUnmaskingId>(query, order)?.all(connection).await?);
    let rows = found.rows.into_iter().map(|row| opened(keys, row)).collect::<Result<_>>()?;
    Ok(Rows { rows, has_next: found.has_next, has_previous: found.has_previous })
}

fn opened(keys: &Keys, row: Model) -> Result<Look> {
    let reason = String::from_utf8(keys.open(PARTY_MEMBER_UNMASKING, &row.reason_sealed)?).map_err(Error::internal)?;
    Ok(Look { row, reason })
}

/// Empties why a member was looked at; the looks stay.
///
/// # Errors
/// When the database refuses.
pub async fn forget_reasons(tx: &Tx, id: PartyMemberId) -> Result<()> {
    party_member_unmasking::Entity::update_many()
        .col_expr(party_member_unmasking::Column::ReasonSealed, Expr::value(Vec::<u8>::new()))
        .filter(party_member_unmasking::Column::MemberId.eq(id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}
