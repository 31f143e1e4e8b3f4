//! The log of a project: what happened, when, and what was said; never changed.

use std::collections::HashMap;

use entity::id::{AccountId, ProjectId, ProjectStepId};
use entity::project;
use entity::project_step::{self, ProjectStep};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::Result;
use crate::event::{Event, Judging};
use crate::outbox;
use crate::tx::Tx;

/// Writes down that a project went a step, and tells who applied unless they did it.
pub(super) async fn write(tx: &Tx, row: &project::Model, kind: ProjectStep, by: Option<AccountId>, note: Option<String>) -> Result<()> {
    let step = project_step::Model {
        id: ProjectStepId::new(tx.now),
        community_id: row.community_id,
        project_id: row.id,
        kind,
        happened_at: tx.now,
        account_id: by,
        note: note.clone(),
    };
    project_step::Entity::insert(step.into_active_model()).exec_without_returning(&tx.connection).await?;
    if by == Some(row.applicant_id) {
        return Ok(());
    }
    let news = Judging::Project { project_id: row.id, title: row.title.clone(), step: kind, note, at: tx.now };
    outbox::record(tx, &Event::JudgingChanged { account_id: row.applicant_id, news }).await
}

/// What happened to several projects, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn of(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Vec<project_step::Model>>> {
    let query = project_step::Entity::find().filter(project_step::Column::ProjectId.is_in(ids.iter().copied()));
    let mut lists: HashMap<ProjectId, Vec<project_step::Model>> = HashMap::new();
    for row in query.order_by_asc(project_step::Column::Id).all(connection).await? {
        lists.entry(row.project_id).or_default().push(row);
    }
    Ok(lists)
}
