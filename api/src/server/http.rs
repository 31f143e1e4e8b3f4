//! GraphQL over HTTP: POST with JSON, and GET for queries.
//!
//! A request passes in this order: method, Accept, Content-Type, body within its size and time, shape, limits of the document, operation and
//! variables, token, execution. The first thing that is wrong is answered, and nothing after it happens.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Request, Response, Variables};
use futures_util::{FutureExt, StreamExt};
use serde::Deserialize;
use tracing::Instrument;

use super::accept::{self, Media};
use super::answer::{Fault, Reader, Written};
use super::{Door, graphiql, limits, request_id};
use crate::error::{Code, Error};
use crate::graphql::{Caller, loader};

/// Largest body, in bytes.
const BODY_MAX: usize = 256 * 1024;
/// Time in which a request must be done.
const RUN_TIME: Duration = Duration::from_secs(30);

/// The parameters of a GraphQL request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    query: String,
    operation_name: Option<String>,
    variables: Option<Variables>,
    #[expect(dead_code, reason = "read to check its type; nothing is asked of it yet")]
    extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// A request on its way to be run.
struct Prepared {
    params: Params,
    document: ExecutableDocument,
}

/// `/graphql`
pub async fn graphql(request: HttpRequest, body: web::Payload, door: web::Data<Door>) -> HttpResponse {
    let started = Instant::now();
    if request.method() == Method::GET && door.settings.development && accept::wants_page(request.headers()) && request.query_string().is_empty() {
        return graphiql::page();
    }
    let reader = reader(&request, &door);
    let mut operation = None;
    let written = match prepare(&request, body, &door).await {
        Ok(prepared) => {
            operation = name_of(&prepared);
            let span = tracing::info_span!("request", id = reader.request_id);
            run(&request, prepared, &door, &reader).instrument(span).await
        }
        Err(fault) => reader.refuse(fault),
    };
    let status = written.response.status().as_u16();
    let code = written.code.map(Code::text);
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id = reader.request_id, operation, status, code, ms, "answered");
    written.response
}

/// Every path that is none of ours.
pub async fn no_such_path(request: HttpRequest, door: web::Data<Door>) -> HttpResponse {
    reader(&request, &door).refuse(Fault::status(StatusCode::NOT_FOUND, Code::NotFound.into())).response
}

fn reader(request: &HttpRequest, door: &Door) -> Reader {
    Reader {
        media: accept::media(request.headers()).unwrap_or(Media::Json),
        language: accept::language(request.headers()),
        request_id: request_id::of(request, door.app.db.now()),
    }
}

async fn prepare(request: &HttpRequest, body: web::Payload, door: &Door) -> Result<Prepared, Fault> {
    let get = request.method() == Method::GET;
    if !get && request.method() != Method::POST {
        return Err(Fault::method("GET, POST"));
    }
    if accept::media(request.headers()).is_none() {
        return Err(Fault::status(StatusCode::NOT_ACCEPTABLE, Code::NotAcceptable.into()));
    }
    let params = if get {
        from_query_string(request.query_string())?
    } else {
        check_content_type(request.headers())?;
        from_body(&read(request.headers(), body, door.settings.body_time).await?)?
    };
    let document = limits::parse(&params.query)?;
    if !door.settings.development && limits::introspects(&document) {
        return Err(Fault::document(Code::BadQuery.into()).because("introspection is switched off"));
    }
    if let Some(operation) = chosen(&document, params.operation_name.as_deref()) {
        if get && operation.ty != OperationType::Query {
            return Err(Fault::method("POST"));
        }
        check_required(operation, params.variables.as_ref())?;
    }
    Ok(Prepared { params, document })
}

async fn run(request: &HttpRequest, prepared: Prepared, door: &Door, reader: &Reader) -> Written {
    let Prepared { params, document } = prepared;
    let mut query = Request::new(String::new()).variables(params.variables.unwrap_or_default());
    if let Some(name) = params.operation_name {
        query = query.operation_name(name);
    }
    query.set_parsed_query(document);
    if !door.settings.development {
        query = query.disable_introspection();
    }
    if let Some(caller) = caller(request.headers(), door).await {
        query = query.data(caller);
    }
    let query = loader::attach(query, &door.app);
    let running = AssertUnwindSafe(door.schema.execute(query)).catch_unwind();
    let outcome: Result<Response, Fault> = match tokio::time::timeout(RUN_TIME, running).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => {
            tracing::error!("a request panicked");
            Err(Fault::status(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal.into()))
        }
        Err(_) => Err(Fault::status(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable.into())),
    };
    match outcome {
        Ok(response) => reader.answer(response),
        Err(fault) => reader.refuse(fault),
    }
}

/// Who asks, when the request says so. A bad token is told only where an actor is needed, so that signing in works beside it.
async fn caller(headers: &HeaderMap, door: &Door) -> Option<Caller> {
    let token =
        headers.get(AUTHORIZATION)?.to_str().ok().and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else { return Some(Caller(Err(Code::TokenInvalid))) };
    Some(Caller(door.app.sessions.actor(&door.app.db, token.trim()).await))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Fault> {
    let refused = || Fault::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType.into());
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
    let mut parts = value.split(';').map(str::trim);
    let json = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.trim().eq_ignore_ascii_case("charset") => charset.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"),
        _ => true,
    });
    let plain = headers.get(CONTENT_ENCODING).is_none_or(|encoding| encoding == "identity");
    if json && utf8 && plain { Ok(()) } else { Err(refused()) }
}

/// Reads the body while it keeps its size and time; what is too large is refused without reading it all.
async fn read(headers: &HeaderMap, mut body: web::Payload, time: Duration) -> Result<Vec<u8>, Fault> {
    let too_large = || Fault::status(StatusCode::PAYLOAD_TOO_LARGE, Error::from(Code::PayloadTooLarge).with("max", BODY_MAX));
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    if announced > BODY_MAX as u64 {
        return Err(too_large());
    }
    let collect = async {
        let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| Fault::bad(Code::BadRequest.into()))?;
            if bytes.len() + chunk.len() > BODY_MAX {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    let late = |_| Err(Fault::status(StatusCode::REQUEST_TIMEOUT, Code::BadRequest.into()).because("the body did not arrive in time"));
    tokio::time::timeout(time, collect).await.unwrap_or_else(late)
}

fn from_body(bytes: &[u8]) -> Result<Params, Fault> {
    serde_json::from_slice(bytes).map_err(|error| {
        // Only now is it worth looking for what exactly is wrong.
        match serde_json::from_slice::<serde_json::Value>(bytes) {
            Err(_) => Fault::bad(Code::BadRequest.into()).because(format!("the body is not JSON: line {}, column {}", error.line(), error.column())),
            Ok(serde_json::Value::Array(_)) => Fault::bad(Code::BadRequest.into()).because("batches are not taken; send one request at a time"),
            Ok(serde_json::Value::Object(map)) => wrong_shape(&map),
            Ok(_) => Fault::bad(Code::BadRequest.into()).because("the body must be a JSON object"),
        }
    })
}

fn wrong_shape(map: &serde_json::Map<String, serde_json::Value>) -> Fault {
    let at_fault = |(name, text, required): &(&'static str, bool, bool)| match map.get(*name) {
        None | Some(serde_json::Value::Null) => *required,
        Some(value) => !(if *text { value.is_string() } else { value.is_object() }),
    };
    let shape = [("query", true, true), ("operationName", true, false), ("variables", false, false), ("extensions", false, false)];
    let error = Error::from(Code::BadRequest);
    match shape.iter().find(|part| at_fault(part)) {
        Some((name, true, _)) => Fault::bad(error.on(name)).because(format!("{name} must be a string")),
        Some((name, false, _)) => Fault::bad(error.on(name)).because(format!("{name} must be an object")),
        None => Fault::bad(error).because("the body holds a value that GraphQL cannot take"),
    }
}

fn from_query_string(text: &str) -> Result<Params, Fault> {
    let bad = || Error::from(Code::BadRequest);
    let pairs = web::Query::<Vec<(String, String)>>::from_query(text).map_err(|_| Fault::bad(bad()))?.into_inner();
    let mut map = serde_json::Map::new();
    for (name, value) in pairs {
        let value = match name.as_str() {
            "variables" | "extensions" if value.is_empty() => continue,
            "variables" | "extensions" => {
                let field = if name == "variables" { "variables" } else { "extensions" };
                serde_json::from_str(&value).map_err(|_| Fault::bad(bad().on(field)).because(format!("{field} must be JSON")))?
            }
            _ => serde_json::Value::String(value),
        };
        map.insert(name, value);
    }
    serde_json::from_value(serde_json::Value::Object(map.clone())).map_err(|_| wrong_shape(&map))
}

/// The operation that will run; none when that is unclear, which validation then says.
fn chosen<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(own, _)| own.is_some_and(|own| own == name)),
        None => Some(operations.next()?).filter(|_| document.operations.iter().len() == 1),
    };
    found.map(|(_, operation)| &operation.node)
}

/// The name of the operation for the log: a name of the document, never other text.
fn name_of(prepared: &Prepared) -> Option<String> {
    let name = prepared.params.operation_name.as_deref();
    let mut operations = prepared.document.operations.iter();
    let (own, _) = operations.find(|(own, _)| name.is_none() || own.is_some_and(|own| Some(own.as_str()) == name))?;
    own.map(|own| own.chars().take(80).collect())
}

/// Variables that the operation demands must be there; the library would notice only while running.
fn check_required(operation: &OperationDefinition, variables: Option<&Variables>) -> Result<(), Fault> {
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let given = variables.and_then(|variables| variables.get(&variable.name.node)).is_some_and(|value| *value != async_graphql::Value::Null);
        if !given && !variable.var_type.node.nullable && variable.default_value.is_none() {
            let detail = format!("Variable \"${}\" of type \"{}\" is required", variable.name.node, variable.var_type.node);
            return Err(Fault::document(Code::BadInput.into()).because(detail).at([definition.pos]));
        }
    }
    Ok(())
}
