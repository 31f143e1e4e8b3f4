//! The bus between processes: one channel of Redis.
//!
//! What is said there may be lost; the hubs then read the table. So nobody waits for it, and nothing is repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, RedisResult};

use super::Batch;
use super::hub::Hub;
use crate::error::{Error, Result};

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_millis(300);
/// Pause before listening again.
const PAUSE: Duration = Duration::from_millis(500);
/// Changes of one message.
const CHANGES_MAX: usize = 200;

/// The way to the other processes.
pub(super) struct Wire {
    client: redis::Client,
    connection: ConnectionManager,
    channel: String,
    silent: AtomicBool,
    deaf: AtomicBool,
}

impl Wire {
    /// Gets ready to talk to the Redis at `url`; nothing is sent yet. What is said there is said under `prefix`.
    pub(super) fn open(url: &str, prefix: &str) -> Result<Self> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_min_delay(Duration::from_millis(20))
            .set_max_delay(Duration::from_millis(100));
        let client = redis::Client::open(url).map_err(Error::internal)?;
        let connection = ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(Error::internal)?;
        Ok(Self { client, connection, channel: format!("{prefix}changes"), silent: AtomicBool::new(false), deaf: AtomicBool::new(false) })
    }

    /// Tells the other processes.
    pub(super) async fn send(&self, batch: &Batch) {
        let mut from = batch.from;
        for chunk in batch.changes.chunks(CHANGES_MAX) {
            let part = Batch { from, changes: chunk.to_vec() };
            from = part.to();
            let Ok(text) = serde_json::to_string(&part) else { return };
            let mut connection = self.connection.clone();
            let told = tokio::time::timeout(PATIENCE * 2, connection.publish::<_, _, i64>(&self.channel, text)).await;
            let failure = match told {
                Ok(Ok(_)) => {
                    self.silent.store(false, Ordering::Relaxed);
                    continue;
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => "no answer in time".to_owned(),
            };
            if !self.silent.swap(true, Ordering::Relaxed) {
                tracing::warn!(%failure, "redis is away; other processes learn of changes from the database, seconds later");
            }
            return;
        }
    }

    /// Hands what the other processes say to the hub, for ever.
    pub(super) async fn listen(&self, hub: &Arc<Hub>) {
        loop {
            let failure = match self.hear(hub).await {
                Ok(()) => "the connection was closed".to_owned(),
                Err(error) => error.to_string(),
            };
            if !self.deaf.swap(true, Ordering::Relaxed) {
                tracing::warn!(%failure, "redis is away; changes of other processes are read from the database, seconds later");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn hear(&self, hub: &Hub) -> RedisResult<()> {
        let opening = async {
            let mut opened = self.client.get_async_pubsub().await?;
            opened.subscribe(&self.channel).await?;
            Ok::<_, redis::RedisError>(opened)
        };
        let Ok(opened) = tokio::time::timeout(PATIENCE * 4, opening).await else { return Ok(()) };
        let mut opened = opened?;
        if self.deaf.swap(false, Ordering::Relaxed) {
            tracing::info!("redis tells of changes again");
        }
        let mut messages = opened.on_message();
        while let Some(message) = messages.next().await {
            match serde_json::from_slice::<Batch>(message.get_payload_bytes()) {
                Ok(batch) => hub.take(&batch),
                Err(error) => tracing::warn!(%error, "a message on the bus cannot be read"),
            }
        }
        Ok(())
    }
}
