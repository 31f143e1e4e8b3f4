//! One pair of a plan of matches, and what became of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{ListingId, ListingSlotId, MatchPlanId, TeamId, VolunteerId};
use crate::time::UtcMicros;

/// What became of a pair of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PlanLineState {
    /// Nothing yet.
    Planned,
    /// It was proposed.
    Proposed,
    /// It did not fit any more.
    Skipped,
}

/// One pair of a plan of matches, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_plan_line")]
pub struct Model {
    /// The plan.
    #[sea_orm(primary_key, auto_increment = false)]
    pub plan_id: MatchPlanId,
    /// Place in the plan, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// The need.
    pub need_id: ListingId,
    /// Who helps: a volunteer,
    pub volunteer_id: Option<VolunteerId>,
    /// or a team,
    pub team_id: Option<TeamId>,
    /// or a resource or a service offer.
    pub offering_id: Option<ListingId>,
    /// Which slot of the offering.
    pub slot_id: Option<ListingSlotId>,
    /// How many places or things.
    pub quantity: i64,
    /// From when.
    pub starts_at: Option<UtcMicros>,
    /// Until when.
    pub ends_at: Option<UtcMicros>,
    /// Score of one place, in millionths.
    pub score: i64,
    /// The reasons that add up to the score, as JSON.
    pub reasons: String,
    /// Candidates of the need that score higher.
    pub passed_over: i32,
    /// What became of it.
    pub state: PlanLineState,
    /// Code of the refusal of what was skipped.
    pub refusal: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
