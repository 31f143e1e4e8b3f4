//! The audit log: lines, outcomes, the chains over them, and where a kept chain begins; the role that reads it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DatabaseBackend;

use crate::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// The least time that a line is kept, in microseconds: 184 days, which six months never exceed.
const KEPT: &str = "15897600000000";

/// Tables from which rows go, and when one may: it stands in a chain at or below a checkpoint.
const LEAVING: [(&str, &str); 3] = [
    (
        "audit_line",
        "EXISTS (SELECT 1 FROM audit_link k JOIN audit_checkpoint c ON c.chain = k.chain AND c.number >= k.number \
         WHERE k.line_id = OLD.id AND k.part = 'BEGUN')",
    ),
    (
        "audit_outcome",
        "EXISTS (SELECT 1 FROM audit_link k JOIN audit_checkpoint c ON c.chain = k.chain AND c.number >= k.number \
         WHERE k.line_id = OLD.line_id AND k.part = 'ENDED')",
    ),
    ("audit_link", "EXISTS (SELECT 1 FROM audit_checkpoint c WHERE c.chain = OLD.chain AND c.number >= OLD.number)"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl::run(manager, include_str!("m20261130_000017_audit.sql")).await?;
        for table in ["audit_checkpoint", "audit_policy"] {
            ddl::append_only(manager, table).await?;
        }
        for (table, when) in LEAVING {
            ddl::append_only_until(manager, table, when).await?;
        }
        // Nothing is declared old that is not, and nothing else than what stands there.
        let young = format!(
            "EXISTS (SELECT 1 FROM audit_link k JOIN audit_line l ON l.id = k.line_id \
             WHERE k.chain = NEW.chain AND k.number <= NEW.number AND l.begun_at > NEW.made_at - {KEPT}) \
             OR NOT EXISTS (SELECT 1 FROM audit_link k WHERE k.chain = NEW.chain AND k.number = NEW.number AND k.hash = NEW.hash)"
        );
        ddl::refuse_insert(manager, "audit_checkpoint", &young).await?;
        admit_auditors(manager).await
    }
}

/// `SQLite` cannot change the CHECK of a column, so there the table is written anew; no other table refers to it.
async fn admit_auditors(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if manager.get_database_backend() != DatabaseBackend::Postgres {
        return ddl::run(manager, include_str!("m20261130_000017_audit_role.sql")).await;
    }
    let statement = "ALTER TABLE role_grant DROP CONSTRAINT role_grant_role_check; \
                     ALTER TABLE role_grant ADD CONSTRAINT role_grant_role CHECK (role IN ('RESIDENT','VOLUNTEER','TEAM_LEADER','GRID_WORKER',\
                     'REDEMPTION_DESK','REVIEWER','UNIT_LIAISON','PARTY_WORKER','AUDITOR','ADMIN'))";
    manager.get_connection().execute_unprepared(statement).await.map(drop)
}
