//! Public notice (公示): who would be chosen, open to objections for at least five working days.
//!
//! An objection stops the announcement until it is decided. Upheld, it takes the nominee out; the next in the order takes the place, and as that name was on no
//! notice yet, the notice begins anew.

use entity::id::{SelectionNomineeId, SelectionObjectionId, SelectionRoundId, VolunteerId};
use entity::review_round::SubjectKind;
use entity::selection_nominee::{self, NomineeState};
use entity::selection_objection::{self, Model as Objection, ObjectionState};
use entity::selection_round::{self, Model, SelectionState};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use super::{honour, news, nominee, round};
use crate::community::calendar;
use crate::error::{Code, Result};
use crate::event::SelectionNews;
use crate::exchange::review::outcome;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// Why the panel of somebody who leaves for good is called off.
const LEAVES: &str = "被提名人注销账号";

/// Begins the notice of a counted round and tells everybody how they stand.
pub(super) async fn open(tx: &Tx, row: &Model) -> Result<()> {
    begin(tx, row, Deadline::Known).await?;
    let standing = nominee::standing(&tx.connection, row.id).await?;
    let chosen = chosen(row, &standing);
    let news = |one: &selection_nominee::Model| if chosen.contains(&one.id) { SelectionNews::Listed } else { SelectionNews::NotListed };
    let told: Vec<_> = standing.iter().map(|one| (one, news(one))).collect();
    news::tell(tx, row, &told).await
}

/// How the end of a notice is counted. It is counted again before the announcement, so none is ever too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deadline {
    /// By days of which all is known.
    Known,
    /// Somebody who leaves does not wait until the days of a year are known.
    Provisional,
}

/// Begins the notice, or begins it anew.
async fn begin(tx: &Tx, row: &Model, deadline: Deadline) -> Result<()> {
    let calendar = calendar::of(&tx.connection, row.community_id).await?;
    let days = u32::try_from(row.notice_days).unwrap_or(5);
    let until = match deadline {
        Deadline::Known => calendar.after(tx.today(), days)?,
        Deadline::Provisional => calendar.provisionally_after(tx.today(), days),
    };
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::State, Expr::value(SelectionState::Notice))
        .col_expr(selection_round::Column::NoticeFrom, Expr::value(tx.now))
        .col_expr(selection_round::Column::NoticeUntil, Expr::value(until))
        .filter(selection_round::Column::Id.eq(row.id))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Who would be chosen: the first of those who stand, as many as there are seats.
#[must_use]
pub fn chosen(row: &Model, nominees: &[selection_nominee::Model]) -> Vec<SelectionNomineeId> {
    let mut standing: Vec<_> =
        nominees.iter().filter(|nominee| nominee.state == NomineeState::Accepted).filter_map(|nominee| Some((nominee.place?, nominee.id))).collect();
    standing.sort_unstable();
    standing.into_iter().take(usize::try_from(row.seats).unwrap_or_default()).map(|(_, id)| id).collect()
}

/// Objects to a nominee on notice, once.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `REASON_REQUIRED`, `STATE_CHANGED` outside the notice or for who would not be chosen, `ALREADY_OBJECTED`.
pub async fn object(tx: &Tx, actor: &Actor, id: SelectionNomineeId, reason: &str) -> Result<Objection> {
    let candidate = nominee::get(&tx.connection, id).await?;
    let row = round::lock(tx, actor, Action::ObjectToNominee, candidate.round_id).await?;
    let reason = texts::reason(reason)?;
    let on_notice = row.state == SelectionState::Notice && row.notice_until.is_some_and(|until| tx.now < until);
    let nominees = nominee::of_round(&tx.connection, row.id).await?;
    if !on_notice || !chosen(&row, &nominees).contains(&id) {
        return Err(Code::StateChanged.into());
    }
    let objection = Objection {
        id: SelectionObjectionId::new(tx.now),
        nominee_id: id,
        account_id: actor.account_id,
        reason,
        state: ObjectionState::Open,
        decider_id: None,
        decision: None,
        created_at: tx.now,
        decided_at: None,
    };
    Ok(objection.into_active_model().insert(&tx.connection).await?)
}

/// Decides on an objection.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who objected, stands or nominated the person, `REASON_REQUIRED`, `STATE_CHANGED`, `CALENDAR_MISSING`.
pub async fn decide(tx: &Tx, actor: &Actor, id: SelectionObjectionId, uphold: bool, reason: &str) -> Result<Objection> {
    let objection = get(&tx.connection, id).await?;
    let candidate = nominee::get(&tx.connection, objection.nominee_id).await?;
    let row = round::lock(tx, actor, Action::DecideObjection, candidate.round_id).await?;
    let partial = objection.account_id == actor.account_id || candidate.nominated_by == Some(actor.account_id);
    if partial {
        return Err(Code::SelfDealing.into());
    }
    round::disinterested(tx, actor, &row).await?;
    let decision = texts::reason(reason)?;
    let state = if uphold { ObjectionState::Upheld } else { ObjectionState::Dismissed };
    let changed = selection_objection::Entity::update_many()
        .col_expr(selection_objection::Column::State, Expr::value(state))
        .col_expr(selection_objection::Column::DeciderId, Expr::value(actor.account_id))
        .col_expr(selection_objection::Column::Decision, Expr::value(decision))
        .col_expr(selection_objection::Column::DecidedAt, Expr::value(tx.now))
        .filter(selection_objection::Column::Id.eq(id))
        .filter(selection_objection::Column::State.eq(ObjectionState::Open))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    let news = if uphold { SelectionNews::ObjectionUpheld } else { SelectionNews::ObjectionDismissed };
    news::tell_account(tx, &row, candidate.id, objection.account_id, news).await?;
    if uphold {
        exclude(tx, &row, &candidate, Deadline::Known).await?;
    }
    get(&tx.connection, id).await
}

/// Takes a nominee out; a name that comes in for it has to be on notice for the whole time.
async fn exclude(tx: &Tx, row: &Model, candidate: &selection_nominee::Model, deadline: Deadline) -> Result<()> {
    let before = chosen(row, &nominee::of_round(&tx.connection, row.id).await?);
    selection_nominee::Entity::update_many()
        .col_expr(selection_nominee::Column::State, Expr::value(NomineeState::Excluded))
        .filter(selection_nominee::Column::Id.eq(candidate.id))
        .exec(&tx.connection)
        .await?;
    let standing = nominee::standing(&tx.connection, row.id).await?;
    let after = chosen(row, &standing);
    let mut told = vec![(candidate, SelectionNews::Excluded)];
    told.extend(standing.iter().filter(|one| after.contains(&one.id) && !before.contains(&one.id)).map(|one| (one, SelectionNews::Listed)));
    news::tell(tx, row, &told).await?;
    if told.len() > 1 { begin(tx, row, deadline).await } else { Ok(()) }
}

/// Takes somebody who leaves for good out of every selection that is not over; gives of how many. One whose honour was announced keeps the row.
///
/// # Errors
/// When the database refuses.
pub async fn leave(tx: &Tx, volunteer_id: VolunteerId) -> Result<usize> {
    let nominations = selection_nominee::Entity::find()
        .filter(selection_nominee::Column::VolunteerId.eq(volunteer_id))
        .filter(selection_nominee::Column::State.is_in([NomineeState::Nominated, NomineeState::Accepted]))
        .order_by_asc(selection_nominee::Column::RoundId);
    let mut left = 0;
    for candidate in nominations.all(&tx.connection).await? {
        let row =
            selection_round::Entity::find_by_id(candidate.round_id).lock(LockType::NoKeyUpdate).one(&tx.connection).await?.ok_or(Code::NotFound)?;
        match row.state {
            SelectionState::Notice => {
                withdraw_open(tx, candidate.id).await?;
                exclude(tx, &row, &candidate, Deadline::Provisional).await?;
            }
            SelectionState::Nominating | SelectionState::Voting => {
                selection_nominee::Entity::update_many()
                    .col_expr(selection_nominee::Column::State, Expr::value(NomineeState::Declined))
                    .filter(selection_nominee::Column::Id.eq(candidate.id))
                    .exec(&tx.connection)
                    .await?;
                // Nobody is asked to judge who does not stand any more.
                outcome::recall(tx, SubjectKind::Nomination, &[candidate.id.0], LEAVES).await?;
            }
            SelectionState::Announced | SelectionState::Cancelled => continue,
        }
        left += 1;
    }
    Ok(left)
}

/// Takes the objections away that wait for a decision about somebody who leaves: what is said in them goes with the person, so nobody could decide on them
/// any more, and nobody is left to be taken out.
async fn withdraw_open(tx: &Tx, id: SelectionNomineeId) -> Result<()> {
    selection_objection::Entity::delete_many()
        .filter(selection_objection::Column::NomineeId.eq(id))
        .filter(selection_objection::Column::State.eq(ObjectionState::Open))
        .exec(&tx.connection)
        .await?;
    Ok(())
}

/// Announces the outcome, gives the honours and destroys the ballots.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `SELF_DEALING` for who stands, `STATE_CHANGED` outside the notice, `CALENDAR_MISSING`, `NOTICE_RUNNING` before its end by today's
/// calendar, `OBJECTION_OPEN`.
pub async fn announce(tx: &Tx, actor: &Actor, id: SelectionRoundId) -> Result<Model> {
    let row = round::lock(tx, actor, Action::AnnounceSelection, id).await?;
    round::disinterested(tx, actor, &row).await?;
    let (SelectionState::Notice, Some(from), Some(until)) = (row.state, row.notice_from, row.notice_until) else {
        return Err(Code::StateChanged.into());
    };
    // Days off that were entered since make the notice longer; nothing makes it shorter.
    let calendar = calendar::of(&tx.connection, row.community_id).await?;
    let until = calendar.after(from.business_date(), u32::try_from(row.notice_days).unwrap_or(5))?.max(until);
    if tx.now < until {
        return Err(Code::NoticeRunning.into());
    }
    let nominees = nominee::of_round(&tx.connection, id).await?;
    let objections = of_nominees(&tx.connection, nominees.iter().map(|one| one.id)).await?;
    if objections.iter().any(|objection| objection.state == ObjectionState::Open) {
        return Err(Code::ObjectionOpen.into());
    }
    let winners = chosen(&row, &nominees);
    let mut told = Vec::new();
    for winner in nominees.iter().filter(|nominee| winners.contains(&nominee.id)) {
        honour::give(tx, &row, winner.volunteer_id).await?;
        told.push((winner, SelectionNews::Honoured));
    }
    news::tell(tx, &row, &told).await?;
    round::destroy_ballots(tx, id).await?;
    selection_round::Entity::update_many()
        .col_expr(selection_round::Column::State, Expr::value(SelectionState::Announced))
        .col_expr(selection_round::Column::EndedAt, Expr::value(tx.now))
        .filter(selection_round::Column::Id.eq(id))
        .exec(&tx.connection)
        .await?;
    round::get(&tx.connection, id).await
}

/// An objection by id, whoever asks.
async fn get(connection: &impl ConnectionTrait, id: SelectionObjectionId) -> Result<Objection> {
    selection_objection::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// Lets in whoever decides on the objections of the actor's community.
///
/// # Errors
/// `FORBIDDEN`.
pub fn check_reader(actor: &Actor) -> Result<()> {
    actor.require(Action::DecideObjection, &actor.home())
}

/// The objections to several nominees, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_nominees(connection: &impl ConnectionTrait, ids: impl IntoIterator<Item = SelectionNomineeId>) -> Result<Vec<Objection>> {
    let query = selection_objection::Entity::find().filter(selection_objection::Column::NomineeId.is_in(ids));
    Ok(query.order_by_asc(selection_objection::Column::Id).all(connection).await?)
}
