//! A decision of a joint meeting (议定事项).

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, JointDecisionId, JointMeetingId, UnitId};
use crate::time::{BusinessDate, UtcMicros};

/// A decision of a joint meeting (议定事项).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joint_decision")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JointDecisionId,
    /// The community.
    pub community_id: CommunityId,
    /// The meeting.
    pub meeting_id: JointMeetingId,
    /// What was decided.
    pub title: String,
    /// The unit that sees to it; none for the community.
    pub unit_id: Option<UnitId>,
    /// Last day.
    pub due_on: BusinessDate,
    /// How far it is.
    pub follow_up: Option<String>,
    /// When that was written.
    pub followed_up_at: Option<UtcMicros>,
    /// When it was done.
    pub done_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
