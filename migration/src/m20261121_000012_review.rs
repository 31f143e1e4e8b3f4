//! Review: rounds, reviewers, scores and frozen evidence; co-building projects with what partners promise; families on record; three more word lists.

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
        ddl::run(manager, include_str!("m20261121_000012_review.sql")).await?;
        for table in ["evidence_pack", "evidence_item", "review_vote", "review_score", "project_step"] {
            ddl::append_only(manager, table).await?;
        }
        Ok(())
    }
}
