//! Which operation is which leaf of which block.

use sea_orm::entity::prelude::*;

use crate::id::{OperationId, ProofBlockId};

/// Which operation is which leaf of which block.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "proof_leaf")]
pub struct Model {
    /// The operation, sealed once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub operation_id: OperationId,
    /// Its block.
    pub block_id: ProofBlockId,
    /// Its place among the leaves, from 0.
    pub leaf_index: i32,
    /// Random bytes within the leaf, so that its hash tells nothing to who guesses at the rest.
    pub salt: Vec<u8>,
    /// The audit path: hashes of 32 bytes, from the leaf up.
    pub path: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
