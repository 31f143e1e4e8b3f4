//! GraphQL over HTTP: POST with JSON, POST with a form that brings a file ([`upload`]), and GET for queries.
//!
//! A request passes in this order: method, Accept, Content-Type, body within its size and time, shape; then as [`run`](super::run) says. The first
//! thing that is wrong is answered, and nothing after it happens. For a file the token comes before the body.

use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::OperationType;
use domain::error::Code;
use tracing::Instrument;

use super::accept::{self, Accept, Events, Media};
use super::answer::{Fault, Reader, Written};
use super::documents::Operation;
use super::params::{self, Params};
use super::run::{self, Chosen, Sender};
use super::{Door, budget, client, graphiql, request_id, sse, upload};
use crate::telemetry;

/// `/graphql`
pub async fn graphql(request: HttpRequest, body: web::Payload, door: web::Data<Door>) -> HttpResponse {
    let started = Instant::now();
    if request.method() == Method::GET && door.settings.development && accept::wants_page(request.headers()) && request.query_string().is_empty() {
        return graphiql::page();
    }
    let _running = door.metrics.running();
    let accept = Accept::of(request.headers());
    let reader = reader_of(accept, &request, &door);
    let mut operation = None;
    let written = match choose(accept, &request, body, &door).await {
        // What is rare is kept out of the future that every request moves about.
        Ok(Way::Events(params)) => return Box::pin(sse::answer(&request, params, &door, reader)).await,
        Ok(Way::Answer(chosen)) => {
            let named = operation.insert(chosen.operation.clone());
            let span = tracing::info_span!("request", id = reader.request_id, operation = named.name());
            telemetry::join(&span, request.headers().get("traceparent").and_then(|value| value.to_str().ok()));
            run(&request, chosen, &door, &reader).instrument(span).await.unwrap_or_else(|fault| reader.refuse(fault))
        }
        Err(fault) => reader.refuse(fault),
    };
    door.metrics.answered(operation.as_ref().and_then(|operation| operation.tally(&door.metrics)), written.code, started.elapsed());
    let status = written.response.status().as_u16();
    let code = written.code.map(Code::text);
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let operation = operation.as_ref().and_then(Operation::name);
    tracing::info!(request_id = reader.request_id, operation, status, code, ms, "answered");
    written.response
}

/// Every path that is none of ours.
pub async fn no_such_path(request: HttpRequest, door: web::Data<Door>) -> HttpResponse {
    reader(&request, &door).refuse(Fault::status(StatusCode::NOT_FOUND, Code::NotFound.into())).response
}

/// For whom an answer to this request is written.
pub fn reader(request: &HttpRequest, door: &Door) -> Reader {
    reader_of(Accept::of(request.headers()), request, door)
}

fn reader_of(accept: Accept, request: &HttpRequest, door: &Door) -> Reader {
    Reader {
        media: accept.media.unwrap_or(Media::Json),
        language: accept::language(request.headers()),
        request_id: request_id::of(request, door.app.db.now()),
    }
}

/// The parameters of a request, by GET or POST.
async fn read(request: &HttpRequest, body: web::Payload, door: &Door) -> Result<Params, Fault> {
    match *request.method() {
        Method::GET => Params::from_query_string(request.query_string()),
        Method::POST => {
            params::check_content_type(request.headers())?;
            Params::from_body(&params::read(request.headers(), body, door.settings.body_time).await?)
        }
        _ => Err(Fault::method("GET, POST")),
    }
}

/// How a request is answered.
enum Way {
    /// At once.
    Answer(Chosen),
    /// By a stream of events.
    Events(Params),
}

async fn choose(accept: Accept, request: &HttpRequest, body: web::Payload, door: &Door) -> Result<Way, Fault> {
    let get = request.method() == Method::GET;
    if !get && request.method() != Method::POST {
        return Err(Fault::method("GET, POST"));
    }
    if accept.events == Events::Refused && accept.media.is_none() {
        return Err(Fault::status(StatusCode::NOT_ACCEPTABLE, Code::NotAcceptable.into()));
    }
    if !get && upload::is_form(request.headers()) {
        // Boxed, since few requests bring a file and all would move its room about.
        return Box::pin(upload::choose(door, request.headers(), body)).await.map(Way::Answer);
    }
    let params = read(request, body, door).await?;
    if accept.events == Events::Wanted {
        return Ok(Way::Events(params));
    }
    // Who takes events among others gets them where nothing else can answer.
    let for_events = (accept.events == Events::Taken).then(|| params.clone());
    let chosen = run::choose(door, params).await?;
    match (chosen.kind, for_events) {
        (OperationType::Mutation, _) if get => Err(Fault::method("POST")),
        (OperationType::Query | OperationType::Mutation, _) => Ok(Way::Answer(chosen)),
        (OperationType::Subscription, Some(params)) => Ok(Way::Events(params)),
        (OperationType::Subscription, None) => {
            Err(Fault::document(Code::BadQuery.into()).because("a subscription needs the Accept header text/event-stream, or a WebSocket"))
        }
    }
}

async fn run(request: &HttpRequest, chosen: Chosen, door: &Door, reader: &Reader) -> Result<Written, Fault> {
    let sender = Sender { caller: run::caller(door, request.headers()).await, client: client::of(request, door.settings.proxies) };
    let prepared = run::pay(door, chosen, sender)?;
    let standing = prepared.standing;
    let response = run::execute(door, prepared, &reader.request_id).await?;
    Ok(reader.answer(response, budget::headers(&standing)))
}
