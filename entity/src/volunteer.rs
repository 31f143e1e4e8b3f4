//! A volunteer (志愿者).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, RegionId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// Whether a volunteer may sign up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VolunteerState {
    /// May sign up.
    Active,
    /// May not sign up for now.
    Suspended,
}

/// A volunteer (志愿者).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "volunteer")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VolunteerId,
    /// The community.
    pub community_id: CommunityId,
    /// The account, where the person has one.
    pub account_id: Option<AccountId>,
    /// Public volunteer number.
    pub number: String,
    /// Real name; shown masked without consent.
    pub name: String,
    /// Birth date.
    pub birth_date: BusinessDate,
    /// Where the person lives in the grid tree.
    pub region_id: RegionId,
    /// Consent to be named on leaderboards.
    pub publishes_name: bool,
    /// Whether the person may sign up.
    pub state: VolunteerState,
    /// Why the state was last changed.
    pub state_reason: Option<String>,
    /// Certified minutes, permanent.
    pub minutes: i64,
    /// Sessions missed without word.
    pub no_shows: i32,
    /// When registered.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
