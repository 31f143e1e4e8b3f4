//! Who brings a pair together: the grid worker proposes, a helper offers; and who says that it is not for them.

use entity::id::{ListingId, NeedMatchId};
use entity::listing::ListingKind;
use entity::match_dismissal;
use entity::need_match::{MatchSide, Model};
use entity::time::BusinessDate;
use sea_orm::ConnectionTrait;
use serde::Serialize;

use super::fit::{self, Wanted};
use super::{Helper, Proposal, dismiss, propose, save};
use crate::error::{Code, Error, Result};
use crate::exchange::{listing, supply};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// A need and a helper.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Pair {
    /// The need.
    pub need_id: ListingId,
    /// The helper.
    pub helper: Helper,
}

/// Proposes a helper for a need of a place the actor looks after, once per `key`; the helper decides. `by` and `awaits` of the proposal are set here.
///
/// # Errors
/// `FORBIDDEN`, `SELF_DEALING` for the actor's own need or the actor as the helper, `HELPER_PAUSED`, the refusals of [`propose`], and what keeps a
/// volunteer on the day: `VOLUNTEER_SUSPENDED`, `TOO_YOUNG`, `QUALIFICATION_MISSING`, `OWN_NEED`.
pub async fn propose_match(tx: &Tx, actor: &Actor, key: &str, proposal: Proposal) -> Result<NeedMatchId> {
    idempotency::once(
        tx,
        actor.account_id,
        "proposeMatch",
        key,
        &proposal,
        Box::pin(async {
            listing::in_charge_of(&tx.connection, actor, Action::ProposeMatch, proposal.need_id, Some(ListingKind::Need))
                .await
                .map_err(|error| error.on("needId"))?;
            check_offering(&tx.connection, actor, proposal.helper).await?;
            if let Helper::Volunteer(id) = proposal.helper {
                if actor.volunteer.is_some_and(|own| own.id == id) {
                    return Err(Code::SelfDealing.into());
                }
                let day = day(tx, &proposal);
                fit::check_volunteer(&tx.connection, &Wanted::of(&tx.connection, proposal.need_id).await?, id, day, true).await?;
                if supply::of(&tx.connection, &[id]).await?.remove(&id).is_some_and(|supply| supply.pauses(day)) {
                    return Err(Code::HelperPaused.into());
                }
            }
            Ok(propose(tx, Proposal { by: Some(actor.account_id), awaits: MatchSide::Helper, ..proposal.clone() }).await?.id)
        }),
    )
    .await
}

/// Offers help for a need that everybody sees, once per `key`: a volunteer alone, or a team or an offering for which the actor speaks. The need's side
/// decides. `by` and `awaits` of the proposal are set here.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN` for a helper the actor does not speak for, `BAD_INPUT` on `startsAt` for people without a time, the refusals of [`propose`],
/// and what keeps a volunteer on the day (see [`propose_match`]), `CONSENT_REQUIRED` on `guardianConsent` for a minor without it.
pub async fn offer_help(tx: &Tx, actor: &Actor, key: &str, proposal: Proposal, guardian_consent: Option<String>) -> Result<NeedMatchId> {
    actor.require(Action::OfferHelp, &actor.home())?;
    idempotency::once(tx, actor.account_id, "offerHelp", key, &(&proposal, &guardian_consent), async {
        let guardian_consent = wording::optional(guardian_consent.as_deref(), "guardianConsent", 200)?;
        listing::get(&tx.connection, actor, proposal.need_id, Some(ListingKind::Need)).await.map_err(|error| error.on("needId"))?;
        check_offering(&tx.connection, actor, proposal.helper).await?;
        if !proposal.helper.is_spoken_for_by(&tx.connection, actor).await? {
            return Err(Code::Forbidden.into());
        }
        if proposal.span.is_none() && !matches!(proposal.helper, Helper::Offering(_)) {
            return Err(Error::from(Code::BadInput).on("startsAt"));
        }
        if let Helper::Volunteer(id) = proposal.helper {
            let wanted = Wanted::of(&tx.connection, proposal.need_id).await?;
            fit::check_volunteer(&tx.connection, &wanted, id, day(tx, &proposal), guardian_consent.is_some()).await?;
        }
        let row = propose(tx, Proposal { by: Some(actor.account_id), awaits: MatchSide::Need, ..proposal.clone() }).await?;
        if guardian_consent.is_some() {
            save(tx, &Model { guardian_consent, ..row.clone() }).await?;
        }
        Ok(row.id)
    })
    .await
}

/// Leaves a pair alone for the days of the policy: said by the helper, by the need's owner, or by who looks after the place.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`.
pub async fn dismiss_pair(tx: &Tx, actor: &Actor, pair: Pair, reason: &str) -> Result<match_dismissal::Model> {
    actor.require(Action::DismissMatch, &actor.home())?;
    let entry = listing::get(&tx.connection, actor, pair.need_id, Some(ListingKind::Need)).await.map_err(|error| error.on("needId"))?;
    let reason = wording::reason(reason)?;
    pair.helper.check(&tx.connection, entry.listing.community_id).await?;
    let own = entry.listing.owner_account_id == Some(actor.account_id);
    let may = own || listing::owner::in_charge(actor, &entry.place()) || pair.helper.is_spoken_for_by(&tx.connection, actor).await?;
    if !may {
        return Err(Code::Forbidden.into());
    }
    dismiss(tx, entry.listing.community_id, pair.need_id, pair.helper, actor.account_id, &reason).await
}

/// An offering must be there for the actor too.
async fn check_offering(connection: &impl ConnectionTrait, actor: &Actor, helper: Helper) -> Result<()> {
    if let Helper::Offering(id) = helper {
        listing::get(connection, actor, id, None).await.map_err(|error| error.on("helper"))?;
    }
    Ok(())
}

/// The day on which the helper would serve.
fn day(tx: &Tx, proposal: &Proposal) -> BusinessDate {
    proposal.span.map_or(tx.now, |span| span.starts_at).business_date()
}
