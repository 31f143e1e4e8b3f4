//! Listings before a panel: a need, resource or service offer that more than one person is to look at. The verdict is on record; what follows from it is
//! for who is in charge of the list to do.

use std::collections::BTreeSet;

use entity::id::{ListingId, NeedId, ResourceId, ServiceOfferId};
use entity::listing::{ListingKind, ListingState, Model};
use entity::review_round::{self, SubjectKind};
use sea_orm::ActiveEnum;

use super::evidence::{self, Document};
use super::open::{Choice, Subject, open};
use super::stake::Stakes;
use crate::error::{Code, Result};
use crate::exchange::listing::{self, state};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Puts a listing before a panel, as it is now.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`; `STATE_CHANGED` for one that is over; and the refusals of [`open`].
pub async fn open_review(
    tx: &Tx,
    keys: &Keys,
    actor: &Actor,
    id: ListingId,
    kind: Option<ListingKind>,
    choice: Choice,
) -> Result<review_round::Model> {
    let entry = listing::get(&tx.connection, actor, id, kind).await?;
    actor.require(Action::OpenReview, &entry.place())?;
    let row = state::lock(tx, id).await?;
    if row.owner_account_id == Some(actor.account_id) || row.filed_by == actor.account_id {
        return Err(Code::SelfDealing.into());
    }
    if matches!(row.state, ListingState::Closed | ListingState::Withdrawn | ListingState::Expired) {
        return Err(Code::StateChanged.into());
    }
    let pack = evidence::freeze(tx, row.community_id, SubjectKind::Listing, id.0, actor.account_id, vec![document(&row)]).await?;
    let mut stakes = Stakes { accounts: BTreeSet::from([row.filed_by]), ..Stakes::default() };
    stakes.accounts.extend(row.owner_account_id);
    stakes.teams.extend(row.owner_team_id);
    stakes.units.extend(row.owner_unit_id);
    let subject = Subject {
        community_id: row.community_id,
        region_id: row.region_id,
        kind: SubjectKind::Listing,
        id: id.0,
        reference: reference(&row),
        title: row.title.clone(),
        pack_id: pack.id,
        stakes,
    };
    open(tx, keys, actor.account_id, &entry.place(), subject, choice).await
}

/// The id of a listing as its kind writes it.
fn reference(row: &Model) -> String {
    match row.kind {
        ListingKind::Need => NeedId::from(row.id).to_string(),
        ListingKind::Resource => ResourceId::from(row.id).to_string(),
        ListingKind::ServiceOffer => ServiceOfferId::from(row.id).to_string(),
    }
}

/// What a listing says to everybody; its contact stays sealed.
fn document(row: &Model) -> Document {
    let text = format!(
        "# {}\n\n清单:{}\n类别:{}\n地点:{}\n数量:{} {}\n状态:{}\n\n{}\n",
        row.title,
        row.kind.to_value(),
        row.category,
        row.place,
        row.quantity,
        row.measure,
        row.state.to_value(),
        row.description
    );
    Document::markdown("listing", text)
}
