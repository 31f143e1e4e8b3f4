//! Server-sent events: one operation on one HTTP request, its answers as they come (graphql-sse, distinct connections mode).
//!
//! `/graphql` answers so when Accept prefers `text/event-stream`, or takes it and the operation is a subscription. A request that is one of GraphQL is answered with 200 and events: `next` for each
//! answer, errors of the document among them, and `complete` at the end. A comment every few seconds keeps the way open and finds out when the
//! client is gone. An event of a subscription that asks for `eventId` carries it as `id`, and the `Last-Event-ID` of a client that comes back
//! becomes the variable `after`.
//!
//! A stream ends with the refusal as its last answer when the token no longer holds; without `complete` when the program stops, so that the client
//! comes back.

use std::convert::Infallible;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::{Name, Response, ServerError, Value, Variables};
use domain::error::Code;
use futures_util::future::{self, BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use serde_json::json;

use super::answer::{Fault, Reader};
use super::live::{Holder, Place, Said, operation};
use super::params::Params;
use super::{Door, client, request_id, run};
use crate::graphql::Caller;

/// Header with which a client that comes back names the last event it saw.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells nginx to pass on what it gets at once.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Answers with a stream of events.
pub async fn answer(request: &HttpRequest, params: Params, door: &web::Data<Door>, reader: Reader) -> HttpResponse {
    match begin(request, params, door, &reader).await {
        Ok(events) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((X_ACCEL_BUFFERING, "no"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((request_id::HEADER, reader.request_id.as_str()))
            .streaming(events.map(Ok::<_, Infallible>)),
        Err(fault) => reader.refuse(fault).response,
    }
}

async fn begin(
    request: &HttpRequest,
    mut params: Params,
    door: &web::Data<Door>,
    reader: &Reader,
) -> Result<impl Stream<Item = Bytes> + use<>, Fault> {
    come_back(request, &mut params);
    let authorization = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let client = client::of(request, door.settings.proxies);
    // What is not `Bearer …` is kept as it is: it holds for nobody, and is refused where an actor is needed.
    let token = authorization.map(|text| run::token_in(text).unwrap_or_default().into());
    let holder = Holder { token, client };
    let caller = holder.caller(door).await;
    let place = Place::take(door, caller.as_ref(), client);
    let place = place.ok_or_else(|| Fault::status(StatusCode::TOO_MANY_REQUESTS, Code::TooManyOperations.into()))?;
    let writes = request.method() == actix_web::http::Method::POST;
    let said = operation(door.clone(), holder.clone(), reader.clone(), params, writes);
    // A token that never held is told where an actor is needed; one that did ends the stream when it ends.
    let ends = if matches!(caller, Some(Caller(Ok(_)))) { ends(door.clone(), holder).boxed() } else { future::pending().boxed() };
    let events = Events { said, ends, door: door.clone(), reader: reader.clone(), over: false, _place: place };
    Ok(stream::unfold(events, Events::next))
}

async fn ends(door: web::Data<Door>, holder: Holder) -> Code {
    holder.ends(&door).await
}

/// Lets a client that comes back go on where it was.
fn come_back(request: &HttpRequest, params: &mut Params) {
    if let Some(last) = request.headers().get(LAST_EVENT_ID).and_then(|value| value.to_str().ok()).filter(|last| !last.is_empty()) {
        params.variables.get_or_insert_with(Variables::default).insert(Name::new("after"), Value::from(last));
    }
}

struct Events {
    said: BoxStream<'static, Said>,
    /// Ready when the token no longer holds.
    ends: BoxFuture<'static, Code>,
    door: web::Data<Door>,
    reader: Reader,
    over: bool,
    _place: Place,
}

impl Events {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.over {
            return None;
        }
        let text = tokio::select! {
            biased;
            () = self.door.health.stopped() => return None,
            code = &mut self.ends => {
                self.over = true;
                refused(&self.reader.errors(Fault::document(code.into())).0)
            }
            said = self.said.next() => match said {
                Some(Said::Next(response)) => next(&response),
                Some(Said::Refused(errors)) => {
                    self.over = true;
                    refused(&errors)
                }
                Some(Said::Complete) | None => {
                    self.over = true;
                    COMPLETE.to_owned()
                }
            },
            () = tokio::time::sleep(self.door.settings.live.heartbeat) => ":\n\n".to_owned(),
        };
        Some((text.into(), self))
    }
}

const COMPLETE: &str = "event: complete\ndata:\n\n";

fn refused(errors: &[ServerError]) -> String {
    format!("event: next\ndata: {}\n\n{COMPLETE}", json!({ "errors": errors }))
}

fn next(response: &Response) -> String {
    let id = event_id(response).map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: next\ndata: {}\n\n", json!(response))
}

/// The id of the event that an answer tells, where it was asked for.
fn event_id(response: &Response) -> Option<&str> {
    let Value::Object(fields) = &response.data else { return None };
    let Value::Object(event) = fields.values().next()? else { return None };
    match event.get("eventId")? {
        Value::String(id) if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => Some(id),
        _ => None,
    }
}
