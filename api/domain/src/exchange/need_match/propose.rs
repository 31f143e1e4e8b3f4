//! Proposing a match. A proposal promises nothing and obliges nobody.

use entity::id::{AccountId, ListingId, ListingSlotId, MatchPlanId, NeedMatchId};
use entity::listing::{self, ListingKind};
use entity::match_step::MatchStepKind;
use entity::need;
use entity::need_match::{MatchSide, MatchState, Model};
use entity::time::UtcMicros;
use sea_orm::{EntityTrait, IntoActiveModel};
use serde::Serialize;

use super::{Helper, dismiss, step};
use crate::error::{Code, Error, Result};
use crate::exchange::listing::state as listing_state;
use crate::exchange::need::Window;
use crate::points::policy;
use crate::tx::Tx;

/// Why a match was suggested.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// Millionths.
    pub micros: i64,
    /// The reasons that add up to it, as JSON.
    pub reasons: String,
}

/// A match to propose.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// The need.
    pub need_id: ListingId,
    /// Who could help.
    pub helper: Helper,
    /// Which slot, of a space or a bookable service.
    pub slot_id: Option<ListingSlotId>,
    /// When; without one it is agreed with the acceptance.
    pub span: Option<Window>,
    /// How many places or things; one for a volunteer.
    pub quantity: i64,
    /// What it was suggested with.
    pub score: Option<Score>,
    /// The plan it came of.
    pub plan_id: Option<MatchPlanId>,
    /// Who proposes it; none for the program.
    pub by: Option<AccountId>,
    /// Whose word is missing: of what the need's side or the program proposes the helper's, of what the helper offers the need's.
    pub awaits: MatchSide,
}

/// Proposes a match and asks the side whose word is missing. Whether the helper fits is asked when it is accepted, and by whoever suggests before.
///
/// # Errors
/// `NOT_FOUND` for a need or a helper that is not there, `LISTING_NOT_OPEN` for a need, `QUANTITY_INSUFFICIENT` with how many are left of the need,
/// `BAD_INPUT` for a quantity or a time that is impossible, `OWN_NEED`, `MATCH_DISMISSED` with the day until which the pair is left alone,
/// `ALREADY_MATCHED`.
pub async fn propose(tx: &Tx, proposal: Proposal) -> Result<Model> {
    let need = listing::Entity::find_by_id(proposal.need_id).one(&tx.connection).await?;
    let need = need.filter(|row| row.kind == ListingKind::Need).ok_or_else(|| Error::from(Code::NotFound).on("needId"))?;
    if need.valid_until <= tx.now {
        return Err(Code::ListingNotOpen.into());
    }
    listing_state::after(need.state, listing_state::Step::Claim)?;
    proposal.helper.check(&tx.connection, need.community_id).await?;
    check_quantity(&proposal, &need)?;
    if let Some(span) = proposal.span {
        let detail = need::Entity::find_by_id(need.id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
        super::check_span(&tx.connection, tx.now, &need, &detail, span).await?;
    }
    let accounts = proposal.helper.accounts(&tx.connection).await?;
    if need.owner_account_id.is_some_and(|owner| accounts.contains(&owner) && !matches!(proposal.helper, Helper::Team(_))) {
        return Err(Code::OwnNeed.into());
    }
    if proposal.awaits == MatchSide::Helper
        && let Some(until) = dismiss::dismissed_until(&tx.connection, need.id, proposal.helper, tx.today()).await?
    {
        return Err(Error::from(Code::MatchDismissed).with("until", until.naive()));
    }
    let row = row(tx, &need, &proposal).await?;
    entity::need_match::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    let asked = if proposal.awaits == MatchSide::Helper { accounts } else { super::need_accounts(&need) };
    step::write(tx, &row, MatchStepKind::Proposed, proposal.by, None, &asked).await?;
    Ok(row)
}

fn check_quantity(proposal: &Proposal, need: &listing::Model) -> Result<()> {
    let most = if matches!(proposal.helper, Helper::Volunteer(_)) { 1 } else { need.quantity };
    if !(1..=most).contains(&proposal.quantity) {
        return Err(Error::from(Code::BadInput).on("quantity").with("min", 1).with("max", most));
    }
    if proposal.quantity > need.quantity - need.reserved {
        return Err(Error::from(Code::QuantityInsufficient).on("quantity").with("left", need.quantity - need.reserved));
    }
    if proposal.slot_id.is_some() && !matches!(proposal.helper, Helper::Offering(_)) {
        return Err(Error::from(Code::SlotRequired).on("slotId"));
    }
    Ok(())
}

async fn row(tx: &Tx, need: &listing::Model, proposal: &Proposal) -> Result<Model> {
    let policy = policy::in_force(&tx.connection, need.community_id, tx.today()).await?;
    let answer_by = tx.now.plus(i64::from(policy.match_answer_hours) * UtcMicros::HOUR);
    let begins = proposal.span.map_or(need.valid_until, |span| span.starts_at.max(tx.now.plus(UtcMicros::MINUTE)));
    let (volunteer_id, team_id, offering_id) = proposal.helper.columns();
    Ok(Model {
        id: NeedMatchId::new(tx.now),
        community_id: need.community_id,
        need_id: need.id,
        volunteer_id,
        team_id,
        offering_id,
        slot_id: proposal.slot_id,
        quantity: proposal.quantity,
        starts_at: proposal.span.map(|span| span.starts_at),
        ends_at: proposal.span.map(|span| span.ends_at),
        state: MatchState::Proposed,
        awaits: proposal.awaits,
        score: proposal.score.as_ref().map(|score| score.micros),
        reasons: proposal.score.as_ref().map(|score| score.reasons.clone()),
        plan_id: proposal.plan_id,
        proposed_by: proposal.by,
        need_reservation_id: None,
        offering_reservation_id: None,
        guardian_consent: None,
        proposed_at: tx.now,
        expires_at: Some(answer_by.min(begins).min(need.valid_until)),
        started_at: None,
        finished_at: None,
        rating: None,
        channel: None,
        disputed_side: None,
        outcome: None,
    })
}
