//! The log of a match: what happened, when, by whom, and what was said. Nothing in it is ever changed.

use std::collections::HashMap;

use entity::id::{AccountId, MatchStepId, NeedMatchId};
use entity::match_step::{self, MatchStepKind};
use entity::need_match::Model;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::event::Event;
use crate::outbox;
use crate::people::helper_change;
use crate::tx::Tx;

/// Writes down what happened to a match, and tells `accounts` but the one who did it.
///
/// # Errors
/// `STATE_CHANGED` for what happens once and has happened.
pub(super) async fn write(
    tx: &Tx,
    row: &Model,
    kind: MatchStepKind,
    by: Option<AccountId>,
    note: Option<String>,
    accounts: &[AccountId],
) -> Result<()> {
    let step = match_step::Model {
        id: MatchStepId::new(tx.now),
        community_id: row.community_id,
        match_id: row.id,
        kind,
        happened_at: tx.now,
        account_id: by,
        note,
    };
    match_step::Entity::insert(step.into_active_model()).exec_without_returning(&tx.connection).await?;
    // Whoever is asked, accepts or is free again can be asked for something else.
    helper_change::note(tx, row.volunteer_id.map(|id| id.0).into_iter().chain(row.team_id.map(|id| id.0))).await?;
    let others = accounts.iter().filter(|account_id| by != Some(**account_id));
    let events: Vec<Event> = others.map(|account_id| Event::MatchChanged { match_id: row.id, step: kind, account_id: *account_id }).collect();
    outbox::record_all(tx, &events).await
}

/// What happened to several matches, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[NeedMatchId]) -> Result<HashMap<NeedMatchId, Vec<match_step::Model>>> {
    let query = match_step::Entity::find().filter(match_step::Column::MatchId.is_in(ids.iter().copied()));
    let mut lists: HashMap<NeedMatchId, Vec<match_step::Model>> = HashMap::new();
    for row in query.order_by_asc(match_step::Column::Id).all(connection).await? {
        lists.entry(row.match_id).or_default().push(row);
    }
    Ok(lists)
}
