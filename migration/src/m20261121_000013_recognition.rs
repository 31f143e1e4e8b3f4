//! Recognition: stars and certificates, Party members' merit, selection.

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
        ddl::run(manager, include_str!("m20261121_000013_recognition_certificate.sql")).await?;
        ddl::run(manager, include_str!("m20261121_000013_recognition_merit.sql")).await?;
        ddl::run(manager, include_str!("m20261121_000013_recognition_selection.sql")).await?;
        for table in ["star_change", "selection_standing"] {
            ddl::append_only(manager, table).await?;
        }
        Ok(())
    }
}
