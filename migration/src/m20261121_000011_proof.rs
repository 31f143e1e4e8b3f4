//! Sealed blocks of the ledger, their leaves, and the keys they are signed with.

use sea_orm_migration::prelude::*;

use crate::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run(manager, include_str!("m20261121_000011_proof.sql")).await?;
        for table in ["proof_key", "proof_block", "proof_leaf"] {
            ddl::append_only(manager, table).await?;
        }
        Ok(())
    }
}
