//! Pairs that are not to be proposed for a while.

use entity::id::{AccountId, CommunityId, ListingId, MatchDismissalId};
use entity::match_dismissal;
use entity::time::BusinessDate;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::Helper;
use crate::error::Result;
use crate::points::policy;
use crate::tx::Tx;

/// A pair that is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// The need.
    pub need_id: ListingId,
    /// The helper.
    pub helper: Helper,
    /// The first day on which the pair may be proposed again.
    pub until: BusinessDate,
    /// Why.
    pub reason: String,
}

/// Leaves a pair alone for the days of the policy; gives the first day on which it may be proposed again. The reason is checked already.
///
/// # Errors
/// When the database refuses.
pub async fn dismiss(
    tx: &Tx,
    community_id: CommunityId,
    need_id: ListingId,
    helper: Helper,
    by: AccountId,
    reason: &str,
) -> Result<match_dismissal::Model> {
    let policy = policy::in_force(&tx.connection, community_id, tx.today()).await?;
    let (volunteer_id, team_id, offering_id) = helper.columns();
    let row = match_dismissal::Model {
        id: MatchDismissalId::new(tx.now),
        community_id,
        need_id,
        volunteer_id,
        team_id,
        offering_id,
        dismissed_by: by,
        reason: reason.to_owned(),
        until: tx.today().plus_days(policy.match_dismissal_days.unsigned_abs()),
        created_at: tx.now,
    };
    match_dismissal::Entity::insert(row.clone().into_active_model()).exec_without_returning(&tx.connection).await?;
    Ok(row)
}

/// The pairs of a community that are left alone on a day, in the order in which they were dismissed; a pair may stand there more than once.
///
/// # Errors
/// When the database cannot be read.
pub async fn dismissals(connection: &impl ConnectionTrait, community_id: CommunityId, day: BusinessDate) -> Result<Vec<Dismissal>> {
    let rows = match_dismissal::Entity::find()
        .filter(match_dismissal::Column::CommunityId.eq(community_id))
        .filter(match_dismissal::Column::Until.gt(day))
        .order_by_asc(match_dismissal::Column::Id)
        .all(connection)
        .await?;
    rows.into_iter()
        .map(|row| Ok(Dismissal { need_id: row.need_id, helper: Helper::of_dismissal(&row)?, until: row.until, reason: row.reason }))
        .collect()
}

/// Until when a pair is left alone, when it is on this day.
///
/// # Errors
/// When the database cannot be read.
pub async fn dismissed_until(
    connection: &impl ConnectionTrait,
    need_id: ListingId,
    helper: Helper,
    day: BusinessDate,
) -> Result<Option<BusinessDate>> {
    let rows = match_dismissal::Entity::find()
        .filter(match_dismissal::Column::NeedId.eq(need_id))
        .filter(match_dismissal::Column::Until.gt(day))
        .all(connection)
        .await?;
    let columns = helper.columns();
    Ok(rows.into_iter().filter(|row| (row.volunteer_id, row.team_id, row.offering_id) == columns).map(|row| row.until).max())
}
