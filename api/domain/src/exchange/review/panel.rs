//! The panel (评审小组): who may judge, who is drawn, who is recused, and who comes in instead.
//!
//! Reviewers are those with the REVIEWER role over the place. Drawn are those with the fewest rounds before them, the oldest account first where that is
//! equal. A reviewer with a tie keeps a seat that says so, and the next one without a tie comes in.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use entity::id::{AccountId, RegionId, ReviewRoundId};
use entity::review_round::{Model, RoundPhase};
use entity::review_seat::{self, SeatState, Tie};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Value};

use super::round::{self, Seen};
use super::{stake, tie};
use crate::db::{sql, tuples};
use crate::error::{Code, Error, Result};
use crate::event::{Event, Judging, ReviewKind, ReviewNews};
use crate::keys::Keys;
use crate::outbox;
use crate::people::permission::{Action, Actor, Place};
use crate::service::{place as places, wording};
use crate::tx::Tx;

/// Reviewers over a place, those with the least to do first.
///
/// # Errors
/// When the database cannot be read.
pub async fn candidates(connection: &impl ConnectionTrait, place: &Place) -> Result<Vec<AccountId>> {
    let regions: Vec<Value> = place.path.split('/').filter_map(|id| id.parse::<RegionId>().ok()).map(Into::into).collect();
    if regions.is_empty() {
        return Ok(Vec::new());
    }
    let statement = format!(
        "SELECT g.account_id, (SELECT COUNT(*) FROM review_seat s WHERE s.account_id = g.account_id AND s.state = 'ACTIVE') AS load \
         FROM role_grant g JOIN account a ON a.id = g.account_id WHERE g.role = 'REVIEWER' AND g.ended_at IS NULL AND a.closed_at IS NULL \
         AND g.region_id IN {} GROUP BY g.account_id ORDER BY load, g.account_id",
        tuples(1, regions.len())
    );
    let rows = connection.query_all_raw(sql(connection, &statement, regions)).await?;
    rows.iter().map(|row| Ok(row.try_get("", "account_id")?)).collect()
}

/// A seat to be written.
fn seat(tx: &Tx, round_id: ReviewRoundId, account_id: AccountId, tie: Option<Tie>, replaces: Option<AccountId>) -> review_seat::Model {
    let state = if tie.is_some() { SeatState::Recused } else { SeatState::Active };
    review_seat::Model { round_id, account_id, state, tie, tie_note: None, replaces, seated_at: tx.now, settled_at: tie.map(|_| tx.now) }
}

/// Who sits on the panel of a new round: `named` ones, or as many as the panel has seats; who is tied is recused and somebody else drawn instead.
///
/// # Errors
/// `NOT_FOUND` on `reviewerIds` for somebody who is no reviewer there; `REVIEWERS_TOO_FEW`, with how many there are and are needed.
pub(super) async fn draw(
    tx: &Tx,
    keys: &Keys,
    round: &Model,
    place: &Place,
    stakes: &stake::Stakes,
    named: Option<&[AccountId]>,
) -> Result<Vec<review_seat::Model>> {
    let pool = candidates(&tx.connection, place).await?;
    let ties = tie::ties(tx, stakes, &pool).await?;
    let unspoken = tie::unspoken(tx, keys, stakes, &pool).await?;
    let named = named.unwrap_or_default();
    if named.iter().any(|id| !pool.contains(id)) {
        return Err(Error::from(Code::NotFound).on("reviewerIds"));
    }
    let wanted = if named.is_empty() { usize::try_from(round.panel_size).unwrap_or_default() } else { named.len() };
    let order = named.iter().chain(pool.iter().filter(|id| !named.contains(id)));
    let (mut seats, mut recused, mut active) = (Vec::new(), VecDeque::new(), 0);
    for (at, id) in order.filter(|id| !unspoken.contains(id)).enumerate() {
        if active == wanted {
            break;
        }
        let tie = ties.get(id).copied();
        let replaces = if tie.is_some() {
            recused.push_back(*id);
            None
        } else {
            active += 1;
            if at < wanted { None } else { recused.pop_front() }
        };
        seats.push(seat(tx, round.id, *id, tie, replaces));
    }
    let needed = usize::try_from(round.votes_needed).unwrap_or_default();
    if active < needed {
        return Err(Error::from(Code::ReviewersTooFew).with("found", active).with("needed", needed));
    }
    Ok(seats)
}

/// Writes seats down and tells those who are to score.
pub(super) async fn write(tx: &Tx, round: &Model, seats: Vec<review_seat::Model>) -> Result<()> {
    let news = seats.iter().filter(|seat| seat.state == SeatState::Active);
    let mut events: Vec<Event> = news.map(|seat| told(round, seat.account_id, ReviewNews::Appointed, tx)).collect();
    let rows: Vec<_> = seats.into_iter().map(IntoActiveModel::into_active_model).collect();
    if !rows.is_empty() {
        review_seat::Entity::insert_many(rows).exec_without_returning(&tx.connection).await?;
    }
    events.extend(queues_changed(tx, round).await?);
    outbox::record_all(tx, &events).await
}

/// That what waits for those who sit on a round changed: told in its community, and in those where its reviewers live.
pub(super) async fn queues_changed(tx: &Tx, round: &Model) -> Result<Vec<Event>> {
    let statement = "SELECT DISTINCT a.community_id FROM review_seat s JOIN account a ON a.id = s.account_id WHERE s.round_id = $1";
    let mut communities = BTreeSet::from([round.community_id]);
    for row in tx.connection.query_all_raw(sql(&tx.connection, statement, [round.id.into()])).await? {
        communities.insert(row.try_get("", "community_id")?);
    }
    Ok(communities.into_iter().map(|community_id| Event::ReviewQueueChanged { community_id, kind: ReviewKind::Round }).collect())
}

/// What somebody is told about a round.
pub(super) fn told(round: &Model, account_id: AccountId, what: ReviewNews, tx: &Tx) -> Event {
    let news = Judging::Review { round_id: round.id, title: round.title.clone(), what, at: tx.now };
    Event::JudgingChanged { account_id, news }
}

/// Takes a reviewer off a locked round because of a tie; somebody without one comes in, as long as there is anybody.
pub(super) async fn recuse_seat(
    tx: &Tx,
    keys: &Keys,
    round: &Model,
    place: &Place,
    account_id: AccountId,
    tie: Tie,
    note: Option<String>,
) -> Result<()> {
    review_seat::Entity::update_many()
        .col_expr(review_seat::Column::State, Expr::value(SeatState::Recused))
        .col_expr(review_seat::Column::Tie, Expr::value(tie))
        .col_expr(review_seat::Column::TieNote, Expr::value(note))
        .col_expr(review_seat::Column::SettledAt, Expr::value(tx.now))
        .filter(review_seat::Column::RoundId.eq(round.id))
        .filter(review_seat::Column::AccountId.eq(account_id))
        .exec(&tx.connection)
        .await?;
    let seats = seats_of(&tx.connection, &[round.id]).await?.remove(&round.id).unwrap_or_default();
    let seated: HashSet<AccountId> = seats.iter().map(|seat| seat.account_id).collect();
    let pool: Vec<AccountId> = candidates(&tx.connection, place).await?.into_iter().filter(|id| !seated.contains(id)).collect();
    let stakes = stake::of(&tx.connection, round.id).await?;
    let (ties, unspoken) = (tie::ties(tx, &stakes, &pool).await?, tie::unspoken(tx, keys, &stakes, &pool).await?);
    let next = pool.into_iter().find(|id| !ties.contains_key(id) && !unspoken.contains(id));
    if next.is_none() {
        outbox::record(tx, &told(round, round.opened_by, ReviewNews::Short, tx)).await?;
    }
    write(tx, round, next.into_iter().map(|id| seat(tx, round.id, id, None, Some(account_id))).collect()).await
}

/// Puts one more reviewer on a panel.
///
/// # Errors
/// `NOT_FOUND` (on `accountId` for somebody who is no reviewer there), `FORBIDDEN`, `SELF_DEALING`, `STATE_CHANGED`; `ALREADY_APPOINTED`;
/// `REVIEWER_RECUSED` with the tie.
pub async fn appoint(tx: &Tx, keys: &Keys, actor: &Actor, id: ReviewRoundId, account_id: AccountId) -> Result<Seen> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::AppointReviewer, &seen.place)?;
    seen.disinterested()?;
    let row = round::lock(tx, id).await?;
    round::in_phase(&row, RoundPhase::Scoring)?;
    if !candidates(&tx.connection, &seen.place).await?.contains(&account_id) {
        return Err(Error::from(Code::NotFound).on("accountId"));
    }
    if review_seat::Entity::find_by_id((id, account_id)).one(&tx.connection).await?.is_some() {
        return Err(Error::from(Code::AlreadyAppointed).on("accountId"));
    }
    let stakes = stake::of(&tx.connection, id).await?;
    if let Some(tie) = tie::ties(tx, &stakes, &[account_id]).await?.get(&account_id) {
        return Err(refusal(*tie).on("accountId"));
    }
    if tie::unspoken(tx, keys, &stakes, &[account_id]).await?.contains(&account_id) {
        return Err(refusal(Tie::Declared).on("accountId"));
    }
    write(tx, &row, vec![seat(tx, id, account_id, None, None)]).await?;
    round::get(&tx.connection, actor, id).await
}

/// Takes the actor off a panel because of a tie that is not on record.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`; `STATE_CHANGED` for who has scored or was recused, and when the round is closed.
pub async fn declare_tie(tx: &Tx, keys: &Keys, actor: &Actor, id: ReviewRoundId, reason: &str) -> Result<Seen> {
    let seen = round::get(&tx.connection, actor, id).await?;
    actor.require(Action::DeclareTie, &seen.place)?;
    let reason = wording::reason(reason)?;
    let row = round::lock(tx, id).await?;
    round::in_phase(&row, RoundPhase::Scoring)?;
    let seat = review_seat::Entity::find_by_id((id, actor.account_id)).one(&tx.connection).await?.ok_or(Code::NotFound)?;
    if seat.state != SeatState::Active {
        return Err(Code::StateChanged.into());
    }
    recuse_seat(tx, keys, &row, &seen.place, actor.account_id, Tie::Declared, Some(reason)).await?;
    round::get(&tx.connection, actor, id).await
}

/// Takes somebody who leaves for good off every panel on which they have not scored; somebody else comes in. Gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, keys: &Keys, account_id: AccountId) -> Result<usize> {
    let seats = review_seat::Entity::find()
        .filter(review_seat::Column::AccountId.eq(account_id))
        .filter(review_seat::Column::State.eq(SeatState::Active))
        .order_by_asc(review_seat::Column::RoundId);
    let mut left = 0;
    for seat in seats.all(&tx.connection).await? {
        let row = round::lock(tx, seat.round_id).await?;
        if row.phase != RoundPhase::Scoring {
            continue;
        }
        let place = places::of(&tx.connection, row.community_id, row.region_id, None).await?;
        recuse_seat(tx, keys, &row, &place, account_id, Tie::Declared, None).await?;
        left += 1;
    }
    Ok(left)
}

/// That somebody is tied.
pub(super) fn refusal(tie: Tie) -> Error {
    Error::from(Code::ReviewerRecused).with("tie", sea_orm::ActiveEnum::to_value(&tie))
}

/// The panels of several rounds, in the order in which they were seated.
///
/// # Errors
/// When the database cannot be read.
pub async fn seats_of(connection: &impl ConnectionTrait, ids: &[ReviewRoundId]) -> Result<HashMap<ReviewRoundId, Vec<review_seat::Model>>> {
    let query = review_seat::Entity::find().filter(review_seat::Column::RoundId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ReviewRoundId, Vec<review_seat::Model>> = HashMap::new();
    let order = query.order_by_asc(review_seat::Column::SeatedAt).order_by_asc(review_seat::Column::AccountId);
    for row in order.all(connection).await? {
        lists.entry(row.round_id).or_default().push(row);
    }
    Ok(lists)
}
