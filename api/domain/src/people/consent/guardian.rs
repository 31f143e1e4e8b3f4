//! Guardians (监护人): who agrees for a child under 14 (PIPL art. 31).
//!
//! A guardian is the helper of a relation of acting with a child, a registered volunteer of 18 years or more, who agreed that the child serves
//! ([`ConsentPurpose::MinorService`]). The same person gives and withdraws the child's other consents. When the guardian takes it back or the relation
//! ends, the child signs up for nothing more until somebody agrees anew; with 14 nobody is needed.

use entity::acting_relation::{self, ActingKind};
use entity::consent::{self, ConsentEnding, ConsentPurpose, Model};
use entity::id::{AccountId, ActingRelationId, VolunteerId};
use entity::time::BusinessDate;
use entity::volunteer;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Giving, Standing, end, record, standing_row, standings};
use crate::error::{Code, Error, Result};
use crate::people::account;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// The age from which somebody agrees for themselves (PIPL art. 31).
pub const OWN_CONSENT_AGE: i32 = 14;
/// The age from which somebody is a guardian (Civil Code art. 17).
pub const GUARDIAN_AGE: i32 = 18;

/// Whether somebody is so young that a guardian agrees for them.
#[must_use]
pub fn needs_one(birth_date: BusinessDate, today: BusinessDate) -> bool {
    birth_date.years_until(today) < OWN_CONSENT_AGE
}

/// The guardian's consent that a child serves, as it stands and suffices.
///
/// # Errors
/// `GUARDIAN_REQUIRED` without one.
pub(crate) async fn consent_for(tx: &Tx, actor: &Actor) -> Result<Model> {
    let purpose = ConsentPurpose::MinorService;
    let row = standing_row(&tx.connection, actor.account_id, purpose).await?.ok_or(Code::GuardianRequired)?;
    let versions = super::text::versions(&tx.connection, actor.community_id, purpose).await?;
    if row.version < versions.sufficient { Err(Code::GuardianRequired.into()) } else { Ok(row) }
}

/// Agrees for a child. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND` on `relationId` for one that has ended or in which the actor is not the helper; `FORBIDDEN` for somebody who is no child, or 14 and agrees
/// for themselves; `NOT_VOLUNTEER` and `TOO_YOUNG` for a helper who is not known to be of age; `GUARDIAN_REQUIRED` for another purpose before
/// the actor agreed that the child serves; `BAD_INPUT` on `version` or `purpose`.
pub async fn give_for(tx: &Tx, actor: &Actor, id: ActingRelationId, purpose: ConsentPurpose, version: i32) -> Result<Model> {
    actor.require(Action::GiveConsentFor, &actor.home())?;
    let relation = relation(&tx.connection, actor, id).await?;
    check_purpose(purpose)?;
    check_child(tx, &relation).await?;
    check_of_age(tx, actor).await?;
    if purpose != ConsentPurpose::MinorService {
        check_guardian(tx, actor, relation.principal_id).await?;
    }
    let child = account::get(&tx.connection, relation.principal_id).await?;
    let giving =
        Giving { community_id: child.community_id, account_id: relation.principal_id, given_by: actor.account_id, relation_id: Some(relation.id) };
    record(tx, giving, purpose, version).await
}

/// Takes a consent for a child back, and with it what relied on it; gives the child, once it is a volunteer. That the child serves is taken back by who agreed to it. Doing it twice changes nothing.
///
/// # Errors
/// As [`give_for`].
pub async fn withdraw_for(tx: &Tx, actor: &Actor, id: ActingRelationId, purpose: ConsentPurpose) -> Result<Option<VolunteerId>> {
    actor.require(Action::WithdrawConsentFor, &actor.home())?;
    let relation = relation(&tx.connection, actor, id).await?;
    check_purpose(purpose)?;
    let child = check_child(tx, &relation).await?;
    check_guardian(tx, actor, relation.principal_id).await?;
    if let Some(row) = standing_row(&tx.connection, relation.principal_id, purpose).await? {
        end(tx, &row, actor.account_id, ConsentEnding::Withdrawn).await?;
    }
    Ok(child)
}

/// How a child for whom the actor acts stands to every purpose.
///
/// # Errors
/// `NOT_FOUND` on `relationId`.
pub async fn standings_of(connection: &impl ConnectionTrait, actor: &Actor, id: ActingRelationId) -> Result<Vec<Standing>> {
    let relation = relation(connection, actor, id).await?;
    if relation.kind != ActingKind::Child {
        return Err(Error::from(Code::NotFound).on("relationId"));
    }
    let child = account::get(connection, relation.principal_id).await?;
    standings(connection, child.community_id, child.id).await
}

/// Ends what a guardian agreed to in a relation that ends.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn relation_ended(tx: &Tx, id: ActingRelationId, by: AccountId) -> Result<()> {
    let rows = consent::Entity::find().filter(consent::Column::RelationId.eq(id)).filter(consent::Column::EndedAt.is_null());
    for row in rows.order_by_asc(consent::Column::Id).all(&tx.connection).await? {
        // The privacy notice was agreed to once and for all; what else the child keeps needs somebody who answers for it.
        if row.purpose != ConsentPurpose::PrivacyNotice {
            end(tx, &row, by, ConsentEnding::RelationEnded).await?;
        }
    }
    Ok(())
}

async fn relation(connection: &impl ConnectionTrait, actor: &Actor, id: ActingRelationId) -> Result<acting_relation::Model> {
    let row = acting_relation::Entity::find_by_id(id).one(connection).await?;
    let row = row.filter(|row| row.helper_id == actor.account_id && row.ended_at.is_none());
    row.ok_or_else(|| Error::from(Code::NotFound).on("relationId"))
}

fn check_purpose(purpose: ConsentPurpose) -> Result<()> {
    if purpose == ConsentPurpose::PartyMembership { Err(Error::from(Code::BadInput).on("purpose")) } else { Ok(()) }
}

/// The age of who is no volunteer yet is not known; registering asks it.
async fn check_child(tx: &Tx, relation: &acting_relation::Model) -> Result<Option<VolunteerId>> {
    let child = volunteer::Entity::find().filter(volunteer::Column::AccountId.eq(relation.principal_id)).one(&tx.connection).await?;
    let own = child.as_ref().is_some_and(|child| !needs_one(child.birth_date, tx.today()));
    if own || relation.kind != ActingKind::Child {
        return Err(Error::from(Code::Forbidden).on("relationId"));
    }
    Ok(child.map(|child| child.id))
}

async fn check_of_age(tx: &Tx, actor: &Actor) -> Result<()> {
    let own = volunteer::Entity::find_by_id(actor.volunteer()?.id).one(&tx.connection).await?.ok_or(Code::NotVolunteer)?;
    if own.birth_date.years_until(tx.today()) < GUARDIAN_AGE {
        return Err(Error::from(Code::TooYoung).with("minAge", GUARDIAN_AGE));
    }
    Ok(())
}

/// Lets on who agreed that the child serves.
async fn check_guardian(tx: &Tx, actor: &Actor, child: AccountId) -> Result<()> {
    let row = standing_row(&tx.connection, child, ConsentPurpose::MinorService).await?;
    if row.is_some_and(|row| row.given_by == actor.account_id) { Ok(()) } else { Err(Code::GuardianRequired.into()) }
}
