//! Rounds as somebody sees them, and what moves them on.
//!
//! SCORING → CLOSED → PUBLISHED; SCORING or CLOSED → CANCELLED. Who sees what is one rule, [`Sight`]; what somebody may not know yet is taken out of the
//! row before it leaves this module.

use std::collections::{HashMap, HashSet};

use entity::id::{AccountId, RegionId, ReviewRoundId};
use entity::review_round::{self, Model, RoundPhase, SubjectKind, Verdict};
use entity::review_seat::{self, SeatState};
use entity::review_stake::{self, StakeHolder};
use sea_orm::sea_query::{LockType, Query};
use sea_orm::{ActiveEnum, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::error::{Code, Error, Result};
use crate::page::{ListOrder, Page, Rows};
use crate::people::permission::{Action, Actor, Place};
use crate::service::place;
use crate::tx::Tx;

/// As what somebody sees a round. Whoever has a stake in it is nothing else besides; for who competes with its subject and sits on no panel there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Has a stake: progress, and the verdict once it is published.
    Applicant,
    /// Was recused: the same.
    Recused,
    /// Sits on the panel: who sits there, the evidence, the own score; all scores once the round is closed.
    Panel,
    /// Is in charge of the place: who sits there, the evidence; all scores once the round is closed.
    Staff,
}

/// A round as somebody sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The round, without what may not be known yet.
    pub round: Model,
    /// As what.
    pub sight: Sight,
    /// Who asks.
    pub account_id: AccountId,
    /// Where its subject lies.
    pub place: Place,
}

impl Seen {
    /// Whether the scores of all reviewers may be known.
    #[must_use]
    pub fn shows_scores(&self) -> bool {
        self.inside() && matches!(self.round.phase, RoundPhase::Closed | RoundPhase::Published)
    }

    /// Whether the evidence and the names of the panel may be known.
    #[must_use]
    pub fn inside(&self) -> bool {
        matches!(self.sight, Sight::Panel | Sight::Staff)
    }

    /// Which ballots may be read: all of them once the panel may, before that the own one alone.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        let only = if self.shows_scores() { None } else { Some(self.account_id) };
        self.inside().then_some(Reading { round_id: self.round.id, only })
    }

    /// The reasons of those who did not approve, once the verdict is published.
    #[must_use]
    pub fn dissent(&self) -> Option<Dissent> {
        let known = self.round.phase == RoundPhase::Published && self.round.verdict != Some(Verdict::Approve);
        known.then_some(Dissent(self.round.id))
    }

    /// Refuses those who have a stake.
    ///
    /// # Errors
    /// `SELF_DEALING`.
    pub(super) fn disinterested(&self) -> Result<()> {
        if self.sight == Sight::Applicant { Err(Code::SelfDealing.into()) } else { Ok(()) }
    }
}

/// Leave to read ballots of a round; only [`Seen::reading`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    pub(super) round_id: ReviewRoundId,
    /// Of this reviewer alone.
    pub(super) only: Option<AccountId>,
}

/// Leave to read why a published round did not approve; only [`Seen::dissent`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dissent(pub(super) ReviewRoundId);

/// Whether scores lie so far apart that the panel has to say what it agreed on.
#[must_use]
pub fn is_wide(round: &Model) -> bool {
    round.spread_bps.is_some_and(|spread| spread > round.spread_limit_bps)
}

/// Takes out what may not be known yet.
fn redact(round: Model, sight: Sight) -> Model {
    let known = match sight {
        Sight::Panel | Sight::Staff => round.phase != RoundPhase::Cancelled,
        Sight::Applicant | Sight::Recused => round.phase == RoundPhase::Published,
    };
    let inside = matches!(sight, Sight::Panel | Sight::Staff);
    let (mean_bps, spread_bps, consensus_note) =
        if known && inside { (round.mean_bps, round.spread_bps, round.consensus_note) } else { (None, None, None) };
    let consensus_by = round.consensus_by.filter(|_| known && inside);
    Model { verdict: round.verdict.filter(|_| known), mean_bps, spread_bps, consensus_note, consensus_by, ..round }
}

/// Rounds as the actor sees them, in their order; what does not exist for the actor is left out. Three queries however many they are.
///
/// # Errors
/// When the database cannot be read.
pub async fn seen(connection: &impl ConnectionTrait, actor: &Actor, rows: Vec<Model>) -> Result<Vec<Seen>> {
    let seats = review_seat::Entity::find()
        .select_only()
        .columns([review_seat::Column::RoundId, review_seat::Column::State])
        .filter(review_seat::Column::AccountId.eq(actor.account_id))
        .filter(review_seat::Column::RoundId.is_in(rows.iter().map(|row| row.id)));
    let seats = if rows.is_empty() { Vec::new() } else { seats.into_tuple().all(connection).await? };
    seen_from(connection, actor, rows, &seats.into_iter().collect()).await
}

/// The same where the actor's own seats are known.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn seen_from(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    rows: Vec<Model>,
    seats: &HashMap<ReviewRoundId, SeatState>,
) -> Result<Vec<Seen>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let staked = review_stake::Entity::find()
        .select_only()
        .columns([review_stake::Column::RoundId, review_stake::Column::Holder])
        .filter(review_stake::Column::Holder.is_in([StakeHolder::Account, StakeHolder::Rival]))
        .filter(review_stake::Column::HolderId.eq(actor.account_id.0))
        .filter(review_stake::Column::RoundId.is_in(rows.iter().map(|row| row.id)));
    let staked: HashSet<(ReviewRoundId, StakeHolder)> = staked.into_tuple().all(connection).await?.into_iter().collect();
    let regions: HashSet<RegionId> = rows.iter().map(|row| row.region_id).collect();
    let paths = place::paths(connection, regions).await?;
    let seen = rows.into_iter().filter_map(|round| {
        let place = Place { community_id: round.community_id, path: paths.get(&round.region_id)?.clone(), team_id: None };
        let sight = match seats.get(&round.id) {
            _ if staked.contains(&(round.id, StakeHolder::Account)) => Sight::Applicant,
            Some(SeatState::Recused) => Sight::Recused,
            _ if staked.contains(&(round.id, StakeHolder::Rival)) => return None,
            Some(_) => Sight::Panel,
            None if actor.may(Action::OpenReview, &place) => Sight::Staff,
            None => return None,
        };
        Some(Seen { round: redact(round, sight), sight, account_id: actor.account_id, place })
    });
    Ok(seen.collect())
}

/// A round that exists for the actor.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, actor: &Actor, id: ReviewRoundId) -> Result<Seen> {
    let row = review_round::Entity::find_by_id(id).one(connection).await?.ok_or(Code::NotFound)?;
    seen(connection, actor, vec![row]).await?.pop().ok_or_else(|| Code::NotFound.into())
}

/// Locks a round; what is read after it is its last state.
///
/// # Errors
/// `NOT_FOUND`.
pub(super) async fn lock(tx: &Tx, id: ReviewRoundId) -> Result<Model> {
    let row = review_round::Entity::find_by_id(id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?;
    row.ok_or_else(|| Code::NotFound.into())
}

/// Refuses a round that is in another phase.
///
/// # Errors
/// `STATE_CHANGED`, with the phase.
pub(super) fn in_phase(round: &Model, phase: RoundPhase) -> Result<()> {
    if round.phase == phase { Ok(()) } else { Err(Error::from(Code::StateChanged).with("state", round.phase.to_value())) }
}

/// Which rounds to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Only of this kind of subject.
    pub kind: Option<SubjectKind>,
    /// Only in this phase.
    pub phase: Option<RoundPhase>,
}

/// A page of the rounds that the actor is in charge of or sits on, newest first.
///
/// # Errors
/// `BAD_CURSOR`.
pub async fn list(connection: &impl ConnectionTrait, actor: &Actor, filter: Filter, page: &Page) -> Result<Rows<Seen>> {
    let own = Query::select()
        .column(review_seat::Column::RoundId)
        .from(review_seat::Entity)
        .and_where(review_seat::Column::AccountId.eq(actor.account_id))
        .to_owned();
    let mut reach = Condition::any().add(review_round::Column::Id.in_subquery(own));
    // Administrators have theirs over regions, so the column that stands in the place of a team is never asked.
    if let Ok(in_charge) = place::within(actor, Action::OpenReview, review_round::Column::RegionId, review_round::Column::SubjectId) {
        reach = reach.add(in_charge);
    }
    let mut query = review_round::Entity::find().filter(reach);
    if let Some(kind) = filter.kind {
        query = query.filter(review_round::Column::SubjectKind.eq(kind));
    }
    if let Some(phase) = filter.phase {
        query = query.filter(review_round::Column::Phase.eq(phase));
    }
    let order = ListOrder { key: None, id: review_round::Column::Id, descending: true };
    let rows = page.rows(page.select::<_, ReviewRoundId>(query, order)?.all(connection).await?);
    Ok(Rows { rows: seen(connection, actor, rows.rows).await?, has_next: rows.has_next, has_previous: rows.has_previous })
}

/// Every round of several subjects that exists for the actor, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_subjects(connection: &impl ConnectionTrait, actor: &Actor, kind: SubjectKind, ids: &[Uuid]) -> Result<Vec<Seen>> {
    let query = review_round::Entity::find().filter(review_round::Column::SubjectKind.eq(kind));
    let query = query.filter(review_round::Column::SubjectId.is_in(ids.iter().copied()));
    let rows = query.order_by_asc(review_round::Column::Number).all(connection).await?;
    seen(connection, actor, rows).await
}

/// The last round of a subject, for the noun that put it before the panel.
///
/// # Errors
/// When the database cannot be read.
pub async fn last(connection: &impl ConnectionTrait, kind: SubjectKind, id: Uuid) -> Result<Option<Model>> {
    let query = review_round::Entity::find().filter(review_round::Column::SubjectKind.eq(kind)).filter(review_round::Column::SubjectId.eq(id));
    Ok(query.order_by_desc(review_round::Column::Number).one(connection).await?)
}

/// The verdicts and mean totals of the published rounds of several subjects, the last round of each: for nouns that rank their subjects.
///
/// # Errors
/// When the database cannot be read.
pub async fn published(connection: &impl ConnectionTrait, kind: SubjectKind, ids: &[Uuid]) -> Result<HashMap<Uuid, (Verdict, i32)>> {
    let rows = review_round::Entity::find()
        .filter(review_round::Column::SubjectKind.eq(kind))
        .filter(review_round::Column::SubjectId.is_in(ids.iter().copied()))
        .filter(review_round::Column::Phase.eq(RoundPhase::Published))
        .order_by_asc(review_round::Column::Number)
        .all(connection)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.subject_id, (row.verdict?, row.mean_bps?)))).collect())
}
