//! What sockets and server-sent events share: who holds a connection and for how long, how many there may be, and the answers of an operation as
//! they come.
//!
//! Invariant: a connection ends when its token runs out or its session is ended, and at once when the program is told to stop.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::web;
use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use domain::error::Code;
use domain::rate::Key;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::answer::{Fault, Reader, is_refusal};
use super::documents::Operation;
use super::params::Params;
use super::run::{self, Sender};
use super::{Door, budget};
use crate::graphql::{Caller, Client};

/// How connections that stay open behave.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// Time for a socket's `connection_init`.
    pub init_time: Duration,
    /// Pause between the server's pings; a socket that says nothing for two of them is closed.
    pub ping_time: Duration,
    /// Pause between the comments that keep a stream of events open.
    pub heartbeat: Duration,
    /// How often it is asked whether a token still holds.
    pub token_time: Duration,
    /// Time in which a client must take what it is sent.
    pub write_time: Duration,
    /// Operations of one socket at a time.
    pub operations_max: usize,
    /// Connections of one process.
    pub connections_max: usize,
    /// Connections of one account in one process.
    pub account_max: usize,
    /// Connections of one address without an account in one process.
    pub address_max: usize,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            init_time: Duration::from_secs(10),
            ping_time: Duration::from_secs(25),
            heartbeat: Duration::from_secs(10),
            token_time: Duration::from_secs(30),
            write_time: Duration::from_secs(10),
            operations_max: 20,
            connections_max: 10_000,
            account_max: 20,
            address_max: 1_000,
        }
    }
}

/// How many connections each sender has open.
#[derive(Default)]
pub(super) struct Places(Mutex<HashMap<Key, usize>>);

/// A place for one connection; free again when dropped.
pub(super) struct Place {
    door: web::Data<Door>,
    key: Key,
}

impl Places {
    /// How many connections are open.
    pub(super) fn open(&self) -> usize {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// A place for a connection of this sender; none when there are too many.
    pub(super) fn take(door: &web::Data<Door>, caller: Option<&Caller>, client: Client) -> Option<Self> {
        let (key, live) = (budget::payer(caller, client), &door.settings.live);
        let most = if matches!(key, Key::Account(_)) { live.account_max } else { live.address_max };
        let mut open = door.places.lock();
        if open.values().sum::<usize>() >= live.connections_max {
            return None;
        }
        let own = open.entry(key).or_default();
        if *own >= most {
            return None;
        }
        *own += 1;
        Some(Self { door: door.clone(), key })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.door.places.lock();
        if let Some(own) = open.get_mut(&self.key) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.key);
            }
        }
    }
}

/// Who holds a connection.
#[derive(Clone)]
pub(super) struct Holder {
    /// What stands after `Bearer`.
    pub(super) token: Option<Arc<str>>,
    /// Where the connection comes from.
    pub(super) client: Client,
}

impl Holder {
    /// Who stands behind the token now.
    pub(super) async fn caller(&self, door: &Door) -> Option<Caller> {
        let token = self.token.as_deref()?;
        Some(Caller(door.app.sessions.actor(&door.app.db, token).await))
    }

    /// Waits until the token no longer holds, and says why.
    pub(super) async fn ends(&self, door: &Door) -> Code {
        let Some(token) = self.token.as_deref() else { return std::future::pending().await };
        let until = door.app.sessions.holds_until(token);
        loop {
            let left = until.map_or(0, |until| (until.0 - door.app.db.now().0).max(0));
            let left = Duration::from_micros(u64::try_from(left).unwrap_or_default()).max(Duration::from_millis(20));
            tokio::time::sleep(left.min(door.settings.live.token_time)).await;
            match door.app.sessions.actor(&door.app.db, token).await {
                Ok(_) | Err(Code::Unavailable | Code::Internal | Code::Conflict) => {}
                Err(code) => return code,
            }
        }
    }
}

/// What an operation says.
pub(super) enum Said {
    /// An answer, its errors ready to be sent.
    Next(Response),
    /// Nothing ran: what is wrong with the request.
    Refused(Vec<async_graphql::ServerError>),
    /// No more comes.
    Complete,
}

/// Runs an operation and gives what it says; always ends with [`Said::Refused`] or [`Said::Complete`].
pub(super) fn operation(door: web::Data<Door>, holder: Holder, reader: Reader, params: Params, writes: bool) -> BoxStream<'static, Said> {
    let begun = async move {
        let started = Instant::now();
        let Begun { operation, follows, responses } = match begin(&door, &holder, params, writes, &reader.request_id).await {
            Ok(begun) => begun,
            Err(fault) => {
                let (errors, code) = reader.errors(fault);
                door.metrics.answered(None, Some(code), started.elapsed());
                tracing::info!(request_id = reader.request_id, code = code.text(), "refused");
                return stream::iter([Said::Refused(errors)]).boxed();
            }
        };
        tracing::info!(request_id = reader.request_id, operation = operation.name(), "begun");
        let said = responses.map(move |outcome| match outcome {
            Ok(mut response) => {
                let code = reader.finish(&mut response);
                // What is told live takes as long as nothing happens, which says nothing of the server.
                if !follows {
                    door.metrics.answered(operation.tally(&door.metrics), code, started.elapsed());
                }
                if is_refusal(&response) { Said::Refused(response.errors) } else { Said::Next(response) }
            }
            Err(fault) => Said::Refused(reader.errors(fault).0),
        });
        // What was refused is not completed besides.
        let ended = said.chain(stream::iter([Said::Complete])).scan(false, |over, said| {
            let go_on = !*over;
            *over = matches!(said, Said::Refused(_));
            std::future::ready(go_on.then_some(said))
        });
        ended.boxed()
    };
    // In a box of its own, whose memory is given back once the operation has begun.
    stream::once(Box::pin(begun)).flatten().boxed()
}

/// An operation that was found sound and paid for.
struct Begun {
    operation: Operation,
    /// Whether it is a subscription.
    follows: bool,
    responses: BoxStream<'static, Result<Response, Fault>>,
}

async fn begin(door: &web::Data<Door>, holder: &Holder, params: Params, writes: bool, request_id: &str) -> Result<Begun, Fault> {
    let chosen = run::choose(door, params).await?;
    let (operation, kind) = (chosen.operation.clone(), chosen.kind);
    if kind == OperationType::Mutation && !writes {
        return Err(Fault::method("POST"));
    }
    let sender = Sender { caller: holder.caller(door).await, client: holder.client };
    let payer = budget::payer(sender.caller.as_ref(), sender.client);
    let prepared = run::pay(door, chosen, sender)?.holding(holder.token.as_deref());
    if kind != OperationType::Subscription {
        return Ok(Begun { operation, follows: false, responses: stream::iter([run::execute(door, prepared, request_id).await]).boxed() });
    }
    let panicked = |_| {
        tracing::error!("a subscription panicked");
        Err(Fault::status(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.into()))
    };
    // Every answer costs what one request for it would: what others do must not make a stream dearer than its budget.
    let (cost, paying) = (prepared.standing.cost, door.clone());
    let paid = move |response| paying.app.rates.spend(payer, paying.settings.budget, cost).map(|_| response).map_err(budget::refusal);
    let responses = AssertUnwindSafe(run::stream(door, prepared)).catch_unwind();
    Ok(Begun { operation, follows: true, responses: responses.map(move |outcome| outcome.or_else(panicked).and_then(&paid)).boxed() })
}
