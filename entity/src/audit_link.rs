//! A link of a chain of the audit log.

use sea_orm::entity::prelude::*;
use serde::Serialize;

use crate::id::AuditLineId;

/// Which row a link holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuditPart {
    /// The line.
    Begun,
    /// Its outcome.
    Ended,
}

/// A link of a chain of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_link")]
pub struct Model {
    /// The chain: the community, or nil for what belongs to none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: Uuid,
    /// Place in the chain, from 1, without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// The line.
    pub line_id: AuditLineId,
    /// Which of its rows.
    pub part: AuditPart,
    /// Hash over the row and the hash before.
    pub hash: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
