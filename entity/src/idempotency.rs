//! The first answer of a mutation that took an idempotency key.

use sea_orm::entity::prelude::*;

use crate::id::AccountId;
use crate::time::UtcMicros;

/// The first answer of a mutation that took an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    /// Whose key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub idem_key: String,
    /// Of which mutation.
    pub mutation: String,
    /// SHA-256 of the input.
    pub request_hash: Vec<u8>,
    /// What it made or changed.
    pub result_id: Uuid,
    /// When.
    pub created_at: UtcMicros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
