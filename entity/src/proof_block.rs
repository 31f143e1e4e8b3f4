//! A sealed block of a community's operations.

use sea_orm::entity::prelude::*;

use crate::id::{CommunityId, ProofBlockId};
use crate::time::UtcMicros;

/// A sealed block of a community's operations.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proof_block")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: ProofBlockId,
    /// Whose operations.
    pub community_id: CommunityId,
    /// Place in the community's chain, from 1, without gaps.
    pub number: i64,
    /// Hash of the block before; 32 zero bytes for the first.
    pub previous_hash: Vec<u8>,
    /// Root of the Merkle tree over its operations.
    pub root: Vec<u8>,
    /// How many operations.
    pub size: i32,
    /// When.
    pub sealed_at: UtcMicros,
    /// The key that signed it.
    pub key_id: String,
    /// Ed25519 signature over its header.
    pub signature: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
