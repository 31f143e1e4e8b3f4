//! Consents (同意): what people agree to, by purpose and in versions, given and withdrawn by themselves.
//!
//! A *purpose* is code; its *text* has versions, of which the first is the program's and later ones are published by the community ([`text`]). A consent is
//! to one version. A version published as *material* asks anew: an older consent is then *outdated*, and what relied on it is off until it is given
//! again (PIPL art. 14). Withdrawing is as easy as giving (art. 15) and takes back what relied on it at once: the name in public lists is masked, a sealed
//! value is erased.
//!
//! A child under 14 agrees to nothing: the *guardian* does (art. 31, [`guardian`]), in a relation of acting whose helper is of age.
//!
//! The privacy notice is agreed to by registering as a volunteer. Who came with an import agreed on paper, to version 1.
//!
//! Invariant: one consent of a person and purpose stands at a time; rows are written once and ended once. `volunteer.publishes_name` is true exactly while
//! a sufficient consent to [`ConsentPurpose::NamePublicity`] stands, and changes in the same transaction. That somebody agreed about their Party
//! membership would tell of it, so that consent is no row here but stands sealed with the membership (`recognition::merit::member`).

use entity::consent::{self, ConsentEnding, ConsentPurpose, Model};
use entity::id::{AccountId, ActingRelationId, CommunityId, ConsentId};
use entity::time::BusinessDate;
use entity::volunteer;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::people::sensitive;
use crate::tx::Tx;

pub mod guardian;
pub mod text;

/// Every purpose, in the order clients show them.
pub const PURPOSES: [ConsentPurpose; 6] = [
    ConsentPurpose::PrivacyNotice,
    ConsentPurpose::NamePublicity,
    ConsentPurpose::IdentityDocument,
    ConsentPurpose::HealthNote,
    ConsentPurpose::PartyMembership,
    ConsentPurpose::MinorService,
];

/// How a person stands to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Never asked, or never agreed.
    None,
    /// Agreed, and it suffices.
    Given,
    /// Agreed to a version that no longer suffices.
    Outdated,
    /// Agreed once, and no longer.
    Ended,
}

/// How a person stands to a purpose, with everything that led there.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The purpose.
    pub purpose: ConsentPurpose,
    /// How the person stands.
    pub state: State,
    /// The versions of its text.
    pub versions: text::Versions,
    /// Every consent to it, newest first.
    pub history: Vec<Model>,
}

impl State {
    /// The state of the newest consent, if there is one: its version and whether it stands.
    #[must_use]
    pub fn of(newest: Option<(i32, bool)>, versions: text::Versions) -> Self {
        match newest {
            None => Self::None,
            Some((_, false)) => Self::Ended,
            Some((version, true)) if version < versions.sufficient => Self::Outdated,
            Some(_) => Self::Given,
        }
    }
}

/// Who gives a consent for whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Giving {
    community_id: CommunityId,
    account_id: AccountId,
    given_by: AccountId,
    relation_id: Option<ActingRelationId>,
}

impl Giving {
    /// Somebody for themselves.
    pub(super) fn own(actor: &Actor) -> Self {
        Self { community_id: actor.community_id, account_id: actor.account_id, given_by: actor.account_id, relation_id: None }
    }

    /// The actor's consent, as `guardian` gave it where there is one.
    pub(super) fn by(actor: &Actor, guardian: Option<&Model>) -> Self {
        let own = Self::own(actor);
        guardian.map_or(own, |row| Self { given_by: row.given_by, relation_id: row.relation_id, ..own })
    }
}

/// Agrees to the present version of a purpose's text. Doing it twice changes nothing.
///
/// # Errors
/// `FORBIDDEN` for who acts for somebody else; `GUARDIAN_REQUIRED` for a child under 14 and for what a guardian agrees to; `BAD_INPUT` on `version`, with
/// the present one, and on `purpose` for Party membership, which is declared; `NOT_VOLUNTEER` for who has no name to publish.
pub async fn give(tx: &Tx, actor: &Actor, purpose: ConsentPurpose, version: i32) -> Result<Model> {
    actor.require(Action::GiveConsent, &actor.home())?;
    check_own(tx, actor, purpose).await?;
    if purpose == ConsentPurpose::NamePublicity {
        actor.volunteer()?;
    }
    record(tx, Giving::own(actor), purpose, version).await
}

/// Takes the actor's consent back, and with it what relied on it. Doing it twice changes nothing.
///
/// # Errors
/// As [`give`].
pub async fn withdraw(tx: &Tx, actor: &Actor, purpose: ConsentPurpose) -> Result<()> {
    actor.require(Action::WithdrawConsent, &actor.home())?;
    check_own(tx, actor, purpose).await?;
    match standing_row(&tx.connection, actor.account_id, purpose).await? {
        Some(row) => end(tx, &row, actor.account_id, ConsentEnding::Withdrawn).await,
        None => Ok(()),
    }
}

/// Agrees to the present privacy notice by registering: the person, or the guardian whose consent that the child serves is given.
pub(super) async fn agree_to_notice(tx: &Tx, actor: &Actor, guardian: Option<&Model>) -> Result<()> {
    let versions = text::versions(&tx.connection, actor.community_id, ConsentPurpose::PrivacyNotice).await?;
    record(tx, Giving::by(actor, guardian), ConsentPurpose::PrivacyNotice, versions.present).await.map(|_| ())
}

/// Agrees to be named in public lists, or no longer: what a profile's switch does.
///
/// # Errors
/// As [`give`].
pub async fn set_name_publicity(tx: &Tx, actor: &Actor, named: bool) -> Result<()> {
    if !named {
        return withdraw(tx, actor, ConsentPurpose::NamePublicity).await;
    }
    let versions = text::versions(&tx.connection, actor.community_id, ConsentPurpose::NamePublicity).await?;
    give(tx, actor, ConsentPurpose::NamePublicity, versions.present).await.map(|_| ())
}

/// Writes a consent down that was checked.
pub(super) async fn record(tx: &Tx, giving: Giving, purpose: ConsentPurpose, version: i32) -> Result<Model> {
    let versions = text::versions(&tx.connection, giving.community_id, purpose).await?;
    if version != versions.present {
        return Err(Error::from(Code::BadInput).on("version").with("version", versions.present));
    }
    if let Some(last) = standing_row(&tx.connection, giving.account_id, purpose).await? {
        if last.version == version {
            return Ok(last);
        }
        close(tx, &last, giving.given_by, ConsentEnding::Replaced).await?;
    }
    let row = Model {
        id: ConsentId::new(tx.now),
        community_id: giving.community_id,
        account_id: giving.account_id,
        purpose,
        version,
        given_by: giving.given_by,
        relation_id: giving.relation_id,
        given_at: tx.now,
        ended_at: None,
        ended_by: None,
        ending: None,
    };
    let row = row.into_active_model().insert(&tx.connection).await?;
    if purpose == ConsentPurpose::NamePublicity {
        publish_name(tx, giving.account_id, true).await?;
    }
    Ok(row)
}

/// Ends a consent and takes back what relied on it.
pub(super) async fn end(tx: &Tx, row: &Model, by: AccountId, how: ConsentEnding) -> Result<()> {
    close(tx, row, by, how).await?;
    match row.purpose {
        ConsentPurpose::NamePublicity => publish_name(tx, row.account_id, false).await,
        ConsentPurpose::IdentityDocument => sensitive::erase_identity(tx, row.account_id).await,
        ConsentPurpose::HealthNote => sensitive::erase_health(tx, row.account_id).await,
        // These let somebody serve, and are looked at when they mean to.
        ConsentPurpose::PrivacyNotice | ConsentPurpose::MinorService | ConsentPurpose::PartyMembership => Ok(()),
    }
}

async fn close(tx: &Tx, row: &Model, by: AccountId, how: ConsentEnding) -> Result<()> {
    consent::Entity::update_many()
        .col_expr(consent::Column::EndedAt, Expr::value(tx.now))
        .col_expr(consent::Column::EndedBy, Expr::value(by))
        .col_expr(consent::Column::Ending, Expr::value(how))
        .filter(consent::Column::Id.eq(row.id))
        .filter(consent::Column::EndedAt.is_null())
        .exec(&tx.connection)
        .await?;
    Ok(())
}

async fn publish_name(tx: &Tx, account_id: AccountId, named: bool) -> Result<()> {
    volunteer::Entity::update_many()
        .col_expr(volunteer::Column::PublishesName, Expr::value(named))
        .filter(volunteer::Column::AccountId.eq(account_id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// What somebody agrees to themselves: nothing that a guardian or a declaration is for, and nothing before they are 14.
async fn check_own(tx: &Tx, actor: &Actor, purpose: ConsentPurpose) -> Result<()> {
    match purpose {
        ConsentPurpose::MinorService => return Err(Error::from(Code::GuardianRequired).on("purpose")),
        ConsentPurpose::PartyMembership => return Err(Error::from(Code::BadInput).on("purpose")),
        _ => {}
    }
    let person = volunteer::Entity::find().filter(volunteer::Column::AccountId.eq(actor.account_id)).one(&tx.connection).await?;
    if person.is_some_and(|person| guardian::needs_one(person.birth_date, tx.today())) {
        return Err(Code::GuardianRequired.into());
    }
    Ok(())
}

/// The consent that stands, sufficient or not.
pub(super) async fn standing_row(connection: &impl ConnectionTrait, account_id: AccountId, purpose: ConsentPurpose) -> Result<Option<Model>> {
    let query = consent::Entity::find().filter(consent::Column::AccountId.eq(account_id)).filter(consent::Column::Purpose.eq(purpose));
    Ok(query.filter(consent::Column::EndedAt.is_null()).one(connection).await?)
}

/// How an account stands to every purpose. What concerns Party membership is not known here.
///
/// # Errors
/// When the database cannot be read.
pub async fn standings(connection: &impl ConnectionTrait, community_id: CommunityId, account_id: AccountId) -> Result<Vec<Standing>> {
    let query = consent::Entity::find().filter(consent::Column::AccountId.eq(account_id));
    let rows = query.order_by_desc(consent::Column::Id).all(connection).await?;
    let texts = text::list(connection, community_id).await?;
    let standing = |purpose: ConsentPurpose| {
        let history: Vec<Model> = rows.iter().filter(|row| row.purpose == purpose).cloned().collect();
        let versions = text::Versions::of(texts.iter().filter(|text| text.purpose == purpose));
        let newest = history.first().map(|row| (row.version, row.ended_at.is_none()));
        Standing { purpose, state: State::of(newest, versions), versions, history }
    };
    Ok(PURPOSES.into_iter().map(standing).collect())
}

/// Whether a sufficient consent stands.
///
/// # Errors
/// When the database cannot be read.
pub async fn holds(connection: &impl ConnectionTrait, community_id: CommunityId, account_id: AccountId, purpose: ConsentPurpose) -> Result<bool> {
    let Some(row) = standing_row(connection, account_id, purpose).await? else { return Ok(false) };
    Ok(row.version >= text::versions(connection, community_id, purpose).await?.sufficient)
}

/// Refuses what is kept with a consent alone.
///
/// # Errors
/// `CONSENT_NOT_GIVEN` with the purpose and the version to agree to.
pub async fn require(connection: &impl ConnectionTrait, actor: &Actor, purpose: ConsentPurpose) -> Result<()> {
    if holds(connection, actor.community_id, actor.account_id, purpose).await? {
        return Ok(());
    }
    Err(not_given(purpose, text::versions(connection, actor.community_id, purpose).await?))
}

/// That a purpose has to be agreed to first.
#[must_use]
pub fn not_given(purpose: ConsentPurpose, versions: text::Versions) -> Error {
    Error::from(Code::ConsentNotGiven).with("purpose", purpose.to_value()).with("version", versions.present)
}

/// Whether somebody may take on service from now on: the privacy notice was agreed to and not withdrawn, and who is under 14 has a guardian who agreed. Who
/// came with an import has no row and agreed on paper to version 1.
///
/// # Errors
/// `CONSENT_NOT_GIVEN`, `GUARDIAN_REQUIRED`.
pub async fn check_service(connection: &impl ConnectionTrait, person: &volunteer::Model, today: BusinessDate) -> Result<()> {
    let Some(account_id) = person.account_id else { return Ok(()) };
    let purpose = ConsentPurpose::PrivacyNotice;
    let query = consent::Entity::find().filter(consent::Column::AccountId.eq(account_id)).filter(consent::Column::Purpose.eq(purpose));
    let newest = query.order_by_desc(consent::Column::Id).one(connection).await?;
    let versions = text::versions(connection, person.community_id, purpose).await?;
    let newest = newest.map_or((1, true), |row| (row.version, row.ended_at.is_none()));
    if State::of(Some(newest), versions) != State::Given {
        return Err(not_given(purpose, versions));
    }
    if guardian::needs_one(person.birth_date, today) && !holds(connection, person.community_id, account_id, ConsentPurpose::MinorService).await? {
        return Err(Code::GuardianRequired.into());
    }
    Ok(())
}
