//! A joint meeting of the alliance (党建联席会).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, JointMeetingId};
use crate::time::UtcMicros;

/// How far a joint meeting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JointMeetingState {
    /// Units have been called.
    Called,
    /// It was held.
    Held,
    /// It was called off.
    Cancelled,
}

/// A joint meeting of the alliance (党建联席会).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "joint_meeting")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JointMeetingId,
    /// The community.
    pub community_id: CommunityId,
    /// Title.
    pub title: String,
    /// Where.
    pub place: String,
    /// When it begins.
    pub starts_at: UtcMicros,
    /// Whether it was held.
    pub state: JointMeetingState,
    /// What was said, or why it was called off.
    pub summary: Option<String>,
    /// Who called it.
    pub called_by: AccountId,
    /// When it was called.
    pub called_at: UtcMicros,
    /// When it was recorded or called off.
    pub settled_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
