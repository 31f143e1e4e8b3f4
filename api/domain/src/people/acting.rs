//! Acting for somebody else (代办): a relative acts for an elder or a child, with that person's consent.
//!
//! A *principal* is acted for, a *helper* acts. Consent is the principal's own, by an invitation whose code the helper types in, or it was given
//! before staff, who write down how. The helper then gets a sign-in of the principal's account that says who acts; it carries what residents and
//! volunteers do, no office, and does not touch how the principal signs in. Every mutation in it is written down before it runs, with both ids.
//! Either of the two ends the relation, and so do staff; its sign-ins end with it, and what a guardian agreed to by it ([`guardian`]).
//!
//! Invariant: nothing is done for somebody else without a row that names both and the request.

use entity::acting_relation::{self, ActingConsent, ActingKind, Model};
use entity::id::{AccountId, ActingRelationId, ActingStepId, VolunteerId};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::{acting_step, login_session, volunteer};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::community::{region, tenant, wording};
use crate::db::{Db, sql};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, fill_random};
use crate::page::{ListOrder, Page, Rows};
use crate::people::account;
use crate::people::consent::guardian;
use crate::people::permission::{Action, Actor, ActsFor, Place};
use crate::people::session::{self, Device, Sessions, SignedIn};
use crate::tx::Tx;

/// How long an invitation holds, in microseconds.
pub const INVITATION_MICROS: i64 = UtcMicros::DAY;
/// Letters of an invitation: Crockford's, which nobody takes for one another. Twelve of them are sixty bits.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CODE_LEN: usize = 12;

/// Invites whoever types the code in to act for the actor; gives the code and until when it holds.
///
/// # Errors
/// When the database refuses.
pub async fn invite(tx: &Tx, keys: &Keys, actor: &Actor, kind: ActingKind) -> Result<(String, UtcMicros)> {
    actor.require(Action::InviteHelper, &actor.home())?;
    let mut random = [0; CODE_LEN];
    fill_random(&mut random)?;
    let code: String = random.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    let until = tx.now.plus(INVITATION_MICROS);
    let statement = "INSERT INTO acting_invitation (code_hash, principal_id, kind, expires_at) VALUES ($1, $2, $3, $4)";
    let values = [hash(keys, &code).into(), actor.account_id.into(), kind.to_value().into(), until.0.into()];
    tx.connection.execute_raw(sql(&tx.connection, statement, values)).await?;
    Ok((code, until))
}

/// Begins to act for whoever made the invitation.
///
/// # Errors
/// `NOT_FOUND` on `code` for one that is unknown, used or too old; `SELF_DEALING` for one's own; `ALREADY_GRANTED`.
pub async fn accept(tx: &Tx, keys: &Keys, actor: &Actor, code: &str) -> Result<Model> {
    actor.require(Action::AcceptHelping, &actor.home())?;
    let statement =
        "UPDATE acting_invitation SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING principal_id, kind";
    let values = [hash(keys, code).into(), tx.now.0.into()];
    let row = tx.connection.query_one_raw(sql(&tx.connection, statement, values)).await?;
    let row = row.ok_or_else(|| Error::from(Code::NotFound).on("code"))?;
    let principal_id: AccountId = row.try_get("", "principal_id")?;
    let principal = account::get(&tx.connection, principal_id).await?;
    let row = Model {
        id: ActingRelationId::new(tx.now),
        community_id: principal.community_id,
        principal_id,
        helper_id: actor.account_id,
        kind: ActingKind::try_from_value(&row.try_get("", "kind")?)?,
        consent: ActingConsent::Own,
        consent_note: String::new(),
        recorded_by: actor.account_id,
        created_at: tx.now,
        ended_at: None,
        ended_by: None,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Writes down that a volunteer acts for another, whose consent was given before the actor (grid workers, administrators).
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `CONSENT_REQUIRED` without a note, `SELF_DEALING` for the actor's own account, `ALREADY_GRANTED`.
pub async fn record(tx: &Tx, actor: &Actor, principal: VolunteerId, helper: VolunteerId, kind: ActingKind, note: &str) -> Result<Model> {
    let note = wording::text(note, 200, "consentNote")?;
    if note.is_empty() {
        return Err(Error::from(Code::ConsentRequired).on("consentNote"));
    }
    let (principal, place) = account_of(tx, principal, "principalId").await?;
    actor.require(Action::RecordHelping, &place).map_err(|error| error.on("principalId"))?;
    let (helper, helper_place) = account_of(tx, helper, "helperId").await?;
    if !actor.sees(&helper_place) {
        return Err(Error::from(Code::NotFound).on("helperId"));
    }
    if helper == actor.account_id || principal == actor.account_id {
        return Err(Code::SelfDealing.into());
    }
    let row = Model {
        id: ActingRelationId::new(tx.now),
        community_id: place.community_id,
        principal_id: principal,
        helper_id: helper,
        kind,
        consent: ActingConsent::Witnessed,
        consent_note: note,
        recorded_by: actor.account_id,
        created_at: tx.now,
        ended_at: None,
        ended_by: None,
    };
    Ok(row.into_active_model().insert(&tx.connection).await?)
}

/// Ends a relation and its sign-ins: either of the two, or staff of the principal's home. Doing it twice changes nothing.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`.
pub async fn end(tx: &Tx, actor: &Actor, id: ActingRelationId) -> Result<Model> {
    let row = get(&tx.connection, id).await?;
    let own = row.principal_id == actor.account_id || row.helper_id == actor.account_id;
    let home = tenant::get(&tx.connection, row.community_id).await?;
    let (place, own_home) = (region::place_of(&home.region), actor.home());
    // Whether two people help each other is nobody else's business, so it is not forbidden but not found.
    if !own && !actor.holds(&[Role::GridWorker, Role::Admin], &place) {
        return Err(Error::from(Code::NotFound).on("id"));
    }
    actor.require(Action::EndHelping, if own { &own_home } else { &place })?;
    acting_relation::Entity::update_many()
        .col_expr(acting_relation::Column::EndedAt, Expr::value(tx.now))
        .col_expr(acting_relation::Column::EndedBy, Expr::value(actor.account_id))
        .filter(acting_relation::Column::Id.eq(id))
        .filter(acting_relation::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    login_session::Entity::update_many()
        .col_expr(login_session::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(login_session::Column::RevokedReason, Expr::value("ACTING_ENDED"))
        .filter(login_session::Column::RelationId.eq(id))
        .filter(login_session::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    guardian::relation_ended(tx, id, actor.account_id).await?;
    get(&tx.connection, id).await
}

/// Ends every relation of somebody who leaves for good, with the sign-ins made by it; gives the accounts whose sign-ins these were.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, account_id: AccountId) -> Result<Vec<AccountId>> {
    let own = Condition::any().add(acting_relation::Column::PrincipalId.eq(account_id)).add(acting_relation::Column::HelperId.eq(account_id));
    let standing = acting_relation::Entity::find().filter(own).filter(acting_relation::Column::EndedAt.is_null()).all(&tx.connection).await?;
    let ids = || standing.iter().map(|row| row.id);
    acting_relation::Entity::update_many()
        .col_expr(acting_relation::Column::EndedAt, Expr::value(tx.now))
        .col_expr(acting_relation::Column::EndedBy, Expr::value(account_id))
        .filter(acting_relation::Column::Id.is_in(ids()))
        .exec(&tx.connection)
        .await?;
    login_session::Entity::update_many()
        .col_expr(login_session::Column::RevokedAt, Expr::value(tx.now))
        .col_expr(login_session::Column::RevokedReason, Expr::value("ACTING_ENDED"))
        .filter(login_session::Column::RelationId.is_in(ids()))
        .filter(login_session::Column::RevokedAt.is_null())
        .exec(&tx.connection)
        .await?;
    Ok(standing.into_iter().map(|row| row.principal_id).collect())
}

/// A sign-in in which the actor acts for the principal of a relation.
///
/// # Errors
/// `NOT_FOUND` for a relation in which the actor is not the helper, or that has ended; `BAD_INPUT` on `device`.
pub async fn act(db: &Db, sessions: &Sessions, actor: &Actor, id: ActingRelationId, device: &Device) -> Result<SignedIn> {
    actor.require(Action::ActFor, &actor.home())?;
    let tx = db.begin().await?;
    let missing = || Error::from(Code::NotFound).on("relationId");
    let row = acting_relation::Entity::find_by_id(id).one(&tx.connection).await?;
    let row = row.filter(|row| row.helper_id == actor.account_id && row.ended_at.is_none()).ok_or_else(missing)?;
    let acts = ActsFor { helper_id: actor.account_id, relation_id: id };
    let started = session::start_acting(&tx, row.principal_id, device, acts).await?;
    let now = tx.now;
    tx.commit().await?;
    sessions.sign_in(started, now)
}

/// Writes down what is about to be done for the owner of the account.
///
/// # Errors
/// When the database refuses; nothing may then be done.
pub async fn note(db: &Db, actor: &Actor, acts: ActsFor, operation: &str, request_id: &str) -> Result<()> {
    let row = acting_step::Model {
        id: ActingStepId::new(db.now()),
        relation_id: acts.relation_id,
        principal_id: actor.account_id,
        helper_id: acts.helper_id,
        operation: operation.to_owned(),
        request_id: request_id.to_owned(),
        happened_at: db.now(),
    };
    acting_step::Entity::insert(row.into_active_model()).exec_without_returning(db.writer()).await?;
    Ok(())
}

/// The relations the actor is part of, newest first, ended ones among them.
///
/// # Errors
/// When the database cannot be read.
pub async fn list_own(connection: &impl ConnectionTrait, actor: &Actor) -> Result<Vec<Model>> {
    let own =
        Condition::any().add(acting_relation::Column::PrincipalId.eq(actor.account_id)).add(acting_relation::Column::HelperId.eq(actor.account_id));
    Ok(acting_relation::Entity::find().filter(own).order_by_desc(acting_relation::Column::Id).all(connection).await?)
}

/// What was done for the actor by others, and by the actor for others, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn steps(connection: &impl ConnectionTrait, actor: &Actor, page: &Page) -> Result<Rows<acting_step::Model>> {
    let own = Condition::any().add(acting_step::Column::PrincipalId.eq(actor.account_id)).add(acting_step::Column::HelperId.eq(actor.account_id));
    let order = ListOrder { key: None, id: acting_step::Column::Id, descending: true };
    let rows = page.select::<_, ActingStepId>(acting_step::Entity::find().filter(own), order)?.all(connection).await?;
    Ok(page.rows(rows))
}

async fn get(connection: &impl ConnectionTrait, id: ActingRelationId) -> Result<Model> {
    acting_relation::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Error::from(Code::NotFound).on("id"))
}

/// The account of a volunteer, and where the person lives.
async fn account_of(tx: &Tx, id: VolunteerId, field: &'static str) -> Result<(AccountId, Place)> {
    let missing = || Error::from(Code::NotFound).on(field);
    let row = volunteer::Entity::find_by_id(id).one(&tx.connection).await?.ok_or_else(missing)?;
    let place = region::place(&tx.connection, row.region_id).await?;
    Ok((row.account_id.ok_or_else(missing)?, place))
}

fn hash(keys: &Keys, code: &str) -> Vec<u8> {
    keys.hash(Purpose::OneTimeCode, format!("helper:{}", code.to_ascii_lowercase()).as_bytes()).to_vec()
}
