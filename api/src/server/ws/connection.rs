//! The life of one socket.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::web;
use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError, Session};
use domain::error::Code;
use futures_util::StreamExt;
use futures_util::future::{self, AbortHandle, BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream, SelectAll};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::protocol::{self, Close, Message};
use crate::graphql::Caller;
use crate::server::Door;
use crate::server::answer::{Fault, Reader};
use crate::server::live::{Holder, Live, Place, Said, operation};
use crate::server::params::Params;
use crate::server::{request_id, run};

/// Time a client gets to answer the close frame.
const FAREWELL: Duration = Duration::from_secs(1);

/// One socket.
pub(super) struct Connection {
    door: web::Data<Door>,
    reader: Reader,
    holder: Holder,
    session: Session,
    acknowledged: bool,
    /// Whether the end of the token is the end of the socket.
    known: bool,
    running: HashMap<String, AbortHandle>,
    said: SelectAll<BoxStream<'static, (String, Said)>>,
}

impl Connection {
    pub(super) fn new(door: web::Data<Door>, reader: Reader, holder: Holder, session: Session) -> Self {
        Self { door, reader, holder, session, acknowledged: false, known: false, running: HashMap::new(), said: SelectAll::new() }
    }

    /// Lives until somebody closes the socket.
    pub(super) async fn live(mut self, mut messages: AggregatedMessageStream, spoken: bool, mut place: Option<Place>) {
        let close = if !spoken {
            Close::Subprotocol
        } else if place.is_none() {
            Close::TooMany
        } else {
            self.talk(&mut messages, &mut place).await.err().unwrap_or(Close::Done)
        };
        tracing::info!(request_id = self.reader.request_id, ?close, "socket closed");
        // Operations end, and their channels with them, before anything is waited for.
        self.said.clear();
        let farewell = async {
            let _ = self.session.close(Some(close.reason())).await;
            // The socket is not cut off while the client still speaks: the frame would be lost.
            while let Some(Ok(_)) = messages.recv().await {}
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }

    fn settings(&self) -> Live {
        self.door.settings.live
    }

    /// Hears and speaks until the socket is to be closed.
    async fn talk(&mut self, messages: &mut AggregatedMessageStream, place: &mut Option<Place>) -> Result<(), Close> {
        let settings = self.settings();
        let begun = Instant::now();
        let mut heard = begun;
        let mut pings = tokio::time::interval_at(begun + settings.ping_time, settings.ping_time);
        let door = self.door.clone();
        let mut stopped = std::pin::pin!(door.health.stopped());
        let mut ends: BoxFuture<'static, Code> = future::pending().boxed();
        let mut watching = false;
        loop {
            if self.known && !watching {
                let holder = self.holder.clone();
                let door = self.door.clone();
                ends = async move { holder.ends(&door).await }.boxed();
                watching = true;
            }
            tokio::select! {
                () = &mut stopped => return Err(Close::Stopping),
                code = &mut ends => return Err(Close::Forbidden(code.text())),
                () = tokio::time::sleep_until(begun + settings.init_time), if !self.acknowledged => return Err(Close::InitTime),
                message = messages.recv() => {
                    heard = Instant::now();
                    self.hear(message, place).await?;
                }
                Some((id, said)) = self.said.next() => self.pass_on(id, said).await?,
                _ = pings.tick() => {
                    if heard.elapsed() > settings.ping_time * 2 {
                        return Err(Close::Silent);
                    }
                    within(&self.door, self.session.ping(b"")).await?;
                }
            }
        }
    }

    async fn hear(&mut self, message: Option<Result<AggregatedMessage, ProtocolError>>, place: &mut Option<Place>) -> Result<(), Close> {
        match message {
            None | Some(Ok(AggregatedMessage::Close(_))) => Err(Close::Done),
            Some(Ok(AggregatedMessage::Text(text))) => self.answer(Message::read(&text)?, place).await,
            Some(Ok(AggregatedMessage::Binary(_))) => Err(Close::Invalid),
            Some(Ok(AggregatedMessage::Ping(payload))) => within(&self.door, self.session.pong(&payload)).await,
            Some(Ok(AggregatedMessage::Pong(_))) => Ok(()),
            Some(Err(ProtocolError::Overflow)) => Err(Close::TooLarge),
            Some(Err(ProtocolError::Io(error))) if error.kind() == std::io::ErrorKind::Other => Err(Close::TooLarge),
            Some(Err(_)) => Err(Close::Broken),
        }
    }

    async fn answer(&mut self, message: Message, place: &mut Option<Place>) -> Result<(), Close> {
        match message {
            Message::Init(_) if self.acknowledged => Err(Close::SecondInit),
            Message::Init(payload) => self.acknowledge(payload, place).await,
            Message::Subscribe(..) if !self.acknowledged => Err(Close::Unauthorized),
            Message::Subscribe(id, params) => self.subscribe(id, *params).await,
            Message::Complete(id) => {
                // One that has just ended by itself is no longer there.
                if let Some(running) = self.running.remove(&id) {
                    running.abort();
                }
                Ok(())
            }
            Message::Ping(payload) => self.say(protocol::pong(payload)).await,
            Message::Pong => Ok(()),
        }
    }

    /// Reads who the client is; what the message says goes before what the header said.
    async fn acknowledge(&mut self, payload: Option<Map<String, Value>>, place: &mut Option<Place>) -> Result<(), Close> {
        let said = payload.as_ref().and_then(|payload| payload.get("authorization").or_else(|| payload.get("Authorization")));
        if let Some(said) = said.filter(|said| !said.is_null()) {
            let token = said.as_str().and_then(run::token_in).ok_or(Close::Forbidden(Code::TokenInvalid.text()))?;
            self.holder.token = Some(token.into());
        }
        let caller = self.holder.caller(&self.door).await;
        match &caller {
            Some(Caller(Err(Code::Unavailable | Code::Internal | Code::Conflict))) => return Err(Close::TooMany),
            Some(Caller(Err(code))) => return Err(Close::Forbidden(code.text())),
            Some(Caller(Ok(_))) => {
                // The place of a stranger becomes the account's own.
                *place = None;
                *place = Some(Place::take(&self.door, caller.as_ref(), self.holder.client).ok_or(Close::TooMany)?);
                self.known = true;
            }
            None => {}
        }
        self.acknowledged = true;
        self.say(protocol::ack()).await
    }

    async fn subscribe(&mut self, id: String, params: Params) -> Result<(), Close> {
        if self.running.contains_key(&id) {
            return Err(Close::DuplicateId);
        }
        let reader = Reader { request_id: request_id::fresh(self.door.app.db.now()), ..self.reader.clone() };
        if self.running.len() >= self.settings().operations_max {
            let (errors, _) = reader.errors(Fault::document(Code::TooManyOperations.into()));
            return self.say(protocol::error(&id, &errors)).await;
        }
        let said = operation(self.door.clone(), self.holder.clone(), reader, params, true);
        let (said, running) = stream::abortable(said);
        let own = id.clone();
        self.said.push(said.map(move |said| (own.clone(), said)).boxed());
        self.running.insert(id, running);
        Ok(())
    }

    async fn pass_on(&mut self, id: String, said: Said) -> Result<(), Close> {
        let text = match &said {
            Said::Next(response) => protocol::next(&id, response),
            Said::Refused(errors) => protocol::error(&id, errors),
            Said::Complete => protocol::complete(&id),
        };
        if !matches!(said, Said::Next(_)) {
            self.running.remove(&id);
        }
        self.say(text).await
    }

    async fn say(&mut self, text: String) -> Result<(), Close> {
        within(&self.door, self.session.text(text)).await
    }
}

/// A client that does not take what it is sent is let go.
async fn within(door: &Door, sent: impl Future<Output = Result<(), actix_ws::Closed>>) -> Result<(), Close> {
    tokio::select! {
        biased;
        sent = sent => sent.map_err(|_| Close::Done),
        () = door.health.stopped() => Err(Close::Stopping),
        () = tokio::time::sleep(door.settings.live.write_time) => Err(Close::Silent),
    }
}
