//! An entry of a volunteer's file (志愿者服务档案) beside service: training, commendation, evaluation.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, CommunityId, DossierEntryId, VolunteerId};
use crate::time::{BusinessDate, UtcMicros};

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DossierKind {
    /// 培训
    Training,
    /// 表彰奖励
    Commendation,
    /// 评价
    Evaluation,
}

/// An entry of a volunteer's file (志愿者服务档案) beside service: training, commendation, evaluation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dossier_entry")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DossierEntryId,
    /// The community.
    pub community_id: CommunityId,
    /// Whose file.
    pub volunteer_id: VolunteerId,
    /// What it is about.
    pub kind: DossierKind,
    /// What was taught, the honour, or what was judged.
    pub title: String,
    /// Who taught, honoured or judged.
    pub given_by: String,
    /// When.
    pub given_on: BusinessDate,
    /// Minutes of training.
    pub minutes: Option<i64>,
    /// Grade of an evaluation, 1 to 5.
    pub grade: Option<i32>,
    /// Who recorded it.
    pub recorder_id: AccountId,
    /// Recorded.
    pub created_at: UtcMicros,
    /// Who took it back.
    pub withdrawn_by: Option<AccountId>,
    /// When it was taken back.
    pub withdrawn_at: Option<UtcMicros>,
    /// Why it was taken back.
    pub withdraw_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
