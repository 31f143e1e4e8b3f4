//! What belongs to a project: the lines of the three lists that it answers or draws on, and the activities whose certified minutes count for it.

use std::collections::HashMap;

use entity::activity::ActivityState;
use entity::id::{ActivityId, ListingId, ProjectId};
use entity::{project_activity, project_listing};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Value};

use super::{Entry, get, own_or_in_charge, state};
use crate::db::{sql, tuples};
use crate::error::{Code, Error, Result};
use crate::exchange::listing;
use crate::people::permission::{Action, Actor};
use crate::service::activity;
use crate::tx::Tx;

/// Links a line of the three lists; again changes nothing.
///
/// # Errors
/// `NOT_FOUND` (on `listingId`), `FORBIDDEN`, `STATE_CHANGED`.
pub async fn listing(tx: &Tx, actor: &Actor, id: ProjectId, listing_id: ListingId) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::LinkProject, id).await?;
    let found = listing::get(&tx.connection, actor, listing_id, None).await.map_err(|error| error.on("listingId"))?;
    let row = state::lock(tx, id).await?;
    state::within(&row, &state::TAKES_PARTNERS)?;
    if found.listing.community_id != row.community_id {
        return Err(Error::from(Code::NotFound).on("listingId"));
    }
    let columns = [project_listing::Column::ProjectId, project_listing::Column::ListingId];
    let link = project_listing::Model { project_id: id, listing_id, linked_at: tx.now }.into_active_model();
    let once = OnConflict::columns(columns).do_nothing().to_owned();
    project_listing::Entity::insert(link).on_conflict(once).exec_without_returning(&tx.connection).await?;
    get(&tx.connection, actor, id).await
}

/// Links an activity, whose minutes then count: whoever may change the activity. An activity counts for one project; again changes nothing.
///
/// # Errors
/// `NOT_FOUND` (on `activityId`), `FORBIDDEN`; `STATE_CHANGED`, also for an activity that counts for another project or was called off.
pub async fn activity(tx: &Tx, actor: &Actor, id: ProjectId, activity_id: ActivityId) -> Result<Entry> {
    own_or_in_charge(&tx.connection, actor, Action::LinkProject, id).await?;
    let found = activity::get(&tx.connection, actor, activity_id).await.map_err(|error| error.on("activityId"))?;
    actor.require(Action::UpdateActivity, &activity::place_of(&tx.connection, &found).await?)?;
    let row = state::lock(tx, id).await?;
    state::within(&row, &state::TAKES_PARTNERS)?;
    if found.community_id != row.community_id {
        return Err(Error::from(Code::NotFound).on("activityId"));
    }
    let counted = project_activity::Entity::find().filter(project_activity::Column::ActivityId.eq(activity_id)).one(&tx.connection).await?;
    match counted {
        Some(link) if link.project_id == id => return get(&tx.connection, actor, id).await,
        Some(_) => return Err(Error::from(Code::StateChanged).on("activityId")),
        None if found.state == ActivityState::Cancelled => return Err(Error::from(Code::StateChanged).on("activityId")),
        None => {}
    }
    let link = project_activity::Model { project_id: id, activity_id, linked_at: tx.now }.into_active_model();
    project_activity::Entity::insert(link).exec_without_returning(&tx.connection).await?;
    get(&tx.connection, actor, id).await
}

/// Certified minutes and records of several projects: what was served at sessions of their activities.
///
/// # Errors
/// When the database cannot be read.
pub async fn minutes(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, (i64, i64)>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let statement = format!(
        "SELECT p.project_id, CAST(SUM(r.minutes) AS BIGINT) AS minutes, COUNT(*) AS records FROM project_activity p \
         JOIN activity_session s ON s.activity_id = p.activity_id JOIN service_record r ON r.session_id = s.id \
         WHERE p.project_id IN {} AND r.state = 'CERTIFIED' GROUP BY p.project_id",
        tuples(1, ids.len())
    );
    let mut found = HashMap::new();
    for row in connection.query_all_raw(sql(connection, &statement, ids.iter().map(|id| Value::from(*id)))).await? {
        found.insert(row.try_get("", "project_id")?, (row.try_get("", "minutes")?, row.try_get("", "records")?));
    }
    Ok(found)
}

/// The linked lines of several projects, in the order in which they were linked.
///
/// # Errors
/// When the database cannot be read.
pub async fn listings(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Vec<ListingId>>> {
    let query = project_listing::Entity::find().filter(project_listing::Column::ProjectId.is_in(ids.iter().copied()));
    let order = query.order_by_asc(project_listing::Column::LinkedAt).order_by_asc(project_listing::Column::ListingId);
    let mut lists: HashMap<ProjectId, Vec<ListingId>> = HashMap::new();
    for row in order.all(connection).await? {
        lists.entry(row.project_id).or_default().push(row.listing_id);
    }
    Ok(lists)
}

/// The linked activities of several projects, in the order in which they were linked.
///
/// # Errors
/// When the database cannot be read.
pub async fn activities(connection: &impl ConnectionTrait, ids: &[ProjectId]) -> Result<HashMap<ProjectId, Vec<ActivityId>>> {
    let query = project_activity::Entity::find().filter(project_activity::Column::ProjectId.is_in(ids.iter().copied()));
    let order = query.order_by_asc(project_activity::Column::LinkedAt).order_by_asc(project_activity::Column::ActivityId);
    let mut lists: HashMap<ProjectId, Vec<ActivityId>> = HashMap::new();
    for row in order.all(connection).await? {
        lists.entry(row.project_id).or_default().push(row.activity_id);
    }
    Ok(lists)
}
