//! Somebody who acts for somebody else.

use sea_orm::entity::prelude::*;

use crate::id::{AccountId, ActingRelationId, CommunityId};
use crate::time::UtcMicros;

/// For whom somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActingKind {
    /// 老人
    Elder,
    /// 孩子
    Child,
    /// 其他
    Other,
}

/// How the consent was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActingConsent {
    /// 本人同意: by an invitation of their own.
    Own,
    /// 工作人员见证: before staff, who wrote down how.
    Witnessed,
}

/// Somebody who acts for somebody else.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "acting_relation")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ActingRelationId,
    /// Home of the one acted for.
    pub community_id: CommunityId,
    /// Who is acted for.
    pub principal_id: AccountId,
    /// Who acts.
    pub helper_id: AccountId,
    /// For whom.
    pub kind: ActingKind,
    /// How the consent was given.
    pub consent: ActingConsent,
    /// What shows it.
    pub consent_note: String,
    /// Who wrote it down.
    pub recorded_by: AccountId,
    /// Since when.
    pub created_at: UtcMicros,
    /// Until when.
    pub ended_at: Option<UtcMicros>,
    /// Who ended it.
    pub ended_by: Option<AccountId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
