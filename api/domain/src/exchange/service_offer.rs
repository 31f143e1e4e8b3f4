//! Service offers (服务清单): what a unit, a team or a person does for others, such as a free clinic on Wednesdays or a lawyer's hour.
//!
//! A *standing* offer (常态) is there whenever it is asked for, for so many at a time; a *bookable* one (预约) is had by the slot.

use entity::id::{ListingId, RegionId};
use entity::listing::{IntakeChannel, ListingKind};
use entity::service_offer::{self, ServiceMode};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use super::listing::{self, Draft, Entry, Owner, owner, state};
use crate::community::wording;
use crate::error::Result;
use crate::idempotency;
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// A service as its owner describes it.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceOfferDraft {
    /// What all listings say.
    pub draft: Draft,
    /// Standing or bookable.
    pub mode: ServiceMode,
    /// When, in words, up to 200 characters, such as 每周三下午.
    pub hours: String,
}

impl ServiceOfferDraft {
    fn check(&mut self) -> Result<()> {
        self.hours = wording::text(&self.hours, 200, "hours")?;
        listing::no_contact(&self.hours, "hours")
    }

    fn row(&self, id: ListingId) -> service_offer::Model {
        service_offer::Model { id, mode: self.mode, hours: self.hours.clone() }
    }
}

/// Offers a service, once per `key`.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`, `BAD_INPUT`, `TAXONOMY_UNKNOWN`, `WORD_RESERVED`, `CONTACT_IN_TEXT`.
pub async fn offer(
    tx: &Tx,
    keys: &Keys,
    actor: &Actor,
    key: &str,
    owner: Owner,
    channel: IntakeChannel,
    mut new: ServiceOfferDraft,
) -> Result<ListingId> {
    let input = (owner, channel, new.clone());
    idempotency::once(tx, actor.account_id, "offerService", key, &input, async {
        let region = owner::claim(&tx.connection, actor, Action::OfferService, owner, new.draft.region_id).await?;
        new.check()?;
        listing::check(&tx.connection, tx.now, ListingKind::ServiceOffer, &mut new.draft, None, actor.community_id).await?;
        let filing = listing::Filing { kind: ListingKind::ServiceOffer, owner: Some(owner), filed_by: actor.account_id, channel };
        let row = listing::insert(tx, keys, filing, &region, &new.draft).await?;
        service_offer::Entity::insert(new.row(row.id).into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(row.id)
    })
    .await
}

/// Writes a draft anew.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` for what is no draft any more, and the refusals of [`offer`].
pub async fn update(tx: &Tx, keys: &Keys, actor: &Actor, id: ListingId, region_id: Option<RegionId>, mut new: ServiceOfferDraft) -> Result<Entry> {
    actor.require(Action::UpdateServiceOffer, &actor.home())?;
    listing::own_or_in_charge(&tx.connection, actor, id, Some(ListingKind::ServiceOffer)).await?;
    let before = state::lock(tx, id).await?;
    new.check()?;
    let region = owner::lies_in(&tx.connection, before.community_id, Some(region_id.unwrap_or(before.region_id))).await?;
    listing::check(&tx.connection, tx.now, ListingKind::ServiceOffer, &mut new.draft, Some(&before), before.community_id).await?;
    listing::replace(tx, keys, &before, &region, &new.draft).await?;
    service_offer::Entity::update_many()
        .set(new.row(id).into_active_model().reset_all())
        .filter(service_offer::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    listing::get(&tx.connection, actor, id, None).await.map_err(|_| listing::missing())
}
