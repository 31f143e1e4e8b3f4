//! Consent and privacy: texts and consents, looks at names, sealed fields, and the secrets they are sealed with.

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
        ddl::run(manager, include_str!("m20261130_000019_consent.sql")).await?;
        ddl::append_only(manager, "unmasking").await
    }
}
