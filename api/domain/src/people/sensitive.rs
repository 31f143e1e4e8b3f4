//! What is sensitive about a volunteer beyond a telephone (PIPL art. 28): the number of the identity card (身份证号) and a note about health (健康说明).
//!
//! Each is kept with a consent of its own, sealed, and erased when the consent ends. The identity number is shown to nobody whole, to the person with its
//! ends; the note is read by the person, and by the leader of a session the person is signed up to, who says why ([`unmasking`](super::unmasking)).
//!
//! One identity number stands once in a community, known again by a keyed hash. That tells whoever types a number whether somebody registered with it, so
//! it is no way to ask: the number must fit the typist's own birth date, which does not change, an account may try five times a day, and a number that was
//! set stays until the consent is withdrawn.
//!
//! Invariant: no value of this file stands in clear in the database, in a log or in an event.

use entity::consent::ConsentPurpose;
use entity::id::{AccountId, VolunteerId};
use entity::time::BusinessDate;
use entity::volunteer;
use entity::volunteer_sensitive::{self, Column, Model};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::community::wording;
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose};
use crate::people::consent;
use crate::people::permission::{Action, Actor};
use crate::sealed;
use crate::tx::Tx;

/// Longest note about health, in characters.
pub const NOTE_MAX: usize = 500;
/// Weights of the first seventeen digits (GB 11643-1999, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// The last character by the remainder.
const CHECKS: &[u8; 11] = b"10X98765432";

/// The number of an identity card: seventeen digits and a check character.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityNumber(String);

impl IdentityNumber {
    /// Reads a number: eighteen characters whose last fits the others (GB 11643-1999).
    ///
    /// # Errors
    /// `BAD_INPUT` on `number`.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim().to_ascii_uppercase();
        let bytes = text.as_bytes();
        let digits = bytes.len() == 18 && (b'1'..=b'9').contains(&bytes[0]) && bytes[..17].iter().all(u8::is_ascii_digit);
        let sum = || bytes.iter().zip(WEIGHTS).map(|(byte, weight)| u32::from(byte - b'0') * weight).sum::<u32>() % 11;
        let fits = digits && usize::try_from(sum()).is_ok_and(|rest| CHECKS[rest] == bytes[17]);
        if fits { Ok(Self(text)) } else { Err(Error::from(Code::BadInput).on("number")) }
    }

    /// The birth date it says, if that is one by its digits.
    #[must_use]
    pub fn birth_date(&self) -> Option<BusinessDate> {
        self.0[6..14].parse().ok().map(BusinessDate)
    }

    /// As it may be shown to the person: `4301**********1234`.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}**********{}", &self.0[..4], &self.0[14..])
    }
}

/// Keeps the actor's identity number.
///
/// # Errors
/// `NOT_VOLUNTEER`, `FORBIDDEN` for who acts for somebody else; `CONSENT_NOT_GIVEN`; `BAD_INPUT` on `number` for one that is none or is of another birth
/// date; `STATE_CHANGED` when another is kept; `IDENTITY_TAKEN`.
pub async fn set_identity(tx: &Tx, keys: &Keys, actor: &Actor, number: &str) -> Result<IdentityNumber> {
    let own = actor.require_own(Action::SetMyIdentityNumber)?;
    consent::require(&tx.connection, actor, ConsentPurpose::IdentityDocument).await?;
    let number = IdentityNumber::parse(number)?;
    let person = volunteer::Entity::find_by_id(own.id).one(&tx.connection).await?.ok_or(Code::NotVolunteer)?;
    if number.birth_date() != Some(person.birth_date) {
        return Err(Error::from(Code::BadInput).on("number").with("birthDate", person.birth_date.naive()));
    }
    if let Some(kept) = row(&tx.connection, own.id).await?.and_then(|row| row.identity_sealed) {
        return if open_identity(keys, &kept)? == number { Ok(number) } else { Err(Code::StateChanged.into()) };
    }
    let message = sealed::identity_message(actor.community_id, &number.0);
    let taken = volunteer_sensitive::Entity::find().filter(Column::IdentityIndex.is_in(keys.hashes(Purpose::IdentityIndex, &message)));
    if taken.one(&tx.connection).await?.is_some() {
        return Err(Error::from(Code::IdentityTaken).on("number"));
    }
    let kept = volunteer_sensitive::ActiveModel {
        volunteer_id: Set(own.id),
        community_id: Set(actor.community_id),
        identity_index: Set(Some(keys.hash(Purpose::IdentityIndex, &message).to_vec())),
        identity_sealed: Set(Some(keys.seal(sealed::IDENTITY, number.0.as_bytes())?)),
        identity_set_at: Set(Some(tx.now)),
        health_sealed: Set(None),
        health_set_at: Set(None),
    };
    let again =
        OnConflict::column(Column::VolunteerId).update_columns([Column::IdentityIndex, Column::IdentitySealed, Column::IdentitySetAt]).to_owned();
    volunteer_sensitive::Entity::insert(kept).on_conflict(again).exec_without_returning(&tx.connection).await?;
    Ok(number)
}

/// Keeps the actor's note about health, of 1 to [`NOTE_MAX`] characters, instead of the last.
///
/// # Errors
/// `NOT_VOLUNTEER`, `FORBIDDEN` for who acts for somebody else; `CONSENT_NOT_GIVEN`; `BAD_INPUT` on `note`.
pub async fn set_health(tx: &Tx, keys: &Keys, actor: &Actor, note: &str) -> Result<String> {
    let own = actor.require_own(Action::SetMyHealthNote)?;
    consent::require(&tx.connection, actor, ConsentPurpose::HealthNote).await?;
    let note = wording::paragraphs(note, NOTE_MAX, "note")?;
    let kept = volunteer_sensitive::ActiveModel {
        volunteer_id: Set(own.id),
        community_id: Set(actor.community_id),
        identity_index: Set(None),
        identity_sealed: Set(None),
        identity_set_at: Set(None),
        health_sealed: Set(Some(keys.seal(sealed::HEALTH, note.as_bytes())?)),
        health_set_at: Set(Some(tx.now)),
    };
    let again = OnConflict::column(Column::VolunteerId).update_columns([Column::HealthSealed, Column::HealthSetAt]).to_owned();
    volunteer_sensitive::Entity::insert(kept).on_conflict(again).exec_without_returning(&tx.connection).await?;
    Ok(note)
}

/// The actor's own identity number, where one is kept.
///
/// # Errors
/// `FORBIDDEN` for who acts for somebody else.
pub async fn own_identity(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Option<IdentityNumber>> {
    let sealed = own(connection, actor).await?.and_then(|row| row.identity_sealed);
    sealed.map(|sealed| open_identity(keys, &sealed)).transpose()
}

/// The actor's own note about health, where one is kept.
///
/// # Errors
/// `FORBIDDEN` for who acts for somebody else.
pub async fn own_health(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Option<String>> {
    let sealed = own(connection, actor).await?.and_then(|row| row.health_sealed);
    sealed.map(|sealed| open_health(keys, &sealed)).transpose()
}

/// The notes about health of volunteers, of those who have one and whose consent suffices.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn health_of(connection: &impl ConnectionTrait, keys: &Keys, people: &[volunteer::Model]) -> Result<Vec<(VolunteerId, String)>> {
    let query = volunteer_sensitive::Entity::find().filter(Column::VolunteerId.is_in(people.iter().map(|person| person.id)));
    let rows = query.filter(Column::HealthSealed.is_not_null()).all(connection).await?;
    let mut notes = Vec::with_capacity(rows.len());
    for row in rows {
        let account_id = people.iter().find(|person| person.id == row.volunteer_id).and_then(|person| person.account_id);
        let (Some(account_id), Some(sealed)) = (account_id, row.health_sealed) else { continue };
        if consent::holds(connection, row.community_id, account_id, ConsentPurpose::HealthNote).await? {
            notes.push((row.volunteer_id, open_health(keys, &sealed)?));
        }
    }
    Ok(notes)
}

/// Removes an identity number for good.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn erase_identity(tx: &Tx, account_id: AccountId) -> Result<()> {
    let none = || Expr::value(None::<Vec<u8>>);
    let update = volunteer_sensitive::Entity::update_many().col_expr(Column::IdentityIndex, none()).col_expr(Column::IdentitySealed, none());
    update.col_expr(Column::IdentitySetAt, Expr::value(None::<i64>)).filter(of_account(account_id)).exec(&tx.connection).await?;
    Ok(())
}

/// Removes a note about health for good.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn erase_health(tx: &Tx, account_id: AccountId) -> Result<()> {
    let update = volunteer_sensitive::Entity::update_many().col_expr(Column::HealthSealed, Expr::value(None::<Vec<u8>>));
    update.col_expr(Column::HealthSetAt, Expr::value(None::<i64>)).filter(of_account(account_id)).exec(&tx.connection).await?;
    Ok(())
}

fn of_account(account_id: AccountId) -> Expr {
    let own = volunteer::Entity::find().select_only().column(volunteer::Column::Id).filter(volunteer::Column::AccountId.eq(account_id));
    Column::VolunteerId.in_subquery(own.into_query())
}

async fn own(connection: &impl ConnectionTrait, actor: &Actor) -> Result<Option<Model>> {
    if actor.acts_for.is_some() {
        return Err(Code::Forbidden.into());
    }
    match actor.volunteer {
        Some(own) => row(connection, own.id).await,
        None => Ok(None),
    }
}

async fn row(connection: &impl ConnectionTrait, id: VolunteerId) -> Result<Option<Model>> {
    Ok(volunteer_sensitive::Entity::find_by_id(id).one(connection).await?)
}

fn open_identity(keys: &Keys, sealed: &[u8]) -> Result<IdentityNumber> {
    Ok(IdentityNumber(String::from_utf8(keys.open(sealed::IDENTITY, sealed)?).map_err(Error::internal)?))
}

fn open_health(keys: &Keys, sealed: &[u8]) -> Result<String> {
    String::from_utf8(keys.open(sealed::HEALTH, sealed)?).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use entity::time::BusinessDate;

    use super::IdentityNumber;

    #[test]
    fn a_number_ends_with_the_character_that_fits_it() {
        // The example of GB 11643-1999, and one that ends with X.
        let number = IdentityNumber::parse("11010519491231002x").expect("the standard's example");
        assert_eq!((number.birth_date(), number.masked().as_str()), (Some(BusinessDate(19_491_231)), "1101**********002X"));
        assert!(IdentityNumber::parse("440524188001010014").is_ok());
        for bad in ["", "110105194912310021", "11010519491231002", "0101051949123100X2", "1101051949123100二X", "11010519491231002XX"] {
            assert!(IdentityNumber::parse(bad).is_err(), "{bad}");
        }
        let good = "440524188001010014";
        for at in 0..18 {
            let mut bent = good.as_bytes().to_vec();
            bent[at] = if bent[at] == b'9' { b'8' } else { bent[at] + 1 };
            let bent = String::from_utf8(bent).expect("digits");
            assert!(IdentityNumber::parse(&bent).is_err(), "{bent}");
        }
    }
}
