//! Signing in: one-time codes, second factors, WeChat, keys of tokens; roles with dates; acting for somebody else.

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
        ddl::run(manager, include_str!("m20261122_000014_identity.sql")).await?;
        ddl::append_only(manager, "acting_step").await
    }
}
