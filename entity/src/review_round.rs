//! A round of review (评审): who judges what until when, and what came of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, EvidencePackId, RegionId, ReviewRoundId};
use crate::time::UtcMicros;

/// What is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubjectKind {
    /// 共建项目
    Project,
    /// 清单条目
    Listing,
    /// 志愿先锋提名
    Nomination,
    /// 申诉
    Appeal,
}

/// How far a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoundPhase {
    /// Reviewers score, each alone.
    Scoring,
    /// Enough have scored; the panel sees all scores.
    Closed,
    /// The verdict is known.
    Published,
    /// Called off.
    Cancelled,
}

/// What is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// 通过
    Approve,
    /// 退回修改
    Return,
    /// 不通过
    Reject,
}

/// A round of review (评审): who judges what until when, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_round")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewRoundId,
    /// The community.
    pub community_id: CommunityId,
    /// Where its subject lies.
    pub region_id: RegionId,
    /// What is judged.
    pub subject_kind: SubjectKind,
    /// Which.
    pub subject_id: Uuid,
    /// The same as clients write it.
    pub subject_ref: String,
    /// 1, 2, 3 … of its subject.
    pub number: i32,
    /// Title of the subject at the opening.
    pub title: String,
    /// What it is judged on.
    pub pack_id: EvidencePackId,
    /// Under which version of the policy; 0 for the defaults.
    pub policy_version: i32,
    /// How many must score: k.
    pub votes_needed: i32,
    /// How many were to sit on the panel: n.
    pub panel_size: i32,
    /// Spread beyond which it is wide.
    pub spread_limit_bps: i32,
    /// How far it is.
    pub phase: RoundPhase,
    /// How many have scored.
    pub votes: i32,
    /// Until when to score.
    pub due_at: UtcMicros,
    /// When who has not scored is next told.
    pub remind_at: Option<UtcMicros>,
    /// End of the phase, when it publishes itself.
    pub publish_at: Option<UtcMicros>,
    /// Who opened it.
    pub opened_by: AccountId,
    /// When.
    pub opened_at: UtcMicros,
    /// When the last score needed came.
    pub closed_at: Option<UtcMicros>,
    /// Mean of the totals.
    pub mean_bps: Option<i32>,
    /// Highest total less lowest.
    pub spread_bps: Option<i32>,
    /// What was found.
    pub verdict: Option<Verdict>,
    /// What the panel agreed on where it was far apart.
    pub consensus_note: Option<String>,
    /// Who wrote it down.
    pub consensus_by: Option<AccountId>,
    /// When the verdict was made known.
    pub published_at: Option<UtcMicros>,
    /// When it was called off.
    pub cancelled_at: Option<UtcMicros>,
    /// Why.
    pub cancel_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
