//! Honours (荣誉) on profiles: given by a selection, shown to others only while the holder agrees.

use std::collections::HashMap;

use entity::honour::{self, Model};
use entity::id::{HonourId, VolunteerId};
use entity::selection_round;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::{Code, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Gives an honour; nobody but the holder sees it yet.
pub(super) async fn give(tx: &Tx, round: &selection_round::Model, volunteer_id: VolunteerId) -> Result<()> {
    let row = Model { id: HonourId::new(tx.now), volunteer_id, round_id: round.id, title: round.title.clone(), given_on: tx.today(), shown: false };
    honour::Entity::insert(row.into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(())
}

/// Shows an own honour to others, or hides it.
///
/// # Errors
/// `NOT_VOLUNTEER`, `NOT_FOUND` for another's.
pub async fn show(tx: &Tx, actor: &Actor, id: HonourId, shown: bool) -> Result<Model> {
    let own = actor.require_own(Action::ShowHonour)?;
    let changed = honour::Entity::update_many()
        .col_expr(honour::Column::Shown, Expr::value(shown))
        .filter(honour::Column::Id.eq(id))
        .filter(honour::Column::VolunteerId.eq(own.id))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::NotFound.into());
    }
    honour::Entity::find_by_id(id).one(&tx.connection).await?.ok_or_else(|| Code::NotFound.into())
}

/// The honours of several volunteers, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_volunteers(connection: &impl ConnectionTrait, ids: &[VolunteerId]) -> Result<HashMap<VolunteerId, Vec<Model>>> {
    let query = honour::Entity::find().filter(honour::Column::VolunteerId.is_in(ids.iter().copied())).order_by_asc(honour::Column::Id);
    let mut lists: HashMap<VolunteerId, Vec<Model>> = HashMap::new();
    for row in query.all(connection).await? {
        lists.entry(row.volunteer_id).or_default().push(row);
    }
    Ok(lists)
}
