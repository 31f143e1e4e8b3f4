//! Publishing an activity.

use entity::activity::{self, ActivityState};
use entity::id::ActivityId;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{get, place_of};
use crate::error::{Code, Result};
use crate::people::permission::{Action, Actor};
use crate::service::session;
use crate::tx::Tx;

/// Opens a draft to volunteers; a monthly activity gets its sessions of the next three months.
///
/// # Errors
/// `NOT_FOUND`, `FORBIDDEN`, `INSURANCE_REQUIRED` for high risk without insurance, `STATE_CHANGED` when it is no draft.
pub async fn publish(tx: &Tx, actor: &Actor, id: ActivityId) -> Result<activity::Model> {
    let row = get(&tx.connection, actor, id).await?;
    actor.require(Action::PublishActivity, &place_of(&tx.connection, &row).await?)?;
    let changed = activity::Entity::update_many()
        .col_expr(activity::Column::State, Expr::value(ActivityState::Published))
        .col_expr(activity::Column::PublishedAt, Expr::value(tx.now))
        .filter(activity::Column::Id.eq(id))
        .filter(activity::Column::State.eq(ActivityState::Draft))
        .exec(&tx.connection)
        .await?;
    if changed.rows_affected == 0 {
        return Err(Code::StateChanged.into());
    }
    let row = activity::Model { state: ActivityState::Published, published_at: Some(tx.now), ..row };
    session::schedule_months(tx, std::slice::from_ref(&row)).await?;
    Ok(row)
}
