//! A year's selection of vanguards (志愿先锋评选).

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, SelectionRoundId};
use crate::time::UtcMicros;

/// How far a selection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SelectionState {
    /// People are nominated.
    Nominating,
    /// The panel scores and residents vote.
    Voting,
    /// The outcome is open to objections.
    Notice,
    /// Over.
    Announced,
    /// Called off.
    Cancelled,
}

/// A year's selection of vanguards (志愿先锋评选).
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "selection_round")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SelectionRoundId,
    /// The community.
    pub community_id: CommunityId,
    /// The year.
    pub year: i32,
    /// What it is called.
    pub title: String,
    /// How far it is.
    pub state: SelectionState,
    /// How many are chosen.
    pub seats: i32,
    /// Certified minutes of the year that a nominee needs.
    pub min_minutes: i64,
    /// Weight of the panel, basis points.
    pub panel_bps: i32,
    /// Weight of the vote.
    pub vote_bps: i32,
    /// Weight of the certified minutes.
    pub record_bps: i32,
    /// Working days of public notice, at least five.
    pub notice_days: i32,
    /// Who opened it.
    pub opened_by: AccountId,
    /// When.
    pub opened_at: UtcMicros,
    /// Until when is voted.
    pub voting_until: Option<UtcMicros>,
    /// Ballots counted.
    pub ballots: Option<i32>,
    /// Begin of the public notice.
    pub notice_from: Option<UtcMicros>,
    /// Its end.
    pub notice_until: Option<UtcMicros>,
    /// Announced or cancelled.
    pub ended_at: Option<UtcMicros>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
