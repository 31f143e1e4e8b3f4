//! The outcome (评审结果): a note of consensus where scores lie far apart, the verdict made known at the end of the phase; more time, and calling off.

use std::collections::HashMap;

use entity::id::ReviewRoundId;
use entity::review_round::{self, Model, RoundPhase, SubjectKind, Verdict};
use entity::review_seat::{self, SeatState};
use entity::review_vote;
use entity::time::UtcMicros;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::panel::{queues_changed, told};
use super::round::{self, Dissent, Seen, Sight, is_wide};
use super::{score, stake};
use crate::error::{Code, Error, Result};
use crate::event::{Event, ReviewNews};
use crate::exchange::project;
use crate::outbox;
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// Longest time to score in, from now.
const EXTENSION_MAX: i64 = 90 * UtcMicros::DAY;

/// Writes down what the panel agreed on, once: a reviewer who scored, or who is in charge.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`; `STATE_CHANGED` unless the round is closed, its scores lie far apart and there is no note yet;
/// `REASON_REQUIRED` on `note`.
pub async fn note_consensus(tx: &Tx, actor: &Actor, id: ReviewRoundId, note: &str) -> Result<Seen> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::NoteConsensus, &seen.place)?;
    seen.disinterested()?;
    let note = wording::required(note, "note", 1_000, Code::ReasonRequired)?;
    if seen.sight != Sight::Staff {
        let seat = review_seat::Entity::find_by_id((id, actor.account_id)).one(&tx.connection).await?;
        if seat.is_none_or(|seat| seat.state != SeatState::Scored) {
            return Err(Code::Forbidden.into());
        }
    }
    let row = round::lock(tx, id).await?;
    round::in_phase(&row, RoundPhase::Closed)?;
    if !is_wide(&row) || row.consensus_note.is_some() {
        return Err(Code::StateChanged.into());
    }
    review_round::Entity::update_many()
        .col_expr(review_round::Column::ConsensusNote, Expr::value(note))
        .col_expr(review_round::Column::ConsensusBy, Expr::value(actor.account_id))
        .filter(review_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    round::get(&tx.connection, actor, id).await
}

/// Makes the verdict known, at the end of the phase.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`; `STATE_CHANGED` unless the round is closed, and before its date of publication; `CONSENSUS_REQUIRED`.
pub async fn publish(tx: &Tx, actor: &Actor, id: ReviewRoundId) -> Result<Seen> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::PublishReview, &seen.place)?;
    seen.disinterested()?;
    let row = round::lock(tx, id).await?;
    round::in_phase(&row, RoundPhase::Closed)?;
    if let Some(at) = row.publish_at.filter(|at| *at > tx.now) {
        return Err(Error::from(Code::StateChanged).with("publishAt", at.date_time().to_rfc3339()));
    }
    if is_wide(&row) && row.consensus_note.is_none() {
        return Err(Code::ConsensusRequired.into());
    }
    make_known(tx, &row).await?;
    round::get(&tx.connection, actor, id).await
}

/// Publishes a locked, closed round: moves the subject on and tells everybody who has a stake.
pub(super) async fn make_known(tx: &Tx, row: &Model) -> Result<()> {
    let verdict = row.verdict.ok_or_else(|| Error::internal("a closed round has no verdict"))?;
    review_round::Entity::update_many()
        .col_expr(review_round::Column::Phase, Expr::value(RoundPhase::Published))
        .col_expr(review_round::Column::PublishedAt, Expr::value(tx.now))
        .filter(review_round::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    if row.subject_kind == SubjectKind::Project {
        let why = Dissent(row.id);
        let reasons = if verdict == Verdict::Approve { None } else { reasons(&tx.connection, &[why]).await?.remove(&why) };
        project::decided(tx, entity::id::ProjectId(row.subject_id), verdict, &reasons.unwrap_or_default()).await?;
    }
    let stakes = stake::of(&tx.connection, row.id).await?;
    let mut events: Vec<Event> = stakes.accounts.into_iter().map(|id| told(row, id, ReviewNews::Published(verdict), tx)).collect();
    events.extend(queues_changed(tx, row).await?);
    outbox::record_all(tx, &events).await
}

/// The reasons of those who did not approve of several rounds, in the order in which they came, without names.
///
/// # Errors
/// When the database cannot be read.
pub async fn reasons(connection: &impl ConnectionTrait, rounds: &[Dissent]) -> Result<HashMap<Dissent, Vec<String>>> {
    let ids: Vec<ReviewRoundId> = rounds.iter().map(|round| round.0).collect();
    let votes = score::votes_of(connection, &ids).await?.into_iter();
    let said = |votes: Vec<review_vote::Model>| votes.into_iter().filter(|vote| vote.verdict != Verdict::Approve).filter_map(|vote| vote.reason);
    Ok(votes.map(|(id, votes)| (Dissent(id), said(votes).collect())).collect())
}

/// Gives reviewers more time; a round whose time was over goes on, and is not published before.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`; `BAD_INPUT` on `dueAt` unless it is later than before, in the future, and within 90 days.
pub async fn extend(tx: &Tx, actor: &Actor, id: ReviewRoundId, due_at: UtcMicros) -> Result<Seen> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::ExtendReview, &seen.place)?;
    seen.disinterested()?;
    let row = round::lock(tx, id).await?;
    round::in_phase(&row, RoundPhase::Scoring)?;
    let fits = due_at > row.due_at && due_at > tx.now && due_at <= tx.now.plus(EXTENSION_MAX);
    if !fits {
        return Err(Error::from(Code::BadInput).on("dueAt"));
    }
    review_round::Entity::update_many()
        .col_expr(review_round::Column::DueAt, Expr::value(due_at))
        .col_expr(review_round::Column::PublishAt, Expr::value(row.publish_at.map(|at| at.max(due_at))))
        .col_expr(review_round::Column::RemindAt, Expr::value(due_at.plus(-UtcMicros::DAY).max(tx.now)))
        .filter(review_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    round::get(&tx.connection, actor, id).await
}

/// Calls a round off before its verdict is known; its subject may be put before another panel. What was scored stays on record and is shown to nobody.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING`, `REASON_REQUIRED`, `STATE_CHANGED`.
pub async fn cancel(tx: &Tx, actor: &Actor, id: ReviewRoundId, reason: &str) -> Result<Seen> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::CancelReview, &seen.place)?;
    seen.disinterested()?;
    let reason = wording::reason(reason)?;
    let row = round::lock(tx, id).await?;
    call_off(tx, &row, &reason).await?;
    if row.subject_kind == SubjectKind::Project {
        project::recalled(tx, actor.account_id, entity::id::ProjectId(row.subject_id), &reason).await?;
    }
    round::get(&tx.connection, actor, id).await
}

/// Calls off whatever rounds of several subjects are open, for the noun that put them before a panel and gives them up itself.
///
/// # Errors
/// When the database refuses.
pub async fn recall(tx: &Tx, kind: SubjectKind, ids: &[Uuid], reason: &str) -> Result<()> {
    let open = review_round::Entity::find()
        .filter(review_round::Column::SubjectKind.eq(kind))
        .filter(review_round::Column::SubjectId.is_in(ids.iter().copied()))
        .filter(review_round::Column::Phase.is_in([RoundPhase::Scoring, RoundPhase::Closed]));
    for row in open.order_by_asc(review_round::Column::Id).all(&tx.connection).await? {
        call_off(tx, &round::lock(tx, row.id).await?, reason).await?;
    }
    Ok(())
}

/// Ends a locked round without a verdict.
async fn call_off(tx: &Tx, row: &Model, reason: &str) -> Result<()> {
    if !matches!(row.phase, RoundPhase::Scoring | RoundPhase::Closed) {
        return Err(Code::StateChanged.into());
    }
    review_round::Entity::update_many()
        .col_expr(review_round::Column::Phase, Expr::value(RoundPhase::Cancelled))
        .col_expr(review_round::Column::CancelledAt, Expr::value(tx.now))
        .col_expr(review_round::Column::CancelReason, Expr::value(reason))
        .col_expr(review_round::Column::RemindAt, Expr::value(None::<i64>))
        .filter(review_round::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    score::release(tx, row.id).await?;
    outbox::record_all(tx, &queues_changed(tx, row).await?).await
}
