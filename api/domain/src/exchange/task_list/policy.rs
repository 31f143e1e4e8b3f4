//! When the task list is cut off: one row per version, and no list for a community that has published none.

use entity::id::CommunityId;
use entity::task_list_policy::{self, Model};
use entity::time::BusinessDate;
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use crate::error::{Code, Error, Result};
use crate::people::permission::{Action, Actor};
use crate::tx::Tx;

/// Cut-off day when nobody says otherwise.
pub const CUT_OFF_DAY: i32 = 25;
/// Days of yellow light when nobody says otherwise.
pub const WARN_DAYS: i32 = 5;

/// The numbers of a policy to publish.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// First business date it governs; tomorrow or later.
    pub effective_from: BusinessDate,
    /// Day of the month, 1 to 28.
    pub cut_off_day: i32,
    /// Days before a task is due from which it is yellow, 0 to 27.
    pub warn_days: i32,
}

/// Publishes the next version.
///
/// # Errors
/// `FORBIDDEN`, `BAD_INPUT`, `POLICY_DATE` when it would reach back or before the last version, `CONFLICT` when two publish at once.
pub async fn publish(tx: &Tx, actor: &Actor, terms: Terms) -> Result<Model> {
    actor.require(Action::PublishTaskListPolicy, &actor.home())?;
    for (fits, field) in [((1..=28).contains(&terms.cut_off_day), "cutOffDay"), ((0..=27).contains(&terms.warn_days), "warnDays")] {
        if !fits {
            return Err(Error::from(Code::BadInput).on(field));
        }
    }
    let last = list(&tx.connection, actor.community_id).await?.into_iter().next();
    let earliest = last.as_ref().map_or(tx.today(), |row| row.effective_from).max(tx.today().plus_days(1));
    if terms.effective_from < earliest {
        return Err(Error::from(Code::PolicyDate).on("effectiveFrom").with("earliest", earliest.naive()));
    }
    let row = Model {
        community_id: actor.community_id,
        version: last.map_or(1, |row| row.version + 1),
        effective_from: terms.effective_from,
        cut_off_day: terms.cut_off_day,
        warn_days: terms.warn_days,
        published_by: actor.account_id,
        published_at: tx.now,
    };
    let inserted = row.into_active_model().insert(&tx.connection).await;
    inserted.map_err(|error| match crate::db::refused_by(&error) {
        Some(name) if name.contains("task_list_policy") => Code::Conflict.into(),
        _ => error.into(),
    })
}

/// Every version, newest first.
///
/// # Errors
/// When the database cannot be read.
pub async fn list(connection: &impl ConnectionTrait, community_id: CommunityId) -> Result<Vec<Model>> {
    let query = task_list_policy::Entity::find().filter(task_list_policy::Column::CommunityId.eq(community_id));
    Ok(query.order_by_desc(task_list_policy::Column::Version).all(connection).await?)
}
