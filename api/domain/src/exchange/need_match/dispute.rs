//! Disputes: the sides do not agree on what was done, and an administrator who is on neither decides.

use entity::id::NeedMatchId;
use entity::match_step::{self, MatchStepKind};
use entity::need_match::{DisputeOutcome, MatchSide, MatchState, Model};
use entity::service_record::RecordState;
use entity::time::UtcMicros;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;

use super::confirm::{both_sides, count};
use super::{Entry, end, get, save, state, step};
use crate::error::{Code, Result};
use crate::idempotency;
use crate::people::permission::{Action, Actor};
use crate::points::policy;
use crate::service::record::{self, Revocation, Verdict};
use crate::service::wording;
use crate::tx::Tx;

/// How a dispute is decided.
#[derive(Clone, Debug, Serialize)]
pub struct Resolution {
    /// The match.
    pub match_id: NeedMatchId,
    /// Whether who disputed it is right.
    pub outcome: DisputeOutcome,
    /// Why, 1 to 200 characters.
    pub explanation: String,
}

/// Disputes a match that is done: the helper who waits in vain for the confirmation, or the need's side, who may do so also for some days after it was
/// confirmed. The next to do with it is an administrator.
///
/// # Errors
/// `NOT_FOUND`, `REASON_REQUIRED`, `FORBIDDEN` for a helper after the confirmation, `STATE_CHANGED` also for a second dispute, `DISPUTE_CLOSED`.
pub async fn dispute(tx: &Tx, actor: &Actor, id: NeedMatchId, reason: &str) -> Result<Entry> {
    actor.require(Action::DisputeMatch, &actor.home())?;
    let entry = get(&tx.connection, actor, id).await?;
    let reason = wording::reason(reason)?;
    let row = state::lock(tx, id).await?;
    let to = state::after(row.state, MatchStepKind::Disputed)?[0];
    let side = if entry.part.helper { MatchSide::Helper } else { MatchSide::Need };
    if row.state == MatchState::Confirmed {
        if side == MatchSide::Helper {
            return Err(Code::Forbidden.into());
        }
        let policy = policy::in_force(&tx.connection, row.community_id, tx.today()).await?;
        let until = confirmed_at(tx, id).await?.plus(i64::from(policy.match_dispute_days) * UtcMicros::DAY);
        if tx.now > until {
            return Err(Code::DisputeClosed.into());
        }
    }
    let row = Model { state: to, disputed_side: Some(side), ..row };
    save(tx, &row).await?;
    step::write(tx, &row, MatchStepKind::Disputed, Some(actor.account_id), Some(reason), &both_sides(tx, &entry).await?).await?;
    Ok(Entry { row, ..entry })
}

async fn confirmed_at(tx: &Tx, id: NeedMatchId) -> Result<UtcMicros> {
    Ok(said(tx, id, MatchStepKind::Confirmed).await?.map_or(tx.now, |row| row.happened_at))
}

async fn said(tx: &Tx, id: NeedMatchId, kind: MatchStepKind) -> Result<Option<match_step::Model>> {
    let query = match_step::Entity::find().filter(match_step::Column::MatchId.eq(id)).filter(match_step::Column::Kind.eq(kind));
    Ok(query.one(&tx.connection).await?)
}

/// Decides a dispute, once per `key`. A match that does not count loses its records, minutes and points; one that was not confirmed and counts gets them
/// now. Whoever is told why reads the same explanation.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who is on one of the sides, `SECOND_PERSON_REQUIRED` for who confirmed or disputed it, `REASON_REQUIRED`
/// on `explanation`, `STATE_CHANGED`.
pub async fn resolve(tx: &Tx, actor: &Actor, key: &str, input: Resolution) -> Result<NeedMatchId> {
    idempotency::once(
        tx,
        actor.account_id,
        "resolveDispute",
        key,
        &input,
        Box::pin(async {
            let entry = get(&tx.connection, actor, input.match_id).await?;
            actor.require(Action::ResolveDispute, &entry.place())?;
            let why = wording::required(&input.explanation, "explanation", 200, Code::ReasonRequired)?;
            let row = state::lock(tx, entry.row.id).await?;
            state::after(row.state, MatchStepKind::Resolved)?;
            check_neutral(tx, actor, &entry).await?;
            let upheld = input.outcome == DisputeOutcome::Upheld;
            // The helper disputes that it was not confirmed, the other side that it was done.
            let counts = (row.disputed_side == Some(MatchSide::Helper)) == upheld;
            let confirmed = said(tx, row.id, MatchStepKind::Confirmed).await?.is_some();
            let to = if counts { MatchState::Confirmed } else { MatchState::Voided };
            let row = Model { state: to, outcome: Some(input.outcome), ..row };
            match (counts, confirmed) {
                (true, false) => count(tx, actor, &entry, &row).await?,
                (false, true) => take_back(tx, actor, &row, &why).await?,
                (false, false) => end::release(tx, std::slice::from_ref(&row)).await?,
                (true, true) => {}
            }
            save(tx, &row).await?;
            step::write(tx, &row, MatchStepKind::Resolved, Some(actor.account_id), Some(why), &both_sides(tx, &entry).await?).await?;
            Ok(row.id)
        }),
    )
    .await
}

async fn check_neutral(tx: &Tx, actor: &Actor, entry: &Entry) -> Result<()> {
    let people = super::people(&tx.connection, &[entry.row.id]).await?.remove(&entry.row.id).unwrap_or_default();
    let served = actor.volunteer.is_some_and(|own| people.iter().any(|person| person.volunteer_id == own.id));
    if served || entry.part.helper || entry.part.owner {
        return Err(Code::SelfDealing.into());
    }
    for kind in [MatchStepKind::Confirmed, MatchStepKind::Disputed] {
        if said(tx, entry.row.id, kind).await?.is_some_and(|row| row.account_id == Some(actor.account_id)) {
            return Err(Code::SecondPersonRequired.into());
        }
    }
    Ok(())
}

/// Takes the records of a match back by the ways every record has: one that counts is revoked, one that waits is refused.
async fn take_back(tx: &Tx, actor: &Actor, row: &Model, why: &str) -> Result<()> {
    let people = super::people(&tx.connection, &[row.id]).await?.remove(&row.id).unwrap_or_default();
    for record_id in people.into_iter().filter_map(|person| person.record_id) {
        let key = format!("void:{record_id}");
        match record::get(&tx.connection, record_id).await?.state {
            RecordState::Certified => {
                let revocation = Revocation { record_id, reason: why.to_owned() };
                Box::pin(record::revoke(tx, actor, &key, revocation)).await?;
            }
            RecordState::Pending => {
                let verdict = Verdict { record_id, approve: false, reason: Some(why.to_owned()) };
                Box::pin(record::decide(tx, actor, &key, verdict)).await?;
            }
            RecordState::Rejected | RecordState::Revoked => {}
        }
    }
    Ok(())
}
