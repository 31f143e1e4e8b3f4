//! The residents' vote, hidden until the voting is over, and the count.
//!
//! That somebody voted and what was voted are kept apart: one row names the account, another holds the choice under a random id, sealed with a key that the
//! database does not have, and neither has a time. There is no key for a ballot, as a record of keys would join the two: a repeated ballot is refused, and
//! `voted` of the round tells whether the first arrived. Ballots are opened once, for the count, which gives sums; the end of the selection destroys them. What
//! this does not keep out is somebody who holds the database and the keys of the program while the voting runs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use entity::id::{AccountId, SelectionBallotId, SelectionNomineeId, SelectionRoundId};
use entity::review_round::Verdict;
use entity::selection_nominee::{self, NomineeState};
use entity::selection_round::{self, Model, SelectionState};
use entity::time::UtcMicros;
use entity::{account, selection_ballot, selection_voter};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

use super::tally::{Candidate, Weights, tally};
use super::{news, nominee, notice, panel, round};
use crate::error::{Code, Error, Result};
use crate::event::SelectionNews;
use crate::keys::{Keys, fill_random};
use crate::people::permission::{Action, Actor};
use crate::sealed::BALLOT;
use crate::tx::Tx;

/// Longest time of voting; longer than any panel may take.
const VOTING_MAX: i64 = 100 * UtcMicros::DAY;

/// Ends the nominations, puts everybody who stands before a panel, and lets residents vote until a moment.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who stands; `BAD_INPUT` on `until` for a moment before the panels' time is over or more than 100 days away;
/// `STATE_CHANGED` unless nominations run and somebody agreed to stand; `REVIEWERS_TOO_FEW`.
pub async fn begin(tx: &Tx, keys: &Keys, actor: &Actor, id: SelectionRoundId, until: UtcMicros) -> Result<Model> {
    let row = round::lock(tx, actor, Action::BeginSelectionVoting, id).await?;
    round::disinterested(tx, actor, &row).await?;
    let earliest = panel::earliest(tx, &row).await?;
    if until <= tx.now || until < earliest || until > tx.now.plus(VOTING_MAX) {
        return Err(Error::from(Code::BadInput).on("until").with("min", earliest.date_time().to_rfc3339()));
    }
    if row.state != SelectionState::Nominating || nominee::standing(&tx.connection, id).await?.is_empty() {
        return Err(Code::StateChanged.into());
    }
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::State, Expr::value(SelectionState::Voting))
        .col_expr(selection_round::Column::VotingUntil, Expr::value(until))
        .filter(selection_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    panel::open(tx, keys, actor, &row, until).await?;
    round::get(&tx.connection, id).await
}

/// The actor's one ballot: up to as many nominees as there are seats, or nobody, which is an abstention.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `STATE_CHANGED`; `NOT_ELIGIBLE` for an account opened after the round; `BAD_INPUT` on `nomineeIds` for too many, twice the same,
/// or one that does not stand; `ALREADY_VOTED`.
pub async fn cast(tx: &Tx, keys: &Keys, actor: &Actor, id: SelectionRoundId, choice: &[SelectionNomineeId]) -> Result<()> {
    // Under the lock of the round, so that no ballot comes after the count.
    let row = round::lock(tx, actor, Action::CastBallot, id).await?;
    if row.state != SelectionState::Voting || row.voting_until.is_none_or(|until| tx.now >= until) {
        return Err(Code::StateChanged.into());
    }
    let voter = account::Entity::find_by_id(actor.account_id).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if voter.created_at > row.opened_at {
        return Err(Code::NotEligible.into());
    }
    let seats = usize::try_from(row.seats).unwrap_or_default();
    let standing: BTreeSet<SelectionNomineeId> = nominee::standing(&tx.connection, id).await?.iter().map(|nominee| nominee.id).collect();
    let chosen: BTreeSet<SelectionNomineeId> = choice.iter().copied().collect();
    if chosen.len() != choice.len() || chosen.len() > seats || !chosen.is_subset(&standing) {
        return Err(Error::from(Code::BadInput).on("nomineeIds").with("max", seats));
    }
    let ticked = selection_voter::Model { round_id: id, account_id: actor.account_id };
    selection_voter::Entity::insert(ticked.into_active_model()).exec_without_returning(&tx.connection).await?;
    let mut random = [0; 16];
    fill_random(&mut random)?;
    // All ballots of a round are of one length, so that sealing hides how many were chosen.
    let mut plain: Vec<u8> = chosen.iter().flat_map(|id| id.0.into_bytes()).collect();
    plain.resize(seats * 16, 0);
    let ballot = selection_ballot::Model { id: SelectionBallotId(Uuid::from_bytes(random)), round_id: id, sealed: keys.seal(BALLOT, &plain)? };
    selection_ballot::Entity::insert(ballot.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// In which of several rounds somebody has voted.
///
/// # Errors
/// When the database cannot be read.
pub async fn voted(connection: &impl ConnectionTrait, account_id: AccountId, ids: &[SelectionRoundId]) -> Result<HashSet<SelectionRoundId>> {
    let query = selection_voter::Entity::find()
        .filter(selection_voter::Column::AccountId.eq(account_id))
        .filter(selection_voter::Column::RoundId.is_in(ids.iter().copied()));
    Ok(query.all(connection).await?.into_iter().map(|row| row.round_id).collect())
}

/// Counts after the voting is over, takes out whom a panel rejected, and puts the outcome on public notice.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who stands, `STATE_CHANGED` before the time of voting is over; `SCORES_MISSING` while what a panel found is not
/// known; `CALENDAR_MISSING`.
pub async fn close(tx: &Tx, keys: &Keys, actor: &Actor, id: SelectionRoundId) -> Result<Model> {
    let row = round::lock(tx, actor, Action::CloseSelectionVoting, id).await?;
    round::disinterested(tx, actor, &row).await?;
    if row.state != SelectionState::Voting || row.voting_until.is_none_or(|until| tx.now < until) {
        return Err(Code::StateChanged.into());
    }
    let judged = row.panel_bps > 0;
    let standing = nominee::standing(&tx.connection, id).await?;
    let found = panel::found(&tx.connection, &standing).await?;
    let short = standing.iter().filter(|one| judged && !found.contains_key(&one.id.0)).count();
    if short > 0 {
        return Err(Error::from(Code::ScoresMissing).with("nominees", short));
    }
    let rejects = |one: &selection_nominee::Model| found.get(&one.id.0).is_some_and(|(verdict, _)| *verdict == Verdict::Reject);
    let (rejected, standing): (Vec<_>, Vec<_>) = standing.into_iter().partition(rejects);
    let (ballots, votes) = counted(tx, keys, id).await?;
    let candidate = |one: &selection_nominee::Model| Candidate {
        id: one.id,
        panel: found.get(&one.id.0).map_or(0, |(_, mean)| i64::from(*mean)),
        votes: votes.get(&one.id.0).copied().unwrap_or_default(),
        minutes: one.minutes,
    };
    let candidates: Vec<Candidate> = standing.iter().map(candidate).collect();
    let weights = Weights { panel: row.panel_bps.into(), vote: row.vote_bps.into(), record: row.record_bps.into() };
    for placed in tally(weights, ballots, &candidates) {
        let panel = found.get(&placed.id.0).map(|(_, mean)| i64::from(*mean));
        selection_nominee::Entity::update_many()
            .col_expr(selection_nominee::Column::Panel, Expr::value(panel))
            .col_expr(selection_nominee::Column::Votes, Expr::value(placed.votes))
            .col_expr(selection_nominee::Column::Total, Expr::value(placed.total))
            .col_expr(selection_nominee::Column::Place, Expr::value(placed.place))
            .filter(selection_nominee::Column::Id.eq(placed.id))
            .exec(&tx.connection)
            .await?;
    }
    take_out(tx, &row, &rejected).await?;
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::Ballots, Expr::value(i32::try_from(ballots).map_err(Error::internal)?))
        .filter(selection_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    notice::open(tx, &row).await?;
    round::get(&tx.connection, id).await
}

/// Takes out whom the panel rejected.
async fn take_out(tx: &Tx, row: &Model, rejected: &[selection_nominee::Model]) -> Result<()> {
    if rejected.is_empty() {
        return Ok(());
    }
    selection_nominee::Entity::update_many()
        .col_expr(selection_nominee::Column::State, Expr::value(NomineeState::Excluded))
        .filter(selection_nominee::Column::Id.is_in(rejected.iter().map(|one| one.id)))
        .exec(&tx.connection)
        .await?;
    let told: Vec<_> = rejected.iter().map(|one| (one, SelectionNews::Excluded)).collect();
    news::tell(tx, row, &told).await
}

/// Opens the ballots: how many there are, and how many name each nominee.
async fn counted(tx: &Tx, keys: &Keys, id: SelectionRoundId) -> Result<(i64, BTreeMap<Uuid, i64>)> {
    let ballots = selection_ballot::Entity::find().filter(selection_ballot::Column::RoundId.eq(id)).all(&tx.connection).await?;
    let mut votes: BTreeMap<Uuid, i64> = BTreeMap::new();
    for ballot in &ballots {
        let plain = keys.open(BALLOT, &ballot.sealed)?;
        for chosen in plain.chunks_exact(16).filter(|chosen| chosen.iter().any(|byte| *byte != 0)) {
            *votes.entry(Uuid::from_slice(chosen).map_err(Error::internal)?).or_default() += 1;
        }
    }
    Ok((i64::try_from(ballots.len()).map_err(Error::internal)?, votes))
}
