//! Co-building (共建): the alliance of units, agreements, check-ins, pairing, meetings, visits, awards, and the monthly task list.

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
        ddl::run(manager, include_str!("m20261121_000010_co_building.sql")).await?;
        ddl::append_only(manager, "unit_feedback").await
    }
}
