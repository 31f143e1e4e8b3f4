//! What an operator watches, at `/metrics` in the `OpenMetrics` text form: answers and their times by operation, what runs now, how far behind the
//! relay is.
//!
//! In production the page is shown only to who brings the token of the settings: names of operations and their numbers are nobody else's business.
//!
//! Invariant: a label never holds what a client wrote freely; the names of operations are bounded in number, and a text is never one.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::error::Code;
use domain::{outbox, relay};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use subtle::ConstantTimeEq;

use super::{Door, http};

/// Names of operations told apart; all further ones share a label.
const NAMES_MAX: usize = 300;
/// Upper ends of the histogram's buckets, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Operation {
    operation: Arc<str>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answered {
    operation: Arc<str>,
    code: &'static str,
}

/// Where the answers of one operation are counted; kept beside its document, so that counting searches nothing.
pub struct Tally {
    operation: Arc<str>,
    seconds: Histogram,
    good: Counter,
}

/// The numbers of a process.
pub struct Metrics {
    registry: Registry,
    names: RwLock<HashSet<Arc<str>>>,
    nameless: OnceLock<Tally>,
    answers: Family<Answered, Counter>,
    seconds: Family<Operation, Histogram, fn() -> Histogram>,
    lag: Gauge<f64, std::sync::atomic::AtomicU64>,
    set_aside: Gauge,
    running: Gauge,
    connections: Gauge,
    followed: Gauge,
}

/// A request that runs; over when dropped, whether it was answered or its client went away.
pub struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("qicai");
        let answers = Family::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let (lag, set_aside, running) = (Gauge::default(), Gauge::default(), Gauge::default());
        let (connections, followed) = (Gauge::default(), Gauge::default());
        registry.register("answers", "Answers by operation and the code of their first error, OK without one", Family::clone(&answers));
        registry.register("answer_seconds", "Time to an answer by operation", Family::clone(&seconds));
        registry.register("requests_running", "Requests that run now", running.clone());
        registry.register("outbox_lag_seconds", "Age of the oldest event the relay has not applied", lag.clone());
        registry.register("outbox_set_aside", "Events this version cannot read", set_aside.clone());
        registry.register("connections_open", "Sockets and streams of events that are open", connections.clone());
        registry.register("channels_followed", "Channels that somebody follows", followed.clone());
        Self { registry, names: RwLock::default(), nameless: OnceLock::new(), answers, seconds, lag, set_aside, running, connections, followed }
    }
}

impl Metrics {
    /// Counts a request that begins.
    pub fn running(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }

    /// Where the answers of an operation are counted.
    pub fn tally(&self, operation: &str) -> Tally {
        let operation = self.label(operation);
        let seconds = self.seconds.get_or_create(&Operation { operation: Arc::clone(&operation) }).clone();
        let good = self.answers.get_or_create(&Answered { operation: Arc::clone(&operation), code: "OK" }).clone();
        Tally { operation, seconds, good }
    }

    /// Counts an answer; without a tally one to a request whose operation has no name, or was never found.
    pub fn answered(&self, tally: Option<&Tally>, code: Option<Code>, time: Duration) {
        let tally = tally.unwrap_or_else(|| self.nameless.get_or_init(|| self.tally("anonymous")));
        tally.seconds.observe(time.as_secs_f64());
        match code {
            None => tally.good.inc(),
            Some(code) => self.answers.get_or_create(&Answered { operation: Arc::clone(&tally.operation), code: code.text() }).inc(),
        };
    }

    /// The label of an operation.
    fn label(&self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Arc::clone(known);
        }
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        let name: Arc<str> = Arc::from(if names.len() < NAMES_MAX { name } else { "other" });
        names.insert(Arc::clone(&name));
        name
    }
}

/// `/metrics`
pub async fn page(request: HttpRequest, door: web::Data<Door>) -> HttpResponse {
    if !may_read(&request, &door) {
        return http::no_such_path(request, door).await;
    }
    let metrics = &door.metrics;
    // A database that is away shows at /readyz; the numbers of this process are shown all the same.
    if let Ok(lag) = relay::lag(&door.app).await {
        metrics.lag.set(Duration::from_micros(u64::try_from(lag).unwrap_or(0)).as_secs_f64());
    }
    if let Ok(count) = outbox::set_aside(door.app.db.reader()).await {
        metrics.set_aside.set(count);
    }
    metrics.connections.set(i64::try_from(door.places.open()).unwrap_or(i64::MAX));
    metrics.followed.set(i64::try_from(door.app.bus.followed()).unwrap_or(i64::MAX));
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text),
        Err(error) => {
            tracing::error!(%error, "the numbers cannot be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

fn may_read(request: &HttpRequest, door: &Door) -> bool {
    let Some(token) = &door.settings.metrics_token else { return door.settings.development };
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| given.as_bytes().ct_eq(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use prometheus_client::encoding::text::encode;

    use super::{Metrics, NAMES_MAX};
    use domain::error::Code;

    #[test]
    fn answers_are_counted_by_operation_and_names_are_bounded() {
        let metrics = Metrics::default();
        metrics.answered(Some(&metrics.tally("Leaderboard")), None, Duration::from_millis(3));
        metrics.answered(None, Some(Code::NotFound), Duration::from_millis(3));
        for number in 0..2 * NAMES_MAX {
            metrics.answered(Some(&metrics.tally(&format!("Attack{number}"))), None, Duration::ZERO);
        }
        let mut text = String::new();
        encode(&mut text, &metrics.registry).expect("text");
        assert!(text.contains("qicai_answers_total{operation=\"Leaderboard\",code=\"OK\"} 1"), "{text}");
        assert!(text.contains("qicai_answers_total{operation=\"anonymous\",code=\"NOT_FOUND\"} 1"));
        assert!(text.contains("qicai_answer_seconds_bucket{le=\"0.005\",operation=\"Leaderboard\"} 1"), "{text}");
        assert!(text.matches("_total{").count() <= NAMES_MAX + 3);
        assert!(text.contains("operation=\"other\""));
    }
}
