//! The three lists (needs, resources, service offers), their reservations and words, and what volunteers can do.

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
        ddl::run(manager, include_str!("m20261121_000008_listing.sql")).await?;
        for table in ["listing_step", "contact_look"] {
            ddl::append_only(manager, table).await?;
        }
        Ok(())
    }
}
