//! The steps of the schema: which are still to be taken, and taking them.
//!
//! Looking is one or two small reads. The library looks by making its table first, which is a write at every start and at every probe of health, and brings
//! a megabyte of code into a server that has nothing to do with it.

use std::collections::HashSet;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};

use super::{Db, sql};
use crate::error::Result;

/// Key of the advisory lock that keeps two processes from migrating at once.
const LOCK: i64 = 0x0071_6963_6169;

/// Where the library notes the steps that were taken.
const TAKEN: &str = "seaql_migrations";

impl Db {
    /// Brings the schema up to date; only one process does it at a time.
    ///
    /// # Errors
    /// When a step fails, which is then rolled back, or when a later program has taken steps that this one does not know.
    pub async fn migrate(&self) -> Result<()> {
        // A step that this program does not know is the library's to refuse.
        let known: HashSet<String> = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        if self.taken().await? == known {
            return Ok(());
        }
        if self.backend() == DbBackend::Sqlite {
            return Ok(Migrator::up(&self.writer, None).await?);
        }
        // The lock lives as long as its own transaction; the steps run in theirs on other connections.
        let guard = self.writer.begin().await?;
        guard.execute_raw(sql(&guard, "SELECT pg_advisory_xact_lock($1)", [LOCK.into()])).await?;
        Migrator::up(&self.writer, None).await?;
        Ok(guard.commit().await?)
    }

    /// How many steps of the schema are still to be taken.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_migrations(&self) -> Result<usize> {
        let taken = self.taken().await?;
        Ok(Migrator::migrations().iter().filter(|step| !taken.contains(step.name())).count())
    }

    /// Names of the steps that were taken; none in a new database, which has no list of them.
    async fn taken(&self) -> Result<HashSet<String>> {
        let listed = match self.backend() {
            DbBackend::Postgres => "SELECT 1 FROM pg_class WHERE oid = to_regclass($1)",
            _ => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1",
        };
        if self.reader.query_one_raw(sql(&self.reader, listed, [TAKEN.into()])).await?.is_none() {
            return Ok(HashSet::new());
        }
        let rows = self.reader.query_all_raw(sql(&self.reader, &format!("SELECT version FROM {TAKEN}"), [])).await?;
        rows.iter().map(|row| Ok(row.try_get_by_index(0)?)).collect()
    }
}
