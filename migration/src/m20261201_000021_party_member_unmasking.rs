//! Looks at the whole names of Party members: kept for good, with reasons that are sealed.

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
        ddl::run(manager, include_str!("m20261201_000021_party_member_unmasking.sql")).await?;
        ddl::append_only(manager, "party_member_unmasking").await?;
        ddl::resealable(manager, "party_member_unmasking", "reason_sealed").await
    }
}
