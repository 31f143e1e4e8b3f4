//! Resources (资源清单): goods (物资) with a quantity, spaces (场地) with bookable slots, equipment (设备) on loan.
//!
//! A person, a team or a unit offers one. Goods are counted and given away; a space is had by the slot; equipment is lent for some days, and lending it is a
//! reservation that is released when it is back.

use entity::id::{ListingId, RegionId};
use entity::listing::{IntakeChannel, ListingKind};
use entity::resource::{self, ResourceForm};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::Serialize;

use super::listing::{self, Draft, Entry, Owner, owner, state};
use crate::error::{Code, Error, Result};
use crate::idempotency;
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// A resource as its owner describes it.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceDraft {
    /// What all listings say.
    pub draft: Draft,
    /// Goods, space or equipment.
    pub form: ResourceForm,
    /// Longest loan in days, 1 to 365; for equipment alone.
    pub loan_days_max: Option<i32>,
}

impl ResourceDraft {
    fn check(&self) -> Result<()> {
        let fits = match self.form {
            ResourceForm::Equipment => self.loan_days_max.is_some_and(|days| (1..=365).contains(&days)),
            ResourceForm::Goods | ResourceForm::Space => self.loan_days_max.is_none(),
        };
        if fits { Ok(()) } else { Err(Error::from(Code::BadInput).on("loanDaysMax").with("min", 1).with("max", 365)) }
    }

    fn row(&self, id: ListingId) -> resource::Model {
        resource::Model { id, form: self.form, loan_days_max: self.loan_days_max }
    }
}

/// Offers a resource, once per `key`.
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
    mut new: ResourceDraft,
) -> Result<ListingId> {
    let input = (owner, channel, new.clone());
    idempotency::once(tx, actor.account_id, "offerResource", key, &input, async {
        let region = owner::claim(&tx.connection, actor, Action::OfferResource, owner, new.draft.region_id).await?;
        new.check()?;
        listing::check(&tx.connection, tx.now, ListingKind::Resource, &mut new.draft, None, actor.community_id).await?;
        let filing = listing::Filing { kind: ListingKind::Resource, owner: Some(owner), filed_by: actor.account_id, channel };
        let row = listing::insert(tx, keys, filing, &region, &new.draft).await?;
        resource::Entity::insert(new.row(row.id).into_active_model()).exec_without_returning(&tx.connection).await?;
        Ok(row.id)
    })
    .await
}

/// Writes a draft anew.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` for what is no draft any more, and the refusals of [`offer`].
pub async fn update(tx: &Tx, keys: &Keys, actor: &Actor, id: ListingId, region_id: Option<RegionId>, mut new: ResourceDraft) -> Result<Entry> {
    actor.require(Action::UpdateResource, &actor.home())?;
    listing::own_or_in_charge(&tx.connection, actor, id, Some(ListingKind::Resource)).await?;
    let before = state::lock(tx, id).await?;
    new.check()?;
    let region = owner::lies_in(&tx.connection, before.community_id, Some(region_id.unwrap_or(before.region_id))).await?;
    listing::check(&tx.connection, tx.now, ListingKind::Resource, &mut new.draft, Some(&before), before.community_id).await?;
    listing::replace(tx, keys, &before, &region, &new.draft).await?;
    resource::Entity::update_many().set(new.row(id).into_active_model().reset_all()).filter(resource::Column::Id.eq(id)).exec(&tx.connection).await?;
    listing::get(&tx.connection, actor, id, None).await.map_err(|_| listing::missing())
}
