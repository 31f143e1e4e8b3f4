//! The life of a match: who could meet a need, who accepted, who came, what was confirmed; and the service records that come of it.

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
        ddl::run(manager, include_str!("m20261121_000009_need_match.sql")).await?;
        ddl::append_only(manager, "match_step").await
    }
}
