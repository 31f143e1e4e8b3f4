//! The relay: takes events out of the outbox and brings everything derived from them up to date.
//!
//! One process at a time works, the holder of the relay's lease. A *pass* takes a batch of events, applies them to leaderboards, stars and messages
//! in the transaction that takes them, and then brings the order in Redis up to date. While Redis is away its part waits, noted in the database.
//! What people follow live changes in the same transaction and is told through the bus after it.
//!
//! Invariant: an event is applied exactly once: it leaves the outbox in the transaction that applies it.
//! Invariant: nothing in Redis is older than the database for longer than a pass, unless Redis is away.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use uuid::Uuid;

use crate::app::App;
use crate::due::due_work;
use crate::error::{Code, Result};
use crate::insight::{live, notification};
use crate::lease::{self, Lease};
use crate::outbox;
use crate::people::wechat;
use crate::people::wechat::message::Notice;
use crate::points::leaderboard::push::{self, Written};
use crate::points::leaderboard::rebuild::{self, Rebuilt};
use crate::points::leaderboard::{self, identity};
use crate::recognition::star;

/// Events of one pass.
const BATCH: u64 = 500;
/// How often the outbox is looked at when nobody calls.
const POLL: Duration = Duration::from_millis(200);
/// How often an idle holder keeps its lease, and others try to take it.
const KEEP: Duration = Duration::from_secs(2);
/// How often an idle holder looks whether Redis still has what it was given.
const LOOK: Duration = Duration::from_secs(1);
/// How long a channel that changes too often waits.
const PAUSE: Duration = Duration::from_secs(1);
/// How often the due work is done.
const DUE: Duration = Duration::from_secs(5);
/// How long [`Relay::drain`] waits for another process to do the work.
const DRAIN_MAX: Duration = Duration::from_secs(30);

/// One process's part in the relay.
pub struct Relay {
    holder: Uuid,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    lease: Option<Lease>,
    /// Whether events that an earlier relay could not read have been brought back.
    retried: bool,
    /// The epoch whose claim on Redis has been made.
    claimed: Option<i64>,
    tried_at: Option<Instant>,
    looked_at: Option<Instant>,
    /// Whether some channel changed too often to be told at once.
    news_wait: bool,
}

impl Relay {
    /// A relay with a name of its own.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self> {
        Ok(Self { holder: lease::new_holder()?, state: Mutex::default() })
    }

    /// Takes and applies one batch; gives the number of events. Zero, and nothing done, while another process holds the lease.
    ///
    /// # Errors
    /// When the database refuses; the batch is then still in the outbox.
    pub async fn pass(&self, app: &App) -> Result<usize> {
        let mut state = self.state.lock().await;
        state.tried_at = Some(Instant::now());
        let tx = app.db.begin().await?;
        state.lease = lease::take(&tx, self.holder).await?;
        let Some(lease) = state.lease else { return Ok(0) };
        if !std::mem::replace(&mut state.retried, true) {
            outbox::retry(&tx).await?;
        }
        let taken = outbox::take(&tx, BATCH).await?;
        let scopes = leaderboard::apply(&tx, &taken.events, app.order.is_some()).await?;
        let messages = notification::apply(&tx, &taken.events).await?;
        // After the messages: a row of an account is waited for before one of its volunteer, as by who leaves for good.
        star::apply(&tx, &taken.events).await?;
        if let Some(wechat) = &app.wechat {
            wechat::message::queue(&tx, wechat, &notices(&messages)).await?;
        }
        let news = live::record(&tx, &taken.events, &messages, scopes).await?;
        if app.order.is_none() && !taken.events.is_empty() {
            identity::forget(&tx).await?;
        }
        tx.commit().await?;
        state.news_wait = news.waiting;
        let caught_up = state.catch_up(app, lease).await;
        // Only now: whoever is told of a leaderboard reads it from Redis.
        if let Some(batch) = news.batch {
            app.bus.publish(batch);
        }
        caught_up?;
        Ok(taken.events.len())
    }

    /// Passes until the outbox is empty and Redis, if it answers, is up to date; then lets go of the lease. Waits while another process does it.
    ///
    /// # Errors
    /// `UNAVAILABLE` when another process holds the lease and does not get on with it; when the database refuses.
    pub async fn drain(&self, app: &App) -> Result<()> {
        let began = Instant::now();
        loop {
            let events = self.pass(app).await?;
            if events > 0 {
                continue;
            }
            if self.state.lock().await.lease.is_some() {
                return self.release(app).await;
            }
            if !has_events(app).await? {
                return Ok(());
            }
            if began.elapsed() > DRAIN_MAX {
                return Err(Code::Unavailable.into());
            }
            tokio::time::sleep(POLL / 4).await;
        }
    }

    /// Works until `shutdown` is ready: when woken, and every fifth of a second without being called.
    pub async fn run(&self, app: &App, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut due_at = Instant::now();
        let mut failing = false;
        loop {
            let outcome = self.turn(app, &mut due_at).await;
            if let Err(error) = &outcome
                && !failing
            {
                tracing::error!(code = error.code.text(), source = ?error.source, "the relay cannot go on and keeps trying");
            }
            failing = outcome.is_err();
            let pause = match outcome {
                Ok(0) => POLL,
                Ok(_) => Duration::ZERO,
                Err(_) => POLL * 5,
            };
            tokio::select! {
                () = &mut shutdown => break,
                () = app.wake.notified(), if !failing => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        if let Err(error) = self.release(app).await {
            tracing::warn!(code = error.code.text(), "the relay's lease was not released and runs out by itself");
        }
    }

    /// One look at what there is to do.
    async fn turn(&self, app: &App, due_at: &mut Instant) -> Result<usize> {
        let events = if self.is_called(app).await? { self.pass(app).await? } else { 0 };
        if *due_at <= Instant::now() && self.state.lock().await.lease.is_some() {
            *due_at = Instant::now() + DUE;
            due_work(app).await?;
        }
        Ok(events)
    }

    /// Whether a pass is worth a transaction.
    async fn is_called(&self, app: &App) -> Result<bool> {
        let state = self.state.lock().await;
        let elapsed = |since: Option<Instant>, much: Duration| since.is_none_or(|since| since.elapsed() >= much);
        if elapsed(state.tried_at, KEEP) || (app.order.is_some() && state.lease.is_some() && elapsed(state.looked_at, LOOK)) {
            return Ok(true);
        }
        if state.news_wait && state.lease.is_some() && elapsed(state.tried_at, PAUSE) {
            return Ok(true);
        }
        let holds = state.lease.is_some();
        drop(state);
        Ok(holds && has_events(app).await?)
    }

    /// Takes the lease from whoever holds it and rebuilds the order in Redis; `None` without Redis.
    ///
    /// # Errors
    /// `UNAVAILABLE` when Redis is away; when the database refuses.
    pub async fn rebuild(&self, app: &App) -> Result<Option<Rebuilt>> {
        let Some(order) = app.order.as_deref() else { return Ok(None) };
        let mut state = self.state.lock().await;
        let tx = app.db.begin().await?;
        let lease = lease::seize(&tx, self.holder).await?;
        let mark = identity::get(&tx).await?;
        tx.commit().await?;
        state.lease = Some(lease);
        let outcome = rebuild::all(&app.db, order, lease, mark, false).await?;
        drop(state);
        self.release(app).await?;
        outcome.map(Some).map_err(|_| Code::Unavailable.into())
    }

    /// Lets another process take the lease at once.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release(&self, app: &App) -> Result<()> {
        let mut state = self.state.lock().await;
        match std::mem::take(&mut *state).lease {
            Some(lease) => lease.release(&app.db).await,
            None => Ok(()),
        }
    }
}

impl State {
    /// Brings Redis up to date.
    async fn catch_up(&mut self, app: &App, mut lease: Lease) -> Result<()> {
        let Some(order) = app.order.as_deref() else { return Ok(()) };
        self.looked_at = Some(Instant::now());
        // A second time when Redis remembers more than the database, which was then put back from a backup.
        for _ in 0..2 {
            match push::catch_up(&app.db, order, lease, self.claimed != Some(lease.epoch)).await {
                Ok(Written::Done) => self.claimed = Some(lease.epoch),
                Ok(Written::Away) => {}
                // Someone took the lease in the meantime, and goes on from here.
                Err(error) if error.code == Code::Conflict => self.lease = None,
                Err(error) => return Err(error),
                Ok(Written::Fenced(epoch)) => {
                    self.lease = push::outgrow(&app.db, lease, epoch).await?;
                    if let Some(later) = self.lease {
                        tracing::warn!(epoch, "redis has seen a later relay than the database remembers; its order is made anew");
                        lease = later;
                        continue;
                    }
                }
            }
            break;
        }
        Ok(())
    }
}

/// What people were told, as WeChat may tell them again.
fn notices(messages: &[notification::Told]) -> Vec<Notice> {
    let notice = |told: &notification::Told| Notice {
        notification_id: told.id,
        account_id: told.account_id,
        kind: told.message.kind(),
        title: told.message.title().to_owned(),
        body: told.message.body(),
        happened_at: told.created_at,
    };
    messages.iter().map(notice).collect()
}

/// Whether events wait.
async fn has_events(app: &App) -> Result<bool> {
    Ok(outbox::oldest(app.db.reader()).await?.is_some())
}

/// Age of the oldest waiting event in microseconds; zero when none waits.
///
/// # Errors
/// When the database cannot be read.
pub async fn lag(app: &App) -> Result<i64> {
    let oldest = outbox::oldest(app.db.reader()).await?;
    Ok(oldest.map_or(0, |oldest| (app.db.now().0 - oldest.0).max(0)))
}
