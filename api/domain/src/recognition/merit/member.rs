//! Party members (党员): declared by the person with a consent of its own, confirmed by a party worker.
//!
//! The row holds a keyed hash of the account and a sealed payload, so that who reads the database learns of nobody that they are a member. Withdrawing the
//! consent removes both; what is left are numbers without a person. The row is also the consent `PARTY_MEMBERSHIP` of `people::consent`, whose table would
//! tell in clear who gave it; while it is outdated, nobody but the person sees the membership.
//!
//! Party workers read the names of members masked (张**) and say why before they see more ([`unmasking`]).

use std::collections::HashMap;

use entity::consent::ConsentPurpose;
use entity::id::{AccountId, CommunityId, PartyMemberId, RegionId};
use entity::party_member::{self, Model, PartyMemberState};
use entity::role_grant::Role;
use entity::time::UtcMicros;
use entity::volunteer;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::community::{region, unit_check_in};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, Purpose, fill_random};
use crate::page::{Cursor, Page, Rows};
use crate::people::consent::text::{self, Versions};
use crate::people::permission::{Action, Actor, Place};
use crate::people::volunteer::mask;
use crate::sealed::{self, PARTY_MEMBER};
use crate::tx::Tx;

use super::unmasking;

/// What kind of member somebody is; items of a scheme may be for some kinds alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MemberClass {
    /// Managed by the community's own branch (直管党员).
    Direct,
    /// Employed elsewhere and checked in (在职党员).
    Employed,
    /// Away for work or study (流动党员).
    Mobile,
    /// Old or ill (年老体弱党员).
    Elderly,
}

/// What the row keeps sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Sealed {
    account_id: AccountId,
    class: MemberClass,
    region_id: RegionId,
}

/// A member in clear, for the person and for party workers.
#[derive(Clone, Debug)]
pub struct Member {
    /// The row.
    pub row: Model,
    /// The account; none once the consent is withdrawn.
    pub account_id: Option<AccountId>,
    /// The kind of member.
    pub class: Option<MemberClass>,
    /// The branch's place.
    pub region_id: Option<RegionId>,
}

/// Says that the actor is a member, and agrees that party workers know it. A party worker confirms it.
///
/// # Errors
/// `PARTY_CONSENT_REQUIRED` unless the present consent is given; `NOT_VOLUNTEER`; `ALREADY_DECLARED`.
pub async fn declare(tx: &Tx, keys: &Keys, actor: &Actor, class: MemberClass, consent_version: i32) -> Result<Member> {
    actor.require(Action::DeclarePartyMembership, &actor.home())?;
    let present = consent_versions(&tx.connection, actor.community_id).await?.present;
    if consent_version != present {
        return Err(Error::from(Code::PartyConsentRequired).on("consentVersion").with("version", present));
    }
    let region_id = actor.volunteer()?.region_id;
    if own_row(&tx.connection, keys, actor).await?.is_some() {
        return Err(Code::AlreadyDeclared.into());
    }
    let row = Model {
        id: PartyMemberId::new(tx.now),
        community_id: actor.community_id,
        subject_index: index(keys, actor.account_id),
        sealed: Some(seal(keys, &Sealed { account_id: actor.account_id, class, region_id })?),
        state: PartyMemberState::Declared,
        consent_version,
        declared_at: tx.now,
        confirmed_by: None,
        confirmed_at: None,
        withdrawn_at: None,
    };
    open(keys, row.into_active_model().insert(&tx.connection).await?)
}

/// Takes the consent back: what says who it was is removed for good, why somebody looked with it; the numbers stay without a person.
///
/// # Errors
/// `NOT_FOUND` when nothing was declared.
pub async fn withdraw(tx: &Tx, keys: &Keys, actor: &Actor) -> Result<()> {
    actor.require(Action::WithdrawPartyMembership, &actor.home())?;
    let row = own_row(&tx.connection, keys, actor).await?.ok_or(Code::NotFound)?;
    let mut nobody = [0; 32];
    fill_random(&mut nobody)?;
    party_member::Entity::update_many()
        .col_expr(party_member::Column::SubjectIndex, Expr::value(nobody.to_vec()))
        .col_expr(party_member::Column::Sealed, Expr::value(None::<Vec<u8>>))
        .col_expr(party_member::Column::State, Expr::value(PartyMemberState::Withdrawn))
        .col_expr(party_member::Column::WithdrawnAt, Expr::value(tx.now))
        .filter(party_member::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    unmasking::forget_reasons(tx, row.id).await
}

/// Agrees to the present version of the consent for a membership that was declared before.
///
/// # Errors
/// `NOT_FOUND` when nothing was declared; `BAD_INPUT` on `version`, with the present one.
pub async fn renew_consent(tx: &Tx, keys: &Keys, actor: &Actor, version: i32) -> Result<()> {
    actor.require(Action::GiveConsent, &actor.home())?;
    let row = own_row(&tx.connection, keys, actor).await?.ok_or_else(|| Error::from(Code::NotFound).on("purpose"))?;
    let present = consent_versions(&tx.connection, actor.community_id).await?.present;
    if version != present {
        return Err(Error::from(Code::BadInput).on("version").with("version", present));
    }
    party_member::Entity::update_many()
        .col_expr(party_member::Column::ConsentVersion, Expr::value(version))
        .filter(party_member::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Takes back the consent to everything that is kept about the actor's Party membership: the membership and the check-in as a member. Doing it twice changes
/// nothing.
///
/// # Errors
/// `FORBIDDEN` for who acts for somebody else.
pub async fn withdraw_consent(tx: &Tx, keys: &Keys, actor: &Actor) -> Result<()> {
    actor.require(Action::WithdrawConsent, &actor.home())?;
    if own_row(&tx.connection, keys, actor).await?.is_some() {
        withdraw(tx, keys, actor).await?;
    }
    if actor.volunteer.is_some() {
        unit_check_in::withdraw_member(tx, keys, actor).await?;
    }
    Ok(())
}

/// How the actor stands to the consent, and since when: to who acts for somebody else it is as if there were none.
///
/// # Errors
/// When the database cannot be read.
pub async fn consent_standing(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Option<(i32, UtcMicros)>> {
    if actor.acts_for.is_some() {
        return Ok(None);
    }
    Ok(own_row(connection, keys, actor).await?.map(|row| (row.consent_version, row.declared_at)))
}

/// Confirms a declared membership, with the kind of member as the party worker knows it.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`, `SELF_DEALING`, `STATE_CHANGED` when it is not waiting.
pub async fn confirm(tx: &Tx, keys: &Keys, actor: &Actor, id: PartyMemberId, class: Option<MemberClass>) -> Result<Member> {
    let member = get_for(&tx.connection, keys, actor, Action::ConfirmPartyMember, id).await?;
    let (Some(account_id), Some(declared), Some(region_id)) = (member.account_id, member.class, member.region_id) else {
        return Err(Code::StateChanged.into());
    };
    if account_id == actor.account_id {
        return Err(Code::SelfDealing.into());
    }
    let sealed = seal(keys, &Sealed { account_id, class: class.unwrap_or(declared), region_id })?;
    let changed = party_member::Entity::update_many()
        .col_expr(party_member::Column::State, Expr::value(PartyMemberState::Confirmed))
        .col_expr(party_member::Column::Sealed, Expr::value(Some(sealed)))
        .col_expr(party_member::Column::ConfirmedBy, Expr::value(actor.account_id))
        .col_expr(party_member::Column::ConfirmedAt, Expr::value(tx.now))
        .filter(party_member::Column::Id.eq(id))
        .filter(party_member::Column::State.eq(PartyMemberState::Declared))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    open(keys, get(&tx.connection, id).await?)
}

/// The actor's own membership; to who acts for somebody else it is as if there were none.
///
/// # Errors
/// When the database cannot be read.
pub async fn own(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Option<Member>> {
    if actor.acts_for.is_some() {
        return Ok(None);
    }
    own_row(connection, keys, actor).await?.map(|row| open(keys, row)).transpose()
}

/// The actor's own membership, confirmed.
///
/// # Errors
/// `NOT_FOUND` before it is; `PARTY_CONSENT_REQUIRED` while a newer text waits to be agreed to.
pub async fn own_confirmed(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Member> {
    let own = own(connection, keys, actor).await?;
    let own = own.filter(|member| member.row.state == PartyMemberState::Confirmed).ok_or(Code::NotFound)?;
    let versions = consent_versions(connection, actor.community_id).await?;
    if own.row.consent_version < versions.sufficient {
        return Err(Error::from(Code::PartyConsentRequired).with("version", versions.present));
    }
    Ok(own)
}

async fn consent_versions(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Versions> {
    text::versions(connection, community_id, ConsentPurpose::PartyMembership).await
}

/// A member whom the actor may do `action` to. Whoever is no party worker is told nothing; another place's member does not exist, and neither does one whose
/// consent is outdated.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`.
pub async fn get_for(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor, action: Action, id: PartyMemberId) -> Result<Member> {
    check_worker(actor, action)?;
    let member = open(keys, get(connection, id).await?)?;
    let place = place(connection, &member).await?;
    let sufficient = consent_versions(connection, member.row.community_id).await?.sufficient;
    let agreed = member.row.consent_version >= sufficient || member.row.state == PartyMemberState::Withdrawn;
    if actor.may(action, &place) && agreed { Ok(member) } else { Err(Code::NotFound.into()) }
}

/// A page of the members in the actor's reach, oldest first; those who withdrew are gone. Class and place are sealed, so the page is cut here and not by
/// the database.
///
/// # Errors
/// `FORBIDDEN`, `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor, class: Option<MemberClass>, page: &Page) -> Result<Rows<Member>> {
    let place = |cursor: &Option<Cursor>| {
        cursor.as_ref().map(|cursor| cursor.id.parse::<PartyMemberId>().map_err(|_| Error::from(Code::BadCursor))).transpose()
    };
    let (after, before) = (place(&page.after)?, place(&page.before)?);
    let covered = covered(connection, keys, actor, Action::ListPartyMembers, None).await?;
    let all: Vec<Member> = covered.into_iter().filter(|member| class.is_none() || member.class == class).collect();
    let within = |member: &Member| after.is_none_or(|after| member.row.id > after) && before.is_none_or(|before| member.row.id < before);
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let found: Vec<Member> = all.iter().filter(|member| within(member)).cloned().collect();
    let skip = if page.backward { found.len().saturating_sub(size) } else { 0 };
    let rows: Vec<Member> = found.into_iter().skip(skip).take(size).collect();
    let beyond = |edge: Option<&Member>, end: Option<&Member>| edge.is_some_and(|edge| end.is_some_and(|end| end.row.id != edge.row.id));
    Ok(Rows { has_next: beyond(rows.last(), all.last()), has_previous: beyond(rows.first(), all.first()), rows })
}

/// The members whom the actor may do `action` to, oldest first: all, or those of `ids`. Who withdrew is gone, and so is one whose consent is outdated.
///
/// # Errors
/// `FORBIDDEN` for whoever is no party worker.
pub(super) async fn covered(
    connection: &impl ConnectionTrait,
    keys: &Keys,
    actor: &Actor,
    action: Action,
    ids: Option<&[PartyMemberId]>,
) -> Result<Vec<Member>> {
    check_worker(actor, action)?;
    let mut query = party_member::Entity::find()
        .filter(party_member::Column::CommunityId.eq(actor.community_id))
        .filter(party_member::Column::State.ne(PartyMemberState::Withdrawn))
        .filter(party_member::Column::ConsentVersion.gte(consent_versions(connection, actor.community_id).await?.sufficient));
    if let Some(ids) = ids {
        query = query.filter(party_member::Column::Id.is_in(ids.iter().copied()));
    }
    let rows = query.order_by_asc(party_member::Column::Id).all(connection).await?;
    let whole = actor.may(action, &actor.home());
    let members = rows.into_iter().map(|row| open(keys, row)).collect::<Result<Vec<_>>>()?;
    if whole {
        return Ok(members);
    }
    let paths = crate::service::place::paths(connection, members.iter().filter_map(|member| member.region_id)).await?;
    let covered = |member: &Member| {
        let path = member.region_id.and_then(|id| paths.get(&id));
        path.is_some_and(|path| actor.may(action, &Place { path: path.clone(), ..actor.home() }))
    };
    Ok(members.into_iter().filter(covered).collect())
}

/// The names of members as the actor may read them: one's own whole, others' masked. Who agreed to be named in public lists did not agree to be named as a
/// Party member (PIPL art. 29), so that consent lifts no mask here.
///
/// # Errors
/// When the database cannot be read.
pub async fn seen_names(connection: &impl ConnectionTrait, actor: &Actor, members: &[Member]) -> Result<HashMap<PartyMemberId, String>> {
    let mut names = names(connection, members).await?;
    for member in members.iter().filter(|member| member.account_id != Some(actor.account_id)) {
        if let Some(name) = names.get_mut(&member.row.id) {
            *name = mask(name);
        }
    }
    Ok(names)
}

/// The whole names of members: for the members themselves, and for a look that is written down.
pub(super) async fn names(connection: &impl ConnectionTrait, members: &[Member]) -> Result<HashMap<PartyMemberId, String>> {
    let ids = members.iter().filter_map(|member| member.account_id);
    let rows = volunteer::Entity::find().filter(volunteer::Column::AccountId.is_in(ids)).all(connection).await?;
    let names: HashMap<AccountId, String> = rows.into_iter().filter_map(|row| Some((row.account_id?, row.name))).collect();
    Ok(members.iter().filter_map(|member| Some((member.row.id, names.get(&member.account_id?)?.clone()))).collect())
}

/// Lets party workers in, whatever their place, and nobody else.
///
/// # Errors
/// `FORBIDDEN`.
pub fn check_worker(actor: &Actor, action: Action) -> Result<()> {
    let works = actor.grants.iter().any(|grant| grant.role == Role::PartyWorker && action.roles().contains(&grant.role));
    if works { Ok(()) } else { Err(Code::Forbidden.into()) }
}

async fn place(connection: &impl ConnectionTrait, member: &Member) -> Result<Place> {
    match member.region_id {
        Some(id) => region::place(connection, id).await,
        None => Ok(Place { community_id: CommunityId(Uuid::nil()), path: String::new(), team_id: None }),
    }
}

/// Keeps members from withdrawing or leaving until the transaction ends.
pub(super) async fn hold(tx: &Tx, ids: &[PartyMemberId]) -> Result<()> {
    let rows = party_member::Entity::find().filter(party_member::Column::Id.is_in(ids.iter().copied()));
    rows.order_by_asc(party_member::Column::Id).lock_shared().all(&tx.connection).await?;
    Ok(())
}

/// The row of a member, whoever asks.
pub(super) async fn get(connection: &impl ConnectionTrait, id: PartyMemberId) -> Result<Model> {
    party_member::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

async fn own_row(connection: &impl ConnectionTrait, keys: &Keys, actor: &Actor) -> Result<Option<Model>> {
    let query = party_member::Entity::find()
        .filter(party_member::Column::SubjectIndex.is_in(keys.hashes(Purpose::PartyMember, &sealed::member_message(actor.account_id))));
    Ok(query.one(connection).await?)
}

/// The keyed hash by which the membership of an account is found.
#[must_use]
pub fn index(keys: &Keys, account_id: AccountId) -> Vec<u8> {
    keys.hash(Purpose::PartyMember, &sealed::member_message(account_id)).to_vec()
}

fn seal(keys: &Keys, sealed: &Sealed) -> Result<Vec<u8>> {
    keys.seal(PARTY_MEMBER, &serde_json::to_vec(sealed).map_err(Error::internal)?)
}

pub(super) fn open(keys: &Keys, row: Model) -> Result<Member> {
    let Some(sealed) = row.sealed.as_deref() else { return Ok(Member { row, account_id: None, class: None, region_id: None }) };
    let sealed: Sealed = serde_json::from_slice(&keys.open(PARTY_MEMBER, sealed)?).map_err(Error::internal)?;
    Ok(Member { row, account_id: Some(sealed.account_id), class: Some(sealed.class), region_id: Some(sealed.region_id) })
}
