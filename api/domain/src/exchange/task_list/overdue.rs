//! What becomes due by the clock: reminders while the light is yellow, and the end of a list.

use entity::task::{self, TaskState};
use entity::task_list::{self, TaskListState};
use entity::time::BusinessDate;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::light::{Light, pending};
use super::{cut_off, issue};
use crate::community::unit;
use crate::error::Result;
use crate::event::{CoBuilding, Event};
use crate::outbox;
use crate::tx::Tx;

/// Lists served in one go.
const BATCH: usize = 20;

/// Due work: reminds units once of what they claimed and have not returned, when its light turns yellow; gives how many lists.
///
/// # Errors
/// When the database refuses.
pub async fn remind_due(tx: &Tx) -> Result<usize> {
    // The most days of warning there are.
    let horizon = tx.today().plus_days(27);
    let rows = task_list::Entity::find()
        .filter(task_list::Column::State.eq(TaskListState::Issued))
        .filter(task_list::Column::WarnedAt.is_null())
        .filter(task_list::Column::DueOn.lte(horizon))
        .order_by_asc(task_list::Column::Id)
        .all(&tx.connection)
        .await?;
    let due: Vec<_> = rows.into_iter().filter(|list| pending(list, tx.today()) == Light::Yellow).take(BATCH).collect();
    for list in &due {
        tell(tx, list, false).await?;
        task_list::Entity::update_many()
            .col_expr(task_list::Column::WarnedAt, Expr::value(tx.now))
            .filter(task_list::Column::Id.eq(list.id))
            .exec(&tx.connection)
            .await?;
    }
    Ok(due.len())
}

/// Due work: closes lists whose tasks were due before today; gives how many. What nobody claimed lapses; a unit that has not returned what it
/// claimed is told, and may still return it.
///
/// # Errors
/// When the database refuses.
pub async fn close_due(tx: &Tx) -> Result<usize> {
    let due = task_list::Entity::find()
        .filter(task_list::Column::State.ne(TaskListState::Closed))
        .filter(task_list::Column::DueOn.lt(tx.today()))
        .order_by_asc(task_list::Column::Id)
        .limit(BATCH as u64)
        .all(&tx.connection)
        .await?;
    for list in &due {
        let list = issue::lock(tx, list.id).await?;
        task_list::Entity::update_many()
            .col_expr(task_list::Column::State, Expr::value(TaskListState::Closed))
            .col_expr(task_list::Column::ClosedAt, Expr::value(tx.now))
            .filter(task_list::Column::Id.eq(list.id))
            .exec(&tx.connection)
            .await?;
        cut_off::lapse(tx, list.community_id, yesterday(tx)).await?;
        tell(tx, &list, true).await?;
        task::Entity::update_many()
            .col_expr(task::Column::OverdueToldAt, Expr::value(tx.now))
            .filter(task::Column::TaskListId.eq(list.id))
            .filter(task::Column::State.eq(TaskState::Claimed))
            .exec(&tx.connection)
            .await?;
    }
    Ok(due.len())
}

fn yesterday(tx: &Tx) -> BusinessDate {
    tx.now.plus(-entity::time::UtcMicros::DAY).business_date()
}

/// Tells the liaisons of the units that have not returned tasks of a list; of what is overdue also who issued the list.
async fn tell(tx: &Tx, list: &task_list::Model, overdue: bool) -> Result<()> {
    let claimed = task::Entity::find()
        .filter(task::Column::TaskListId.eq(list.id))
        .filter(task::Column::State.eq(TaskState::Claimed))
        .order_by_asc(task::Column::Id)
        .all(&tx.connection)
        .await?;
    let liaisons = unit::liaisons(&tx.connection, claimed.iter().filter_map(|row| row.unit_id)).await?;
    let mut events = Vec::new();
    for row in &claimed {
        let news = || CoBuilding::TaskDue { task_id: row.id, title: row.title.clone(), due_on: list.due_on, overdue };
        let own = liaisons.iter().filter(|(unit_id, _)| row.unit_id == Some(*unit_id)).map(|(_, account_id)| *account_id);
        let told = own.chain(list.issued_by.filter(|_| overdue));
        events.extend(told.map(|account_id| Event::CoBuildingChanged { account_id, news: news() }));
    }
    outbox::record_all(tx, &events).await
}
