//! A place taken, queued for or given back in a session (报名).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ActivitySessionId, CommunityId, SignUpId, VolunteerId};
use crate::time::UtcMicros;

/// How far a sign-up is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignUpState {
    /// Has a seat.
    Confirmed,
    /// Waits for a seat.
    Waitlisted,
    /// A seat is held until the offer ends.
    Offered,
    /// Given back by the volunteer.
    Withdrawn,
    /// The offer ended without an answer.
    Lapsed,
    /// Did not come.
    NoShow,
    /// Came.
    Attended,
    /// The session was called off.
    Cancelled,
}

/// A place taken, queued for or given back in a session (报名).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_up")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignUpId,
    /// The community.
    pub community_id: CommunityId,
    /// The session.
    pub session_id: ActivitySessionId,
    /// Who.
    pub volunteer_id: VolunteerId,
    /// How far it is.
    pub state: SignUpState,
    /// Place in the queue.
    pub queued_at: UtcMicros,
    /// A seat is offered until.
    pub offer_until: Option<UtcMicros>,
    /// Why withdrawn.
    pub withdraw_reason: Option<String>,
    /// When.
    pub created_at: UtcMicros,
    /// Last change.
    pub updated_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
