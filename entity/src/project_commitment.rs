//! What a partner promises a project.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, ListingId, ProjectCommitmentId, ProjectId, TeamId, UnitId};
use crate::time::UtcMicros;

/// What can be promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommitmentKind {
    /// 人力
    People,
    /// 物资
    Goods,
    /// 场地
    Space,
    /// 资金 (文字说明)
    Funds,
}

/// How far a promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommitmentState {
    /// Said.
    Promised,
    /// Signed, and confirmed by somebody else.
    Confirmed,
    /// Taken back.
    Withdrawn,
}

/// What a partner promises a project.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_commitment")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProjectCommitmentId,
    /// The community.
    pub community_id: CommunityId,
    /// The project.
    pub project_id: ProjectId,
    /// The partner: a unit, or
    pub unit_id: Option<UnitId>,
    /// a team.
    pub team_id: Option<TeamId>,
    /// Of what.
    pub kind: CommitmentKind,
    /// How many; none for funds.
    pub quantity: Option<i32>,
    /// What the quantity counts.
    pub measure: Option<String>,
    /// In words.
    pub note: String,
    /// The line of the three lists it comes from.
    pub listing_id: Option<ListingId>,
    /// How far it is.
    pub state: CommitmentState,
    /// Who promised.
    pub promised_by: AccountId,
    /// When.
    pub promised_at: UtcMicros,
    /// Who confirmed or withdrew it.
    pub settled_by: Option<AccountId>,
    /// When.
    pub settled_at: Option<UtcMicros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
