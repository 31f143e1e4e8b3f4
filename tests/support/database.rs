//! A database of its own for every story, copied from a template that is made once for each test process.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::db::Db;
use domain::tx::Clock;
use entity::time::UtcMicros;
use sea_orm::{ConnectionTrait, Database};

use crate::servers::{scratch, servers};
use crate::{app, seed};

/// On which kind of database a story runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One file, no Redis.
    Sqlite,
    /// PostgreSQL and Redis.
    Postgres,
}

/// Name of the template database, and of the template file.
const TEMPLATE: &str = "template_qicai";

/// The URL of a fresh copy and the name it goes by, unique in this process.
pub async fn fresh(backend: Backend) -> (String, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("story_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    match backend {
        Backend::Sqlite => {
            static READY: OnceLock<()> = OnceLock::new();
            tokio::task::block_in_place(|| READY.get_or_init(|| make_template(sqlite_url(TEMPLATE))));
            std::fs::copy(scratch().join(TEMPLATE), scratch().join(&name)).expect("the template is copied");
            (sqlite_url(&name), name)
        }
        Backend::Postgres => {
            static READY: OnceLock<()> = OnceLock::new();
            // PostgreSQL copies a template only while nobody is connected to it, so making it ends before anyone copies.
            tokio::task::block_in_place(|| {
                READY.get_or_init(|| {
                    on_own_runtime(maintain(format!("CREATE DATABASE {TEMPLATE}")));
                    make_template(postgres_url(TEMPLATE));
                });
            });
            maintain(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
            (postgres_url(&name), name)
        }
    }
}

/// Takes a copy away again.
pub async fn remove(backend: Backend, name: &str) {
    match backend {
        Backend::Sqlite => {
            for ending in ["", "-wal", "-shm", ".secret"] {
                // A file that is not there needs no removing.
                let _ = std::fs::remove_file(scratch().join(format!("{name}{ending}")));
            }
        }
        Backend::Postgres => maintain(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await,
    }
}

fn sqlite_url(name: &str) -> String {
    format!("sqlite://{}?mode=rwc", scratch().join(name).display())
}

fn postgres_url(name: &str) -> String {
    let (server, _) = servers().postgres.rsplit_once('/').expect("a URL");
    format!("{server}/{name}")
}

async fn maintain(statement: String) {
    let connection = Database::connect(&servers().postgres).await.expect("PostgreSQL answers");
    connection.execute_unprepared(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    connection.close().await.expect("closed");
}

fn make_template(url: String) {
    on_own_runtime(async move {
        let db = Db::connect(&url, 2, Clock::manual(seed::opened_at())).await.map_err(|error| error.code).expect("the template opens");
        db.migrate().await.map_err(|error| format!("{error:?}")).expect("the schema is made");
        let app = app::assemble(db, None);
        seed::community(&app).await;
        if url.starts_with("sqlite:") {
            app.db.writer().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.expect("everything is in the one file");
        }
        app.db.close().await.map_err(|error| error.code).expect("closed");
    });
}

/// Runs `work` to its end on a thread and runtime of its own: pools belong to the runtime that made them.
fn on_own_runtime(work: impl Future<Output = ()> + Send + 'static) {
    std::thread::spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work))
        .join()
        .expect("the template is made");
}

/// The moment at which every story begins.
#[must_use]
pub fn begins_at() -> UtcMicros {
    crate::app::moment("2026-03-02T01:00:00Z")
}
