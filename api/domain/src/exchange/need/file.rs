//! Filing a need, for oneself or for somebody else, and changing a draft.

use entity::id::{ListingId, RecipientId, RegionId};
use entity::listing::{IntakeChannel, ListingKind};
use entity::need::{self, ConsentKind};
use entity::time::UtcMicros;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use super::{NeedDraft, write_windows};
use crate::community::region;
use crate::error::{Code, Error, Result};
use crate::exchange::listing::{self, Detail, Entry, Filing, Owner, owner, state};
use crate::exchange::recipient;
use crate::idempotency;
use crate::keys::Keys;
use crate::people::account::{self, phone::Phone};
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// For whom a need is filed, how they agreed, and how it came in.
#[derive(Clone, Debug, Serialize)]
pub struct Behalf {
    /// By telephone or on paper.
    pub channel: IntakeChannel,
    /// The person, when served before.
    pub recipient_id: Option<RecipientId>,
    /// How the person agreed.
    pub consent: ConsentKind,
    /// What shows it, up to 200 characters: where the paper is kept, or which family member spoke. Only a spoken consent may do without.
    pub consent_note: Option<String>,
}

struct Consent {
    kind: ConsentKind,
    note: Option<String>,
    at: UtcMicros,
}

/// Files a need of the actor's own, once per `key`. Without a telephone in the contact it is the account's.
///
/// # Errors
/// `NOT_FOUND` on `regionId`, `BAD_INPUT`, `RISK_NOTE_REQUIRED`, `TAXONOMY_UNKNOWN`, `WORD_RESERVED`, `CONTACT_IN_TEXT`.
pub async fn file(tx: &Tx, keys: &Keys, actor: &Actor, key: &str, mut new: NeedDraft) -> Result<ListingId> {
    let input = new.clone();
    idempotency::once(
        tx,
        actor.account_id,
        "fileNeed",
        key,
        &input,
        Box::pin(async {
            let own = Owner::Person(actor.account_id);
            let region = owner::claim(&tx.connection, actor, Action::FileNeed, own, new.draft.region_id).await?;
            let recipient = recipient::of_account(tx, keys, actor.community_id, actor.account_id).await?;
            if new.draft.contact.phone.is_none() {
                let account = account::get(&tx.connection, actor.account_id).await?;
                // Accounts that never had a telephone in clear have none to hand on.
                new.draft.contact.phone = Phone::open(keys, &account.phone_sealed).ok().map(|phone| phone.text().to_owned());
            }
            let filing = Filing { kind: ListingKind::Need, owner: Some(own), filed_by: actor.account_id, channel: IntakeChannel::MiniProgram };
            write(tx, keys, filing, &region, recipient.id, new, None).await
        }),
    )
    .await
}

/// Files a need for somebody who telephoned or wrote, once per `key`, where the actor is in charge.
///
/// # Errors
/// As [`file`]; `FORBIDDEN`, `CONSENT_REQUIRED`, `NOT_FOUND` on `recipientId`, `SELF_DEALING` for the actor's own need, `BAD_INPUT` on `name` without the
/// name of the person.
pub async fn file_on_behalf(tx: &Tx, keys: &Keys, actor: &Actor, key: &str, behalf: Behalf, mut new: NeedDraft) -> Result<ListingId> {
    let input = (behalf.clone(), new.clone());
    idempotency::once(
        tx,
        actor.account_id,
        "fileNeedOnBehalf",
        key,
        &input,
        Box::pin(async {
            let region = owner::lies_in(&tx.connection, actor.community_id, new.draft.region_id.or_else(|| beat(actor))).await?;
            actor.require(Action::FileNeedOnBehalf, &region::place_of(&region))?;
            if behalf.channel == IntakeChannel::MiniProgram {
                return Err(Error::from(Code::BadInput).on("channel"));
            }
            let note = wording::optional(behalf.consent_note.as_deref(), "consentNote", 200)?;
            if behalf.consent != ConsentKind::Spoken && note.is_none() {
                return Err(Error::from(Code::ConsentRequired).on("consentNote"));
            }
            new.draft.contact.check()?;
            if new.draft.contact.name.is_none() {
                return Err(Error::from(Code::BadInput).on("name"));
            }
            let phone = new.draft.contact.phone.as_deref().map(|phone| Phone::parse(phone, "phone")).transpose()?;
            let recipient = recipient::of_somebody(tx, keys, actor.community_id, behalf.recipient_id, phone.as_ref()).await?;
            if recipient.account_id == Some(actor.account_id) {
                return Err(Code::SelfDealing.into());
            }
            let consent = Consent { kind: behalf.consent, note, at: tx.now };
            let owner = recipient.account_id.map(Owner::Person);
            let filing = Filing { kind: ListingKind::Need, owner, filed_by: actor.account_id, channel: behalf.channel };
            write(tx, keys, filing, &region, recipient.id, new, Some(consent)).await
        }),
    )
    .await
}

/// The place the actor is in charge of, the narrowest of several: where a need lies that says nothing of it.
fn beat(actor: &Actor) -> Option<RegionId> {
    let grants = actor.grants.iter().filter(|grant| Action::FileNeedOnBehalf.roles().contains(&grant.role));
    let narrowest = grants.filter_map(|grant| grant.path.as_deref()).max_by_key(|path| path.len())?;
    narrowest.trim_end_matches('/').rsplit('/').next()?.parse().ok()
}

async fn write(
    tx: &Tx,
    keys: &Keys,
    filing: Filing,
    region: &entity::region::Model,
    recipient_id: RecipientId,
    mut new: NeedDraft,
    consent: Option<Consent>,
) -> Result<ListingId> {
    let community_id = region.community_id.ok_or(Code::NotFound)?;
    listing::check(&tx.connection, tx.now, ListingKind::Need, &mut new.draft, None, community_id).await?;
    new.check(&tx.connection, tx.now, community_id, None).await?;
    let listing = listing::insert(tx, keys, filing, region, &new.draft).await?;
    let (kind, note, at) = consent.map_or((None, None, None), |consent| (Some(consent.kind), consent.note, Some(consent.at)));
    let row = need::Model { consent: kind, consent_note: note, consent_at: at, ..row(listing.id, recipient_id, &new) };
    need::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    write_windows(tx, listing.id, &new.windows).await?;
    Ok(listing.id)
}

fn row(id: ListingId, recipient_id: RecipientId, new: &NeedDraft) -> need::Model {
    need::Model {
        id,
        recipient_id,
        relief_kind: new.relief_kind.clone(),
        urgency: new.urgency,
        minutes: new.minutes,
        skills: new.skills.join(","),
        qualifications: new.qualifications.join(","),
        min_age: new.min_age,
        risk_level: new.risk_level,
        risk_note: new.risk_note.clone(),
        insurance_ref: new.insurance_ref.clone(),
        consent: None,
        consent_note: None,
        consent_at: None,
    }
}

/// Writes a draft anew: its author, or who is in charge and completes it. For whom it is and the consent stay.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` for what is no draft any more, and the refusals of [`file`].
pub async fn update(tx: &Tx, keys: &Keys, actor: &Actor, id: ListingId, region_id: Option<RegionId>, mut new: NeedDraft) -> Result<Entry> {
    actor.require(Action::UpdateNeed, &actor.home())?;
    let entry = listing::own_or_in_charge(&tx.connection, actor, id, Some(ListingKind::Need)).await?;
    let Detail::Need(old, _) = entry.detail else { return Err(Code::NotFound.into()) };
    let before = state::lock(tx, id).await?;
    let region = owner::lies_in(&tx.connection, before.community_id, Some(region_id.unwrap_or(before.region_id))).await?;
    listing::check(&tx.connection, tx.now, ListingKind::Need, &mut new.draft, Some(&before), before.community_id).await?;
    new.check(&tx.connection, tx.now, before.community_id, Some(&old)).await?;
    listing::replace(tx, keys, &before, &region, &new.draft).await?;
    let consent = (old.consent, old.consent_note, old.consent_at);
    let row = need::Model { consent: consent.0, consent_note: consent.1, consent_at: consent.2, ..row(id, old.recipient_id, &new) };
    need::Entity::update_many().set(row.into_active_model().reset_all()).filter(need::Column::Id.eq(id)).exec(&tx.connection).await?;
    write_windows(tx, id, &new.windows).await?;
    listing::get(&tx.connection, actor, id, None).await.map_err(|_| listing::missing())
}
