//! One transaction of one request, and the clock.
//!
//! A verb takes `&Tx` first: what it writes is committed together or not at all, and everything it writes carries the one `now` of its
//! transaction. Nothing outside the database happens between `Db::begin` and `Tx::commit`. A `Tx` that is dropped is rolled back.
//!
//! This is the only place that reads the wall clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::Utc;
use entity::time::{BusinessDate, UtcMicros};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Iterable};

use crate::error::Result;

/// Values of one statement; SQLite takes 32,766, PostgreSQL 65,535.
const VALUES_MAX: usize = 20_000;

/// Where the time comes from: the machine, or a hand that turns it (tests and the demo's story).
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until it is moved.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `moment`.
    #[must_use]
    pub fn manual(moment: UtcMicros) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(moment.0)))
    }

    /// The time by this clock, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> UtcMicros {
        match self {
            Self::System => UtcMicros::from(Utc::now()),
            Self::Manual(moment) => UtcMicros(moment.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock to `moment`; the machine's clock cannot be moved.
    pub fn set(&self, moment: UtcMicros) {
        if let Self::Manual(cell) = self {
            cell.store(moment.0, Ordering::SeqCst);
        }
    }
}

/// An open transaction with its time.
pub struct Tx {
    /// For the queries of entities.
    pub connection: DatabaseTransaction,
    /// The time of everything this transaction writes.
    pub now: UtcMicros,
}

impl Tx {
    /// The business date of `now`.
    #[must_use]
    pub fn today(&self) -> BusinessDate {
        self.now.business_date()
    }

    /// Which database this is; for `points::ledger` and `outbox` alone.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        sea_orm::ConnectionTrait::get_database_backend(&self.connection)
    }

    /// Inserts rows, any number of them, and says how many were written; `conflict` says what becomes of a row that is there already.
    ///
    /// # Errors
    /// When the database refuses a row; which unique index did is for the caller to say.
    pub async fn insert_all<A>(&self, rows: Vec<A>, conflict: Option<&OnConflict>) -> Result<u64, DbErr>
    where
        A: ActiveModelTrait + Send,
    {
        let rows_at_once = VALUES_MAX / <A::Entity as EntityTrait>::Column::iter().count();
        let mut written = 0;
        let mut rows = rows.into_iter();
        loop {
            let chunk: Vec<A> = rows.by_ref().take(rows_at_once).collect();
            if chunk.is_empty() {
                return Ok(written);
            }
            let insert = A::Entity::insert_many(chunk);
            let insert = if let Some(conflict) = conflict { insert.on_conflict(conflict.clone()) } else { insert };
            written += insert.exec_without_returning(&self.connection).await?;
        }
    }

    /// Makes everything lasting.
    ///
    /// # Errors
    /// When the database is away; whether the commit arrived is then unknown, and the same idempotency key may be sent again.
    pub async fn commit(self) -> Result<()> {
        Ok(self.connection.commit().await?)
    }
}
