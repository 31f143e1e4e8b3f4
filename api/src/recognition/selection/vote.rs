//! The panel's scores and the residents' vote, hidden until the voting is over.
//!
//! That somebody voted and what was voted are kept apart: one row names the account, another holds the sealed choice under a random id, and neither has a time.
//! There is no key for a ballot, as a record of keys would join the two: a repeated ballot is refused, and `voted` of the round tells whether the first arrived.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::{SelectionBallotId, SelectionNomineeId, SelectionRoundId};
use entity::selection_nominee::NomineeState;
use entity::selection_round::{self, Model, SelectionState};
use entity::time::UtcMicros;
use entity::{account, selection_ballot, selection_nominee, selection_score, selection_voter, volunteer};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::tally::{Candidate, Weights, tally};
use super::{nominee, notice, round};
use crate::error::{Code, Error, Result};
use crate::keys::{Keys, fill_random};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Where a sealed ballot belongs.
const PLACE: &str = "selection_ballot.sealed";
/// Longest time of voting.
const VOTING_MAX: i64 = 60 * UtcMicros::DAY;

/// Ends the nominations and lets the panel score and residents vote until a moment.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `BAD_INPUT` on `until` for a moment that is past or more than 60 days away, `STATE_CHANGED` unless nominations run and somebody
/// agreed to stand.
pub async fn begin(tx: &Tx, actor: &Actor, id: SelectionRoundId, until: UtcMicros) -> Result<Model> {
    let row = round::lock(tx, actor, Action::BeginSelectionVoting, id).await?;
    if until <= tx.now || until > tx.now.plus(VOTING_MAX) {
        return Err(Error::from(Code::BadInput).on("until"));
    }
    let nominees = nominee::of_round(&tx.connection, id).await?;
    if row.state != SelectionState::Nominating || nominees.iter().all(|nominee| nominee.state != NomineeState::Accepted) {
        return Err(Code::StateChanged.into());
    }
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::State, Expr::value(SelectionState::Voting))
        .col_expr(selection_round::Column::VotingUntil, Expr::value(until))
        .filter(selection_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    round::get(&tx.connection, id).await
}

fn check_open(tx: &Tx, row: &Model) -> Result<()> {
    let open = row.state == SelectionState::Voting && row.voting_until.is_some_and(|until| tx.now < until);
    if open { Ok(()) } else { Err(Code::StateChanged.into()) }
}

/// A reviewer's score of a nominee, 0 to 100; may be changed while the voting runs.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who is nominated or nominated the person, `BAD_INPUT` on `score`, `STATE_CHANGED`.
pub async fn score(tx: &Tx, actor: &Actor, id: SelectionNomineeId, score: i32) -> Result<()> {
    let candidate = nominee::get(&tx.connection, id).await?;
    let row = round::lock(tx, actor, Action::ScoreNominee, candidate.round_id).await?;
    let stands = nominee::of_round(&tx.connection, row.id).await?;
    let own = actor.volunteer.map(|own| own.id);
    // Who competes judges nobody, and nobody judges whom they put forward.
    if stands.iter().any(|other| Some(other.volunteer_id) == own && other.state == NomineeState::Accepted)
        || candidate.nominated_by == Some(actor.account_id)
    {
        return Err(Code::SelfDealing.into());
    }
    if !(0..=100).contains(&score) {
        return Err(Error::from(Code::BadInput).on("score"));
    }
    check_open(tx, &row)?;
    if candidate.state != NomineeState::Accepted {
        return Err(Code::StateChanged.into());
    }
    let line = selection_score::Model { nominee_id: id, account_id: actor.account_id, score, scored_at: tx.now };
    let again = OnConflict::columns([selection_score::Column::NomineeId, selection_score::Column::AccountId])
        .update_columns([selection_score::Column::Score, selection_score::Column::ScoredAt])
        .to_owned();
    selection_score::Entity::insert(line.into_active_model()).on_conflict(again).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// The actor's one ballot: up to as many nominees as there are seats, or nobody, which is an abstention.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`; `NOT_ELIGIBLE` for an account opened after the round; `BAD_INPUT` on `nomineeIds` for too many, twice the same,
/// or one that does not stand; `ALREADY_VOTED`.
pub async fn cast(tx: &Tx, keys: &Keys, actor: &Actor, id: SelectionRoundId, choice: &[SelectionNomineeId]) -> Result<()> {
    let row = round::get_in(&tx.connection, actor, id).await?;
    actor.require(Action::CastBallot, &actor.home())?;
    // Under the lock of the round, so that no ballot comes after the count.
    let row = round::lock(tx, actor, Action::CastBallot, row.id).await?;
    check_open(tx, &row)?;
    let voter = account::Entity::find_by_id(actor.account_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if voter.created_at > row.opened_at {
        return Err(Code::NotEligible.into());
    }
    let seats = usize::try_from(row.seats).unwrap_or_default();
    let standing: BTreeSet<SelectionNomineeId> = standing(&tx.connection, id).await?.iter().map(|nominee| nominee.id).collect();
    let chosen: BTreeSet<SelectionNomineeId> = choice.iter().copied().collect();
    if chosen.len() != choice.len() || chosen.len() > seats || !chosen.is_subset(&standing) {
        return Err(Error::from(Code::BadInput).on("nomineeIds").with("max", seats));
    }
    let voted = selection_voter::Model { round_id: id, account_id: actor.account_id };
    selection_voter::Entity::insert(voted.into_active_model()).exec_without_returning(&tx.connection).await?;
    let mut random = [0; 16];
    fill_random(&mut random)?;
    // All ballots of a round are of one length, so that sealing hides how many were chosen.
    let mut plain: Vec<u8> = chosen.iter().flat_map(|id| id.0.into_bytes()).collect();
    plain.resize(seats * 16, 0);
    let ballot = selection_ballot::Model { id: SelectionBallotId(Uuid::from_bytes(random)), round_id: id, sealed: keys.seal(PLACE, &plain)? };
    selection_ballot::Entity::insert(ballot.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Whether the actor has voted.
///
/// # Errors
/// When the database cannot be read.
pub async fn voted(connection: &impl ConnectionTrait, actor: &Actor, id: SelectionRoundId) -> Result<bool> {
    Ok(selection_voter::Entity::find_by_id((id, actor.account_id)).one(connection).await?.is_some())
}

/// Counts after the voting is over, and puts the outcome on public notice.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED` before the time of voting is over, `SCORES_MISSING`, `CALENDAR_MISSING`.
pub async fn close(tx: &Tx, keys: &Keys, actor: &Actor, id: SelectionRoundId) -> Result<Model> {
    let row = round::lock(tx, actor, Action::CloseSelectionVoting, id).await?;
    if row.state != SelectionState::Voting || row.voting_until.is_none_or(|until| tx.now < until) {
        return Err(Code::StateChanged.into());
    }
    let (ballots, candidates) = counted(tx, keys, &row).await?;
    let short = candidates.iter().filter(|one| i32::try_from(one.scores.len()).unwrap_or(i32::MAX) < row.panel_min).count();
    if short > 0 {
        return Err(Error::from(Code::ScoresMissing).with("nominees", short));
    }
    let weights = Weights { panel: row.panel_bps.into(), vote: row.vote_bps.into(), record: row.record_bps.into() };
    for placed in tally(weights, ballots, &candidates) {
        selection_nominee::Entity::update_many()
            .col_expr(selection_nominee::Column::Panel, Expr::value(placed.panel))
            .col_expr(selection_nominee::Column::Votes, Expr::value(placed.votes))
            .col_expr(selection_nominee::Column::Total, Expr::value(placed.total))
            .col_expr(selection_nominee::Column::Place, Expr::value(placed.place))
            .filter(selection_nominee::Column::Id.eq(placed.id))
            .exec(&tx.connection)
            .await?;
    }
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::Ballots, Expr::value(i32::try_from(ballots).map_err(Error::internal)?))
        .filter(selection_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    notice::begin(tx, &row).await?;
    round::get(&tx.connection, id).await
}

/// Opens the ballots: how many there are, and what each candidate has.
async fn counted(tx: &Tx, keys: &Keys, row: &Model) -> Result<(i64, Vec<Candidate>)> {
    let ballots = selection_ballot::Entity::find().filter(selection_ballot::Column::RoundId.eq(row.id)).all(&tx.connection).await?;
    let mut votes: BTreeMap<Uuid, i64> = BTreeMap::new();
    for ballot in &ballots {
        let plain = keys.open(PLACE, &ballot.sealed)?;
        for chosen in plain.chunks_exact(16).filter(|chosen| chosen.iter().any(|byte| *byte != 0)) {
            *votes.entry(Uuid::from_slice(chosen).map_err(Error::internal)?).or_default() += 1;
        }
    }
    let standing = standing(&tx.connection, row.id).await?;
    let ids = standing.iter().map(|nominee| nominee.id);
    let scores = selection_score::Entity::find().filter(selection_score::Column::NomineeId.is_in(ids)).all(&tx.connection).await?;
    let candidates = standing.iter().map(|nominee| Candidate {
        id: nominee.id,
        scores: scores.iter().filter(|score| score.nominee_id == nominee.id).map(|score| score.score).collect(),
        votes: votes.get(&nominee.id.0).copied().unwrap_or_default(),
        minutes: nominee.minutes,
    });
    Ok((i64::try_from(ballots.len()).map_err(Error::internal)?, candidates.collect()))
}

/// Who agreed to stand and still may.
async fn standing(connection: &impl ConnectionTrait, id: SelectionRoundId) -> Result<Vec<selection_nominee::Model>> {
    let rows = nominee::of_round(connection, id).await?;
    Ok(rows.into_iter().filter(|row| row.state == NomineeState::Accepted).collect())
}

/// The accounts behind nominees, for those who may not decide on themselves.
pub(super) async fn is_own(connection: &impl ConnectionTrait, actor: &Actor, nominee: &selection_nominee::Model) -> Result<bool> {
    let person = volunteer::Entity::find_by_id(nominee.volunteer_id).one(connection).await?;
    Ok(person.is_some_and(|person| person.account_id == Some(actor.account_id)))
}
