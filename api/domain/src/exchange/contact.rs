//! Contacts (联系方式): name, telephone and exact place of a listing, sealed, and who may look.
//!
//! A contact is opened for the owner, for whoever accepted (a *party*, admitted by the life of a match), and for the grid worker of the place; for nobody
//! else, administrators included. It is opened with a word why, and every look is written down for good; the owner and those in charge read who looked.
//!
//! Invariant: a contact is never in an answer but that of [`reveal`], and [`reveal`] leaves a look behind in the same transaction.

use std::fmt;

use entity::contact_look::{self, Standing};
use entity::id::{AccountId, ContactLookId, ListingId};
use entity::listing as listing_row;
use entity::listing_party;
use entity::role_grant::Role;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::listing::{self, owner};
use super::point::Point;
use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::keys::Keys;
use crate::page::{ListOrder, Page, Rows};
use crate::people::account::phone::Phone;
use crate::people::permission::{Action, Actor};
use crate::sealed::CONTACT;
use crate::service::wording as texts;
use crate::tx::Tx;

/// How to reach somebody.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name, up to 40 characters.
    pub name: Option<String>,
    /// Mobile telephone.
    pub phone: Option<String>,
    /// The exact place, up to 200 characters.
    pub address: Option<String>,
    /// The same on the map.
    pub point: Option<Point>,
}

impl fmt::Debug for Contact {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Contact(..)")
    }
}

impl Contact {
    /// Checks what an author wrote.
    ///
    /// # Errors
    /// `BAD_INPUT`, `WORD_RESERVED` on `name`, `phone` or `address`.
    pub(super) fn check(&mut self) -> Result<()> {
        self.name = self.name.as_deref().map(|name| wording::line(name, 40, "name")).transpose()?;
        self.address = texts::optional(self.address.as_deref(), "address", 200)?;
        self.phone.as_deref().map_or(Ok(()), |phone| Phone::parse(phone, "phone").map(|_| ()))
    }
}

/// A contact as it stands in the row; nothing for an empty one.
pub(super) fn seal(keys: &Keys, contact: &Contact) -> Result<Option<Vec<u8>>> {
    if *contact == Contact::default() {
        return Ok(None);
    }
    let plain = serde_json::to_vec(contact).map_err(Error::internal)?;
    keys.seal(CONTACT, &plain).map(Some)
}

/// Opens a contact; for the owner's own changes. What leaves the program goes through [`reveal`].
pub(super) fn open(keys: &Keys, sealed: Option<&[u8]>) -> Result<Contact> {
    let Some(sealed) = sealed else { return Ok(Contact::default()) };
    serde_json::from_slice(&keys.open(CONTACT, sealed)?).map_err(Error::internal)
}

/// Lets an account know the contact of a listing from now on, because it accepted in `cause` (a match). Doing it twice changes nothing.
///
/// # Errors
/// When the database refuses.
pub async fn admit(tx: &Tx, listing_id: ListingId, account_id: AccountId, cause_id: Uuid) -> Result<()> {
    let row = listing_party::Model { listing_id, account_id, cause_id, admitted_at: tx.now, dismissed_at: None };
    let columns = [listing_party::Column::ListingId, listing_party::Column::AccountId, listing_party::Column::CauseId];
    let again = OnConflict::columns(columns).update_column(listing_party::Column::DismissedAt).to_owned();
    listing_party::Entity::insert(row.into_active_model()).on_conflict(again).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Ends what [`admit`] allowed for a cause: for one account, or for everybody.
///
/// # Errors
/// When the database refuses.
pub async fn dismiss(tx: &Tx, listing_id: ListingId, account_id: Option<AccountId>, cause_id: Uuid) -> Result<()> {
    let mut query = listing_party::Entity::update_many()
        .col_expr(listing_party::Column::DismissedAt, Expr::value(tx.now))
        .filter(listing_party::Column::ListingId.eq(listing_id))
        .filter(listing_party::Column::CauseId.eq(cause_id))
        .filter(listing_party::Column::DismissedAt.is_null());
    if let Some(account_id) = account_id {
        query = query.filter(listing_party::Column::AccountId.eq(account_id));
    }
    query.exec(&tx.connection).await?;
    Ok(())
}

/// Empties the contacts that somebody who leaves for good left with listings of a team, a unit or another person; gives how many. `phone` tells them from
/// contacts that they wrote down for others.
///
/// # Errors
/// When the database refuses, or a contact cannot be opened.
pub async fn forget_filed(tx: &Tx, keys: &Keys, account_id: AccountId, phone: &Phone) -> Result<u64> {
    let filed =
        listing_row::Entity::find().filter(listing_row::Column::FiledBy.eq(account_id)).filter(listing_row::Column::ContactSealed.is_not_null());
    let mut own = Vec::new();
    for row in filed.all(&tx.connection).await? {
        if open(keys, row.contact_sealed.as_deref())?.phone.as_deref() == Some(phone.text()) {
            own.push(row.id);
        }
    }
    let emptied = listing_row::Entity::update_many()
        .col_expr(listing_row::Column::ContactSealed, Expr::value(None::<Vec<u8>>))
        .filter(listing_row::Column::Id.is_in(own))
        .exec(&tx.connection)
        .await?;
    Ok(emptied.rows_affected)
}

/// Opens a contact for somebody who may know it, and writes the look down.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN` for who did not accept, `REASON_REQUIRED`.
pub async fn reveal(tx: &Tx, keys: &Keys, actor: &Actor, id: ListingId, reason: &str) -> Result<Contact> {
    let entry = listing::get(&tx.connection, actor, id, None).await?;
    let reason = texts::reason(reason)?;
    let standing = standing(&tx.connection, actor, &entry).await?.ok_or(Code::Forbidden)?;
    let contact = open(keys, entry.listing.contact_sealed.as_deref())?;
    let look = contact_look::Model {
        id: ContactLookId::new(tx.now),
        community_id: entry.listing.community_id,
        listing_id: id,
        account_id: actor.account_id,
        standing,
        reason,
        looked_at: tx.now,
    };
    contact_look::Entity::insert(look.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(contact)
}

async fn standing(connection: &impl ConnectionTrait, actor: &Actor, entry: &listing::Entry) -> Result<Option<Standing>> {
    let place = entry.place();
    let own = owner::Owner::of(&entry.listing);
    let led = owner::led_units(connection, actor).await?;
    // Staff act for teams and units, but they know a contact as grid workers or not at all.
    let owns = match own {
        Some(owner::Owner::Person(id)) => id == actor.account_id,
        Some(owner::Owner::Team(id)) => actor.grants.iter().any(|grant| grant.role == Role::TeamLeader && grant.team_id == Some(id)),
        Some(owner::Owner::Unit(id)) => led.contains(&id),
        None => false,
    };
    if owns {
        return Ok(Some(Standing::Owner));
    }
    let party = listing_party::Entity::find()
        .filter(listing_party::Column::ListingId.eq(entry.listing.id))
        .filter(listing_party::Column::AccountId.eq(actor.account_id))
        .filter(listing_party::Column::DismissedAt.is_null())
        .one(connection)
        .await?;
    if party.is_some() {
        return Ok(Some(Standing::Party));
    }
    Ok(actor.holds(&[Role::GridWorker], &place).then_some(Standing::GridWorker))
}

/// Who looked at a listing's contact, newest first; for its owner and whoever is in charge.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_CURSOR`.
pub async fn looks(connection: &impl ConnectionTrait, actor: &Actor, id: ListingId, page: &Page) -> Result<Rows<contact_look::Model>> {
    actor.require(Action::ListContactLooks, &actor.home())?;
    listing::own_or_in_charge(connection, actor, id, None).await?;
    let query = contact_look::Entity::find().filter(contact_look::Column::ListingId.eq(id));
    let order = ListOrder { key: None, id: contact_look::Column::Id, descending: true };
    Ok(page.rows(page.select::<_, ContactLookId>(query, order)?.all(connection).await?))
}
