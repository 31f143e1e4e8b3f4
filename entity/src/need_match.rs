//! A match (供需对接): one helper for one need.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ListingId, ListingSlotId, MatchPlanId, NeedMatchId, ReservationId, TeamId, VolunteerId};
use crate::time::UtcMicros;

/// How far a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MatchState {
    /// Somebody's word is missing.
    Proposed,
    /// Both sides agreed; what is needed is promised.
    Accepted,
    /// The helper has begun.
    InProgress,
    /// The helper has ended.
    Done,
    /// The person served confirmed it, or a dispute found that it counts.
    Confirmed,
    /// Somebody said no.
    Declined,
    /// Nobody answered, or nobody began, in time.
    Expired,
    /// Somebody took their word back.
    Withdrawn,
    /// The sides do not agree on what was done.
    Disputed,
    /// A dispute found that it does not count.
    Voided,
}

/// One of the two sides of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MatchSide {
    /// Who helps.
    Helper,
    /// Whose need it is, and who looks after it.
    Need,
}

/// How the person served confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConfirmChannel {
    /// Themselves, in the mini-program.
    App,
    /// By word of mouth to the grid worker.
    Spoken,
    /// By a card that the grid worker keeps.
    Card,
    /// The leader of a team of the helper's saw it.
    Witness,
}

/// Whether who disputed a match was found right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DisputeOutcome {
    /// They were.
    Upheld,
    /// They were not.
    Rejected,
}

/// A match (供需对接): one helper for one need.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "need_match")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NeedMatchId,
    /// The community.
    pub community_id: CommunityId,
    /// The need.
    pub need_id: ListingId,
    /// Who helps: a volunteer,
    pub volunteer_id: Option<VolunteerId>,
    /// or a team,
    pub team_id: Option<TeamId>,
    /// or a resource or a service offer.
    pub offering_id: Option<ListingId>,
    /// Which slot of the offering, where it has slots.
    pub slot_id: Option<ListingSlotId>,
    /// How many places or things.
    pub quantity: i64,
    /// From when; none until it is agreed.
    pub starts_at: Option<UtcMicros>,
    /// Until when.
    pub ends_at: Option<UtcMicros>,
    /// How far it is.
    pub state: MatchState,
    /// Whose word is missing while it is proposed.
    pub awaits: MatchSide,
    /// The score it was suggested with, in millionths.
    pub score: Option<i64>,
    /// The reasons that add up to the score, as JSON.
    pub reasons: Option<String>,
    /// The plan it came of.
    pub plan_id: Option<MatchPlanId>,
    /// Who proposed it; none for the program.
    pub proposed_by: Option<AccountId>,
    /// What of the need is promised.
    pub need_reservation_id: Option<ReservationId>,
    /// What of the offering is promised.
    pub offering_reservation_id: Option<ReservationId>,
    /// How the guardian of a helper under age agreed.
    pub guardian_consent: Option<String>,
    /// When it was proposed.
    pub proposed_at: UtcMicros,
    /// Until when the answer, or after it the start, is waited for.
    pub expires_at: Option<UtcMicros>,
    /// When the helper began, by the server's clock.
    pub started_at: Option<UtcMicros>,
    /// When the helper ended.
    pub finished_at: Option<UtcMicros>,
    /// What the person served thought of it, 1 to 5.
    pub rating: Option<i32>,
    /// How they confirmed.
    pub channel: Option<ConfirmChannel>,
    /// Which side disputed it.
    pub disputed_side: Option<MatchSide>,
    /// What came of the dispute.
    pub outcome: Option<DisputeOutcome>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
