//! Where the kept part of a chain of the audit log begins.

use sea_orm::entity::prelude::*;

use crate::time::UtcMicros;

/// Where the kept part of a chain of the audit log begins.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_checkpoint")]
pub struct Model {
    /// The chain.
    #[sea_orm(primary_key, auto_increment = false)]
    pub chain: Uuid,
    /// The last link that went.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Its hash, which the next link holds.
    pub hash: Vec<u8>,
    /// When it went.
    pub made_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
