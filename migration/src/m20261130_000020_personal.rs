//! The rights of a person over what is kept of them: corrections, leaving, how long things are kept. Texts about a person may be erased from rows that
//! are otherwise never changed.

use sea_orm_migration::prelude::*;

use crate::ddl;

/// Tables that only grow, and the texts in them that may be erased.
const ERASABLE: &[(&str, &[&str])] = &[
    ("operation", &["reason"]),
    ("listing_step", &["note"]),
    ("contact_look", &["reason"]),
    ("unmasking", &["reason"]),
    ("match_step", &["note"]),
    ("review_vote", &["reason"]),
    ("evidence_pack", &["sha256"]),
    ("evidence_item", &["sha256", "content"]),
];

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run(manager, include_str!("m20261130_000020_personal.sql")).await?;
        for (table, columns) in ERASABLE {
            ddl::erasable(manager, table, columns).await?;
        }
        Ok(())
    }
}
