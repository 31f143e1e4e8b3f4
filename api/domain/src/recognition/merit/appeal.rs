//! Appeals (申诉) against an entry: filed by the member once, decided by a party worker who did not make the entry.
//!
//! Upholding one puts the entry right with a second entry that takes back what the first granted or gives what it refused; nothing is overwritten.

use std::collections::HashMap;

use entity::id::{MeritAppealId, MeritEntryId};
use entity::merit_appeal::{self, AppealState, Model};
use entity::merit_entry::{self, MeritState};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::{account, entry, member, scheme};
use crate::error::{Code, Result};
use crate::keys::Keys;
use crate::people::permission::{Action, Actor};
use crate::service::wording as texts;
use crate::tx::Tx;

/// Appeals against an entry of the actor's own that was decided on.
///
/// # Errors
/// `NOT_FOUND`, `REASON_REQUIRED`; `STATE_CHANGED` for one that waits or puts another right; `ALREADY_APPEALED`; `MERIT_YEAR_CLOSED`.
pub async fn file(tx: &Tx, keys: &Keys, actor: &Actor, entry_id: MeritEntryId, reason: &str) -> Result<Model> {
    actor.require(Action::AppealMerit, &actor.home())?;
    let own = member::own_confirmed(&tx.connection, keys, actor).await?;
    let row = entry::get(&tx.connection, entry_id).await?;
    let held = account::get(&tx.connection, row.account_id).await?;
    if held.member_id != own.row.id {
        return Err(Code::NotFound.into());
    }
    let reason = texts::reason(reason)?;
    if row.state == MeritState::Pending || row.corrects.is_some() {
        return Err(Code::StateChanged.into());
    }
    account::lock(tx, held.community_id, held.member_id, held.year).await?;
    let appeal = Model {
        id: MeritAppealId::new(tx.now),
        entry_id,
        reason,
        state: AppealState::Open,
        decider_id: None,
        decision: None,
        created_at: tx.now,
        decided_at: None,
    };
    Ok(appeal.into_active_model().insert(&tx.connection).await?)
}

/// Decides on an appeal. Upheld, an entry that counted is taken back, and one that was refused counts as far as the limits leave room.
///
/// # Errors
/// `FORBIDDEN`, `NOT_FOUND`, `SELF_DEALING`, `SECOND_PERSON_REQUIRED` for who recorded or refused the entry, `REASON_REQUIRED`, `STATE_CHANGED`,
/// `MERIT_YEAR_CLOSED`, `MERIT_LIMIT_REACHED`.
pub async fn decide(tx: &Tx, keys: &Keys, actor: &Actor, id: MeritAppealId, uphold: bool, reason: &str) -> Result<Model> {
    member::check_worker(actor, Action::DecideMeritAppeal)?;
    let appeal = get(&tx.connection, id).await?;
    let disputed = entry::get(&tx.connection, appeal.entry_id).await?;
    let held = account::get(&tx.connection, disputed.account_id).await?;
    let member = member::get_for(&tx.connection, keys, actor, Action::DecideMeritAppeal, held.member_id).await?;
    entry::check_other(actor, &member)?;
    if disputed.recorder_id == Some(actor.account_id) || disputed.decider_id == Some(actor.account_id) {
        return Err(Code::SecondPersonRequired.into());
    }
    let decision = texts::reason(reason)?;
    let account = account::lock(tx, held.community_id, held.member_id, held.year).await?;
    let state = if uphold { AppealState::Upheld } else { AppealState::Dismissed };
    let changed = merit_appeal::Entity::update_many()
        .col_expr(merit_appeal::Column::State, Expr::value(state))
        .col_expr(merit_appeal::Column::DeciderId, Expr::value(actor.account_id))
        .col_expr(merit_appeal::Column::Decision, Expr::value(decision))
        .col_expr(merit_appeal::Column::DecidedAt, Expr::value(tx.now))
        .filter(merit_appeal::Column::Id.eq(id))
        .filter(merit_appeal::Column::State.eq(AppealState::Open))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    if uphold {
        put_right(tx, actor, &account, disputed).await?;
    }
    get(&tx.connection, id).await
}

async fn put_right(tx: &Tx, actor: &Actor, account: &entity::merit_account::Model, disputed: merit_entry::Model) -> Result<()> {
    let scheme = scheme::in_force(&tx.connection, account.community_id, account.year).await?;
    let granted = if disputed.state == MeritState::Posted {
        // What was recorded since may leave less to take back or to give back: the account stays between nothing and the year's maximum.
        let room = scheme.row.annual_max - account.points;
        (-disputed.granted).max(-account.points).min(room.max(0))
    } else {
        account::worth(tx, account, &scheme, entry::item_of(&scheme, &disputed.item_code)?).await?
    };
    account::grant(tx, account, granted).await?;
    let correction = merit_entry::Model {
        id: MeritEntryId::new(tx.now),
        granted,
        state: MeritState::Posted,
        recorder_id: Some(actor.account_id),
        corrects: Some(disputed.id),
        decider_id: None,
        reason: None,
        created_at: tx.now,
        decided_at: None,
        ..disputed
    };
    correction.into_active_model().insert(&tx.connection).await?;
    Ok(())
}

/// An appeal by id, whoever asks.
///
/// # Errors
/// `NOT_FOUND`.
pub async fn get(connection: &impl ConnectionTrait, id: MeritAppealId) -> Result<Model> {
    merit_appeal::Entity::find_by_id(id).one(connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The appeals against several entries.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_entries(connection: &impl ConnectionTrait, ids: &[MeritEntryId]) -> Result<HashMap<MeritEntryId, Model>> {
    let query = merit_appeal::Entity::find().filter(merit_appeal::Column::EntryId.is_in(ids.iter().copied()));
    let rows = query.order_by_asc(merit_appeal::Column::Id).all(connection).await?;
    Ok(rows.into_iter().map(|row| (row.entry_id, row)).collect())
}
