//! Milestones (里程碑): stages with weights; a project is as far as its milestones are, by their weights.

use std::collections::HashMap;

use entity::id::ProjectId;
use entity::project::ProjectState;
use entity::project_milestone::{self, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Entry, get, own_or_in_charge, state};
use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// The milestones of several projects, in their order.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Vec<Model>>> {
    let query = project_milestone::Entity::find().filter(project_milestone::Column::ProjectId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ProjectId, Vec<Model>> = HashMap::new();
    for row in query.order_by_asc(project_milestone::Column::Position).all(connection).await? {
        lists.entry(row.project_id).or_default().push(row);
    }
    Ok(lists)
}

/// How much of the whole is done, in hundredths of a percent (0 to 10000), rounded down.
#[must_use]
pub fn progress_bps(milestones: &[Model]) -> i32 {
    let weights: i32 = milestones.iter().map(|one| one.weight).sum();
    let done: i32 = milestones.iter().map(|one| one.weight * one.progress * 100).sum();
    done / weights.max(1)
}

/// Notes how far a milestone is. It may go back: what was reported too early is put right.
///
/// # Errors
/// `NOT_FOUND` (on `position` for a milestone that is not there), `FORBIDDEN`; `STATE_CHANGED` unless the project is under way; `BAD_INPUT` on `progress`.
pub async fn report(tx: &Tx, actor: &Actor, id: ProjectId, position: i32, progress: i32) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::ReportMilestone, id).await?;
    if !(0..=100).contains(&progress) {
        return Err(Error::from(Code::BadInput).on("progress").with("min", 0).with("max", 100));
    }
    let row = state::lock(tx, id).await?;
    state::within(&row, &[ProjectState::InProgress])?;
    let written = project_milestone::Entity::update_many()
        .col_expr(project_milestone::Column::Progress, Expr::value(progress))
        .col_expr(project_milestone::Column::ReportedAt, Expr::value(tx.now))
        .filter(project_milestone::Column::ProjectId.eq(id))
        .filter(project_milestone::Column::Position.eq(position))
        .exec(&tx.connection)
        .await?;
    if written.rows_affected == 0 {
        return Err(Error::from(Code::NotFound).on("position"));
    }
    get(&tx.connection, actor, id).await
}

#[cfg(test)]
mod tests {
    use entity::id::ProjectId;
    use entity::project_milestone::Model;
    use entity::time::{BusinessDate, UtcMicros};

    use super::progress_bps;

    #[test]
    fn progress_is_weighed() {
        let project_id = ProjectId::new(UtcMicros(0));
        let one = |position, weight, progress| Model {
            project_id,
            position,
            title: String::new(),
            weight,
            due_on: BusinessDate(20_260_630),
            progress,
            reported_at: None,
        };
        assert_eq!(progress_bps(&[one(1, 30, 100), one(2, 70, 50)]), 6_500);
        assert_eq!(progress_bps(&[one(1, 100, 100)]), 10_000);
        assert_eq!(progress_bps(&[]), 0);
    }
}
