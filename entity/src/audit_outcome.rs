//! What became of a line of the audit log.

use sea_orm::entity::prelude::*;

use crate::id::{AuditLineId, CommunityId};
use crate::time::UtcMicros;

/// What became of a line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_outcome")]
pub struct Model {
    /// The line.
    #[sea_orm(primary_key, auto_increment = false)]
    pub line_id: AuditLineId,
    /// As on the line.
    pub community_id: Option<CommunityId>,
    /// `OK`, or the code of the refusal.
    pub result: String,
    /// When.
    pub ended_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
