//! The bus between processes: one channel of Redis.
//!
//! What is said there may be lost; the hubs then read the table. So nobody waits for it, and nothing is repeated.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use redis::RedisResult;

use super::Batch;
use super::hub::Hub;
use crate::link::Link;

/// Longest wait until somebody listens.
const PATIENCE: Duration = Duration::from_secs(2);
/// Pause before listening again.
const PAUSE: Duration = Duration::from_millis(500);
/// Changes of one message.
const CHANGES_MAX: usize = 200;

/// The way to the other processes.
pub(super) struct Wire {
    link: Arc<Link>,
    channel: String,
    deaf: AtomicBool,
}

impl Wire {
    pub(super) fn new(link: Arc<Link>) -> Self {
        let channel = format!("{}changes", link.prefix());
        Self { link, channel, deaf: AtomicBool::new(false) }
    }

    /// Tells the other processes. While Redis is away they find the batch in the table.
    pub(super) async fn send(&self, batch: &Batch) {
        let mut from = batch.from;
        for chunk in batch.changes.chunks(CHANGES_MAX) {
            let part = Batch { from, changes: chunk.to_vec() };
            from = part.to();
            let Ok(text) = serde_json::to_string(&part) else { return };
            let told = self.link.ask::<i64>(redis::cmd("PUBLISH").arg(&self.channel).arg(text)).await;
            if told.is_err() {
                return;
            }
        }
    }

    /// Hands what the other processes say to the hub, for ever.
    pub(super) async fn listen(&self, hub: &Hub) {
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

    /// Listens on a connection of its own until it ends.
    async fn hear(&self, hub: &Hub) -> RedisResult<()> {
        let opening = async {
            let mut opened = self.link.client().get_async_pubsub().await?;
            opened.subscribe(&self.channel).await?;
            Ok::<_, redis::RedisError>(opened)
        };
        let Ok(opened) = tokio::time::timeout(PATIENCE, opening).await else { return Ok(()) };
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
