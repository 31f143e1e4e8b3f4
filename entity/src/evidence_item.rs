//! A numbered document of an evidence pack; never changed.

use sea_orm::entity::prelude::*;

use crate::id::EvidencePackId;

/// A numbered document of an evidence pack; never changed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence_item")]
pub struct Model {
    /// The pack.
    #[sea_orm(primary_key, auto_increment = false)]
    pub pack_id: EvidencePackId,
    /// 1, 2, 3 …
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Name of the file.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the content.
    pub sha256: Vec<u8>,
    /// The document.
    pub content: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
