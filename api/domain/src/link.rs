//! The link to Redis: what every user of it shares.
//!
//! Redis holds nothing that cannot be made anew or lived without: the leaderboards' order, budgets, documents by their hash, news between processes.
//! So whoever asks it waits for a moment at most and then goes on without. After a failure it is left alone for a second, so that a request waits
//! for it at most once.
//!
//! Invariant: every key begins with the prefix, so several programs can share one Redis.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, RedisResult, ScriptInvocation};

use crate::error::{Error, Result};

/// How long Redis is left alone after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_millis(300);

/// Redis is away, or answered something unexpected. It has been logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

thread_local! {
    /// The connections of this thread, by the number of their link.
    static CONNECTIONS: RefCell<HashMap<u64, ConnectionManager>> = RefCell::default();
}

/// Connections that are shared by all requests of a thread and reconnect by themselves.
///
/// Each thread has one of its own: a thread that serves requests would otherwise have to wake another for every question and be woken for every
/// answer, which takes longer than the question.
pub struct Link {
    number: u64,
    client: Client,
    config: ConnectionManagerConfig,
    prefix: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    down_since: Option<Instant>,
    in_outage: bool,
}

impl Link {
    /// Gets ready to talk to the Redis at `url`; nothing is sent yet, so it may still be down. Every key begins with `prefix`.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn open(url: &str, prefix: &str) -> Result<Self> {
        static LINKS: AtomicU64 = AtomicU64::new(0);
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(100));
        let client = Client::open(url).map_err(Error::internal)?;
        Ok(Self { number: LINKS.fetch_add(1, Ordering::Relaxed), client, config, prefix: prefix.to_owned(), state: Mutex::default() })
    }

    /// What every key begins with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The client, for a connection of one's own.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether a failure is so fresh that Redis is not asked.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.lock().down_since.is_some_and(|since| since.elapsed() < PAUSE)
    }

    /// Runs a script.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn invoke<T: FromRedisValue>(&self, invocation: &ScriptInvocation<'_>) -> Result<T, Away> {
        let mut connection = self.connection()?;
        self.within(invocation.invoke_async(&mut connection)).await
    }

    /// Sends a pipeline.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn send<T: FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, Away> {
        let mut connection = self.connection()?;
        self.within(pipeline.query_async(&mut connection)).await
    }

    /// Sends one command.
    ///
    /// # Errors
    /// [`Away`].
    pub async fn ask<T: FromRedisValue>(&self, command: &redis::Cmd) -> Result<T, Away> {
        let mut connection = self.connection()?;
        self.within(command.query_async(&mut connection)).await
    }

    /// The connection of this thread.
    fn connection(&self) -> Result<ConnectionManager, Away> {
        CONNECTIONS.with_borrow_mut(|connections| {
            if let Some(connection) = connections.get(&self.number) {
                return Ok(connection.clone());
            }
            let connection = ConnectionManager::new_lazy_with_config(self.client.clone(), self.config.clone()).map_err(|error| {
                tracing::error!(%error, "a connection to redis cannot be prepared");
                Away
            })?;
            connections.insert(self.number, connection.clone());
            Ok(connection)
        })
    }

    /// Waits for an answer, but not long, and takes note of how it went.
    async fn within<T>(&self, answer: impl Future<Output = RedisResult<T>>) -> Result<T, Away> {
        if self.is_resting() {
            return Err(Away);
        }
        // Connecting, and one more try, before the answer itself.
        let outcome = tokio::time::timeout(PATIENCE * 2, answer).await;
        let mut state = self.lock();
        let failure = match outcome {
            Ok(Ok(value)) => {
                state.down_since = None;
                if std::mem::take(&mut state.in_outage) {
                    tracing::info!("redis answers again");
                }
                return Ok(value);
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        state.down_since = Some(Instant::now());
        if !std::mem::replace(&mut state.in_outage, true) {
            tracing::warn!(%failure, "redis is away; what it is asked for is answered without it");
        }
        Err(Away)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
