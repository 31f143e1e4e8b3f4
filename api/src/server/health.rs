//! How the program is: `/livez` says that it runs, `/readyz` that it can work.
//!
//! Ready means that the database answers, its schema is complete, Redis answers where there is one, and nobody has told the program to stop. The
//! answer is made within 200 ms and kept for a second, so that a balancer may ask as often as it likes.

use std::time::{Duration, Instant};

use actix_web::{HttpResponse, web};
use domain::app::App;
use domain::db::sql;
use domain::error::{Code, Result};
use sea_orm::ConnectionTrait;
use serde_json::json;
use tokio::sync::{Mutex, watch};

use super::Door;

/// Time a probe may take.
const BUDGET: Duration = Duration::from_millis(200);
/// Time a finding is kept.
const KEPT: Duration = Duration::from_secs(1);

/// What is known about readiness.
#[derive(Debug, Default)]
pub struct Health {
    stopping: watch::Sender<bool>,
    found: Mutex<Option<(Instant, Finding)>>,
}

impl Health {
    /// From now on the program is not ready: a balancer sends its requests elsewhere while the last ones finish.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Waits until the program is told to stop.
    pub(super) async fn stopped(&self) {
        // An error would mean that the sender is gone, and it is part of what is borrowed here.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    async fn find(&self, app: &App) -> Finding {
        let mut found = self.found.lock().await;
        if let Some((at, finding)) = *found
            && at.elapsed() < KEPT
        {
            return finding;
        }
        let finding = probe(app).await;
        *found = Some((Instant::now(), finding));
        finding
    }
}

/// The parts the program needs, each well or not.
#[derive(Clone, Copy, Debug)]
struct Finding {
    database: bool,
    schema: bool,
    redis: Option<bool>,
}

async fn probe(app: &App) -> Finding {
    let database = async {
        let ping = async { Ok(app.db.reader().query_one_raw(sql(app.db.reader(), "SELECT 1", [])).await?) };
        within(ping).await.is_ok()
    };
    let schema = async { within(app.db.pending_migrations()).await.is_ok_and(|pending| pending == 0) };
    let redis = async {
        let order = app.order.as_ref()?;
        Some(tokio::time::timeout(BUDGET, order.answers()).await.unwrap_or(false))
    };
    let (database, schema, redis) = tokio::join!(database, schema, redis);
    Finding { database, schema, redis }
}

async fn within<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(BUDGET, work).await.unwrap_or_else(|_| Err(Code::Unavailable.into()))
}

/// `GET /livez`
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "alive" }))
}

/// `GET /readyz`
pub async fn ready(door: web::Data<Door>) -> HttpResponse {
    let finding = door.health.find(&door.app).await;
    let stopping = *door.health.stopping.borrow();
    // Redis away makes leaderboards slower, not wrong, so it does not take the program out of service.
    let ready = finding.database && finding.schema && !stopping;
    let body = json!({
        "status": if stopping { "stopping" } else if ready { "ready" } else { "not ready" },
        "database": finding.database,
        "schema": finding.schema,
        "redis": finding.redis,
    });
    if ready { HttpResponse::Ok().json(body) } else { HttpResponse::ServiceUnavailable().json(body) }
}
