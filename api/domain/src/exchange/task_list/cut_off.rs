//! The cut-off: the list of the month is drawn from the needs that are open then.

use entity::id::{AccountId, CommunityId, ListingId, RegionId, TaskId, TaskListId};
use entity::task::{self, TaskState};
use entity::task_list::{self, TaskListState};
use entity::time::BusinessDate;
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};

use super::TASKS_MAX;
use crate::db::sql;
use crate::error::Result;
use crate::event::{CoBuilding, Event};
use crate::exchange::listing::state::{Step, before_sql};
use crate::outbox;
use crate::tx::Tx;

/// Communities served in one go.
const BATCH: usize = 20;
/// A community whose cut-off day has come and that has no list of this month.
struct Due {
    community_id: CommunityId,
    version: i32,
    cut_off_day: i32,
    warn_days: i32,
    published_by: AccountId,
}

/// Due work: draws the list of the month for every community whose cut-off day has come; gives how many. What nobody claimed of the list before
/// lapses, and its needs stand on the new one.
///
/// # Errors
/// When the database refuses.
pub async fn cut_off(tx: &Tx) -> Result<usize> {
    let due = due(tx).await?;
    for one in &due {
        draw(tx, one).await?;
    }
    Ok(due.len())
}

async fn due(tx: &Tx) -> Result<Vec<Due>> {
    let text = format!(
        "SELECT p.community_id, p.version, p.cut_off_day, p.warn_days, p.published_by FROM task_list_policy p \
         WHERE p.version = (SELECT MAX(q.version) FROM task_list_policy q WHERE q.community_id = p.community_id AND q.effective_from <= $1) \
         AND p.cut_off_day <= $2 AND NOT EXISTS (SELECT 1 FROM task_list l WHERE l.community_id = p.community_id AND l.month = $3) \
         ORDER BY p.community_id LIMIT {BATCH}"
    );
    let today = tx.today();
    let values = [today.into(), today.day().into(), today.month_key().into()];
    let rows = tx.connection.query_all_raw(sql(&tx.connection, &text, values)).await?;
    let read = |row: &sea_orm::QueryResult| {
        Ok(Due {
            community_id: row.try_get("", "community_id")?,
            version: row.try_get("", "version")?,
            cut_off_day: row.try_get("", "cut_off_day")?,
            warn_days: row.try_get("", "warn_days")?,
            published_by: row.try_get("", "published_by")?,
        })
    };
    rows.iter().map(read).collect()
}

async fn draw(tx: &Tx, due: &Due) -> Result<()> {
    let today = tx.today();
    let cut_off_on = BusinessDate(today.month_key() * 100 + due.cut_off_day);
    let list = task_list::Model {
        id: TaskListId::new(tx.now),
        community_id: due.community_id,
        month: today.month_key(),
        policy_version: due.version,
        cut_off_on,
        due_on: a_month_later(cut_off_on),
        warn_days: due.warn_days,
        state: TaskListState::Draft,
        drawn_at: tx.now,
        issued_by: None,
        issued_at: None,
        closed_at: None,
        warned_at: None,
    };
    task_list::Entity::insert(list.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    lapse(tx, due.community_id, today).await?;
    let tasks = open_needs(tx, &list).await?;
    tx.insert_all(tasks.iter().cloned().map(IntoActiveModel::into_active_model).collect(), None).await?;
    let news = CoBuilding::TaskListDrawn { task_list_id: list.id, month: list.month, tasks: tasks.len(), due_on: list.due_on };
    outbox::record(tx, &Event::CoBuildingChanged { account_id: due.published_by, news }).await
}

/// The same day of the next month; a cut-off day is at most the 28th, so every month has it.
fn a_month_later(day: BusinessDate) -> BusinessDate {
    if day.month() == 12 { BusinessDate((day.year() + 1) * 10_000 + 100 + day.day()) } else { BusinessDate(day.0 + 100) }
}

/// Ends what nobody claimed of lists whose tasks are due by `today`.
pub(super) async fn lapse(tx: &Tx, community_id: CommunityId, today: BusinessDate) -> Result<()> {
    let text = "UPDATE task SET state = 'LAPSED' WHERE state = 'OPEN' AND task_list_id IN \
                (SELECT id FROM task_list WHERE community_id = $1 AND due_on <= $2)";
    tx.connection.execute_raw(sql(&tx.connection, text, [community_id.into(), today.into()])).await?;
    Ok(())
}

/// A task for every need of the community that can still be met and that no unit is at already, oldest first.
async fn open_needs(tx: &Tx, list: &task_list::Model) -> Result<Vec<task::Model>> {
    let text = format!(
        "SELECT l.id, l.region_id, l.title, l.description FROM listing l WHERE l.community_id = $1 AND l.kind = 'NEED' AND l.state IN {} \
         AND l.valid_until > $2 AND NOT EXISTS (SELECT 1 FROM task t WHERE t.need_id = l.id AND t.state IN ('OPEN', 'CLAIMED')) \
         ORDER BY l.id LIMIT {TASKS_MAX}",
        before_sql(Step::Claim)
    );
    let rows = tx.connection.query_all_raw(sql(&tx.connection, &text, [list.community_id.into(), tx.now.into()])).await?;
    let read = |row: &sea_orm::QueryResult| {
        let (id, region_id): (ListingId, RegionId) = (row.try_get("", "id")?, row.try_get("", "region_id")?);
        Ok(task::Model { need_id: Some(id.into()), ..blank(tx, list, region_id, row.try_get("", "title")?, row.try_get("", "description")?) })
    };
    rows.iter().map(read).collect()
}

/// A task that nobody has claimed; not yet written.
pub(super) fn blank(tx: &Tx, list: &task_list::Model, region_id: RegionId, title: String, description: String) -> task::Model {
    task::Model {
        id: TaskId::new(tx.now),
        community_id: list.community_id,
        task_list_id: list.id,
        need_id: None,
        region_id,
        title,
        description,
        state: TaskState::Open,
        unit_id: None,
        claimed_by: None,
        claimed_at: None,
        result: None,
        minutes: None,
        people: None,
        returned_by: None,
        returned_at: None,
        withdraw_reason: None,
        overdue_told_at: None,
        created_at: tx.now,
    }
}

#[cfg(test)]
mod tests {
    use entity::time::BusinessDate;

    use super::a_month_later;

    #[test]
    fn the_next_cut_off_is_a_month_later() {
        assert_eq!(a_month_later(BusinessDate(20_260_128)), BusinessDate(20_260_228));
        assert_eq!(a_month_later(BusinessDate(20_261_225)), BusinessDate(20_270_125));
    }
}
