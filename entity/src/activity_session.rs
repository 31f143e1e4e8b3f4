//! One occurrence of an activity (场次).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ActivityId, ActivitySessionId, CommunityId};
use crate::time::{BusinessDate, UtcMicros};

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionState {
    /// Open.
    Open,
    /// Called off.
    Cancelled,
    /// Over, and no-shows noted.
    Closed,
}

/// One occurrence of an activity (场次).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "activity_session")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActivitySessionId,
    /// The community.
    pub community_id: CommunityId,
    /// The activity.
    pub activity_id: ActivityId,
    /// Start.
    pub starts_at: UtcMicros,
    /// End.
    pub ends_at: UtcMicros,
    /// Day it counts for.
    pub business_date: BusinessDate,
    /// Seats.
    pub capacity: i32,
    /// Confirmed sign-ups and open offers.
    pub seats_taken: i32,
    /// Waiting.
    pub waitlisted: i32,
    /// How far it is.
    pub state: SessionState,
    /// When made.
    pub created_at: UtcMicros,
    /// When closed.
    pub closed_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
