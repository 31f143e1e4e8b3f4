//! Scoring (打分): one ballot of each reviewer, alone and once; the last one needed closes the round.

use std::collections::HashMap;

use entity::id::{AccountId, ReviewRoundId};
use entity::review_round::{self, Model, RoundPhase, Verdict};
use entity::review_seat::{self, SeatState, Tie};
use entity::{review_criterion, review_score, review_vote};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::panel::{self, told};
use super::round::{self, Reading, Seen};
use super::{stake, tally, tie};
use crate::error::{Code, Error, Result};
use crate::event::ReviewNews;
use crate::keys::Keys;
use crate::outbox;
use crate::people::permission::{Action, Actor};
use crate::service::wording;
use crate::tx::Tx;

/// What a reviewer finds.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// Points, 0 to 100, for each criterion of the round, by its code.
    pub points: Vec<(String, i32)>,
    /// The finding.
    pub verdict: Verdict,
    /// Why, up to 500 characters; must be given with RETURN and REJECT.
    pub reason: Option<String>,
}

/// What is noted of a tie that is written down nowhere.
const UNSPOKEN: &str = "存在回避情形";

/// What became of a ballot.
#[derive(Clone, Debug)]
pub enum Scored {
    /// It counts.
    Counted(Box<Seen>),
    /// The reviewer has come to be tied to the subject and was taken off the panel; the ballot was not kept.
    Recused(Tie),
}

/// Takes a reviewer's ballot. What it gives is to be committed either way: a recusal stands.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`; `REVIEWER_RECUSED`; `ALREADY_SCORED`; `STATE_CHANGED` when enough have scored or the round was called off; `REVIEW_OVER`
/// after the time to score in; `BAD_INPUT` on `points` unless every criterion has its points once; `REASON_REQUIRED`.
pub async fn score(tx: &Tx, keys: &Keys, actor: &Actor, id: ReviewRoundId, ballot: Ballot) -> Result<Scored> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::ScoreReview, &seen.place)?;
    let reason = wording::optional(ballot.reason.as_deref(), "reason", 500)?;
    if ballot.verdict != Verdict::Approve && reason.is_none() {
        return Err(Error::from(Code::ReasonRequired).on("reason"));
    }
    let row = round::lock(tx, id).await?;
    let seat = review_seat::Entity::find_by_id((id, actor.account_id)).one(&tx.connection).await?.ok_or(Code::Forbidden)?;
    match (seat.state, seat.tie) {
        (SeatState::Recused, tie) => return Err(tie.map_or_else(|| Code::ReviewerRecused.into(), panel::refusal)),
        (SeatState::Scored, _) => return Err(Code::AlreadyScored.into()),
        (SeatState::Active | SeatState::Released, _) => round::in_phase(&row, RoundPhase::Scoring)?,
    }
    if row.due_at <= tx.now {
        return Err(Code::ReviewOver.into());
    }
    let criteria = criteria_of(&tx.connection, &[id]).await?.remove(&id).unwrap_or_default();
    let points = matched(&criteria, &ballot.points)?;
    let stakes = stake::of(&tx.connection, id).await?;
    let mut ties = tie::ties(tx, &stakes, &[actor.account_id]).await?;
    let unspoken = tie::unspoken(tx, keys, &stakes, &[actor.account_id]).await?;
    if let Some(tie) = ties.remove(&actor.account_id).or_else(|| unspoken.contains(&actor.account_id).then_some(Tie::Declared)) {
        let note = (tie == Tie::Declared).then(|| UNSPOKEN.to_owned());
        panel::recuse_seat(tx, keys, &row, &seen.place, actor.account_id, tie, note).await?;
        return Ok(Scored::Recused(tie));
    }
    write(tx, &row, actor.account_id, &points, ballot.verdict, reason).await?;
    if row.votes + 1 == row.votes_needed {
        close(tx, &row).await?;
    }
    outbox::record_all(tx, &panel::queues_changed(tx, &row).await?).await?;
    Ok(Scored::Counted(Box::new(round::get(&tx.connection, actor, id).await?)))
}

/// The points in the order of the criteria, with their weights.
fn matched(criteria: &[review_criterion::Model], given: &[(String, i32)]) -> Result<Vec<(i32, tally::Weighted)>> {
    let wrong = || Error::from(Code::BadInput).on("points").with("min", 0).with("max", 100);
    let fits = given.len() == criteria.len() && given.iter().all(|(_, points)| (0..=100).contains(points));
    if !fits {
        return Err(wrong());
    }
    let by_code: HashMap<&str, i32> = given.iter().map(|(code, points)| (code.as_str(), *points)).collect();
    let points = criteria.iter().map(|one| Some((one.position, (one.weight, *by_code.get(one.code.as_str())?))));
    points.collect::<Option<_>>().ok_or_else(wrong)
}

async fn write(
    tx: &Tx,
    round: &Model,
    account_id: AccountId,
    points: &[(i32, tally::Weighted)],
    verdict: Verdict,
    reason: Option<String>,
) -> Result<()> {
    let weighted: Vec<tally::Weighted> = points.iter().map(|(_, weighted)| *weighted).collect();
    let vote = review_vote::Model { round_id: round.id, account_id, verdict, reason, total_bps: tally::total(&weighted), voted_at: tx.now };
    review_vote::Entity::insert(vote.into_active_model()).exec_without_returning(&tx.connection).await?;
    let scores = points.iter().map(|(position, (_, points))| {
        review_score::Model { round_id: round.id, account_id, position: *position, points: *points }.into_active_model()
    });
    review_score::Entity::insert_many(scores.collect::<Vec<_>>()).exec_without_returning(&tx.connection).await?;
    review_seat::Entity::update_many()
        .col_expr(review_seat::Column::State, Expr::value(SeatState::Scored))
        .col_expr(review_seat::Column::SettledAt, Expr::value(tx.now))
        .filter(review_seat::Column::RoundId.eq(round.id))
        .filter(review_seat::Column::AccountId.eq(account_id))
        .exec(&tx.connection)
        .await?;
    review_round::Entity::update_many()
        .col_expr(review_round::Column::Votes, Expr::value(round.votes + 1))
        .filter(review_round::Column::Id.eq(round.id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Closes a locked round whose last vote was just written, and tells who opened it.
async fn close(tx: &Tx, round: &Model) -> Result<()> {
    let votes = votes_of(&tx.connection, &[round.id]).await?.remove(&round.id).unwrap_or_default();
    let found = tally::tally(&votes.iter().map(|vote| (vote.verdict, vote.total_bps)).collect::<Vec<_>>());
    review_round::Entity::update_many()
        .col_expr(review_round::Column::Phase, Expr::value(RoundPhase::Closed))
        .col_expr(review_round::Column::ClosedAt, Expr::value(tx.now))
        .col_expr(review_round::Column::RemindAt, Expr::value(None::<i64>))
        .col_expr(review_round::Column::MeanBps, Expr::value(found.mean_bps))
        .col_expr(review_round::Column::SpreadBps, Expr::value(found.spread_bps))
        .col_expr(review_round::Column::Verdict, Expr::value(found.verdict))
        .filter(review_round::Column::Id.eq(round.id))
        .exec(&tx.connection)
        .await?;
    release(tx, round.id).await?;
    let news = if found.spread_bps > round.spread_limit_bps { ReviewNews::Wide } else { ReviewNews::Closed };
    let mut events = vec![told(round, round.opened_by, news, tx)];
    if news == ReviewNews::Wide {
        events.extend(votes.iter().filter(|vote| vote.account_id != round.opened_by).map(|vote| told(round, vote.account_id, news, tx)));
    }
    outbox::record_all(tx, &events).await
}

/// Lets those go who have not scored.
pub(super) async fn release(tx: &Tx, id: ReviewRoundId) -> Result<()> {
    review_seat::Entity::update_many()
        .col_expr(review_seat::Column::State, Expr::value(SeatState::Released))
        .col_expr(review_seat::Column::SettledAt, Expr::value(tx.now))
        .filter(review_seat::Column::RoundId.eq(id))
        .filter(review_seat::Column::State.eq(SeatState::Active))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// What several rounds judge by.
///
/// # Errors
/// When the database cannot be read.
pub async fn criteria_of(connection: &impl ConnectionTrait, ids: &[ReviewRoundId]) -> Result<HashMap<ReviewRoundId, Vec<review_criterion::Model>>> {
    let query = review_criterion::Entity::find().filter(review_criterion::Column::RoundId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ReviewRoundId, Vec<review_criterion::Model>> = HashMap::new();
    for row in query.order_by_asc(review_criterion::Column::Position).all(connection).await? {
        lists.entry(row.round_id).or_default().push(row);
    }
    Ok(lists)
}

/// All votes of several rounds, in the order in which they came. Asks for nobody: only for rounds that are closed, and by this module.
pub(super) async fn votes_of(connection: &impl ConnectionTrait, ids: &[ReviewRoundId]) -> Result<HashMap<ReviewRoundId, Vec<review_vote::Model>>> {
    let query = review_vote::Entity::find().filter(review_vote::Column::RoundId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ReviewRoundId, Vec<review_vote::Model>> = HashMap::new();
    let order = query.order_by_asc(review_vote::Column::VotedAt).order_by_asc(review_vote::Column::AccountId);
    for row in order.all(connection).await? {
        lists.entry(row.round_id).or_default().push(row);
    }
    Ok(lists)
}

/// A ballot as the panel reads it.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The finding and its reason.
    pub vote: review_vote::Model,
    /// Points by position of the criterion.
    pub points: Vec<(i32, i32)>,
}

/// Ballots, in the order in which they came. Two queries however many rounds they are of.
///
/// # Errors
/// When the database cannot be read.
pub async fn ballots(connection: &impl ConnectionTrait, readings: &[Reading]) -> Result<HashMap<Reading, Vec<Cast>>> {
    use {review_score::Column as Score, review_vote::Column as Vote};
    if readings.is_empty() {
        return Ok(HashMap::new());
    }
    let (mut of_votes, mut of_scores) = (Condition::any(), Condition::any());
    for Reading { round_id, only } in readings {
        let mine = |round: Expr, account: Expr| if only.is_some() { round.and(account) } else { round };
        of_votes = of_votes.add(mine(Vote::RoundId.eq(*round_id), Vote::AccountId.eq(*only)));
        of_scores = of_scores.add(mine(Score::RoundId.eq(*round_id), Score::AccountId.eq(*only)));
    }
    let mut points: HashMap<(ReviewRoundId, AccountId), Vec<(i32, i32)>> = HashMap::new();
    for row in review_score::Entity::find().filter(of_scores).order_by_asc(Score::Position).all(connection).await? {
        points.entry((row.round_id, row.account_id)).or_default().push((row.position, row.points));
    }
    let mut lists: HashMap<Reading, Vec<Cast>> = HashMap::new();
    let by_round: HashMap<ReviewRoundId, Reading> = readings.iter().map(|reading| (reading.round_id, *reading)).collect();
    let votes = review_vote::Entity::find().filter(of_votes).order_by_asc(Vote::VotedAt).order_by_asc(Vote::AccountId);
    for vote in votes.all(connection).await? {
        let points = points.remove(&(vote.round_id, vote.account_id)).unwrap_or_default();
        if let Some(reading) = by_round.get(&vote.round_id) {
            lists.entry(*reading).or_default().push(Cast { vote, points });
        }
    }
    Ok(lists)
}
