//! A public key that blocks were signed with.

use sea_orm::entity::prelude::*;

use crate::time::UtcMicros;

/// A public key that blocks were signed with.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proof_key")]
pub struct Model {
    /// Its thumbprint (RFC 7638).
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// The Ed25519 public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// When it was first used.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
