//! The parameters of a GraphQL request, read from a body or a query string, with a fault that says what is wrong with their shape.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web;
use async_graphql::Variables;
use domain::error::{Code, Error};
use futures_util::StreamExt;
use serde::Deserialize;

use super::answer::Fault;

/// Largest body, in bytes.
pub const BODY_MAX: usize = 256 * 1024;

/// The parameters of a GraphQL request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    /// The document; left out by a client that names it by its hash.
    pub query: Option<String>,
    /// Which operation of the document.
    pub operation_name: Option<String>,
    /// Values of the operation's variables.
    pub variables: Option<Variables>,
    /// What goes beside GraphQL.
    pub extensions: Option<Extensions>,
    /// A trusted document by its id, `sha256:…`.
    pub document_id: Option<String>,
}

/// The extensions this server knows; others are let pass unread.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extensions {
    /// The document by its hash (automatic persisted queries).
    pub persisted_query: Option<PersistedQuery>,
}

/// A document by its hash, as Apollo's protocol writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PersistedQuery {
    /// Version of the protocol; 1 is known.
    pub version: u32,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256_hash: String,
}

/// Refuses a body that is not JSON in UTF-8, so that no form of another site can send one.
///
/// # Errors
/// 415 `UNSUPPORTED_MEDIA_TYPE`.
pub fn check_content_type(headers: &HeaderMap) -> Result<(), Fault> {
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
///
/// # Errors
/// 413 `PAYLOAD_TOO_LARGE`; 408 or 400 `BAD_REQUEST` when it comes too slowly or breaks off.
pub async fn read(headers: &HeaderMap, mut body: web::Payload, time: Duration) -> Result<Vec<u8>, Fault> {
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

impl Params {
    /// The parameters in a JSON body.
    ///
    /// # Errors
    /// 400 `BAD_REQUEST` with what is wrong.
    pub fn from_body(bytes: &[u8]) -> Result<Self, Fault> {
        serde_json::from_slice(bytes).map_err(|error| {
            // Only now is it worth looking for what exactly is wrong.
            match serde_json::from_slice::<serde_json::Value>(bytes) {
                Err(_) => {
                    Fault::bad(Code::BadRequest.into()).because(format!("the body is not JSON: line {}, column {}", error.line(), error.column()))
                }
                Ok(serde_json::Value::Array(_)) => Fault::bad(Code::BadRequest.into()).because("batches are not taken; send one request at a time"),
                Ok(serde_json::Value::Object(map)) => wrong_shape(&map),
                Ok(_) => Fault::bad(Code::BadRequest.into()).because("the body must be a JSON object"),
            }
        })
    }

    /// The parameters of a JSON object that came over a socket.
    ///
    /// # Errors
    /// 400 `BAD_REQUEST` with what is wrong.
    pub fn from_object(map: &serde_json::Map<String, serde_json::Value>) -> Result<Self, Fault> {
        Self::deserialize(map).map_err(|_| wrong_shape(map))
    }

    /// The parameters in a query string.
    ///
    /// # Errors
    /// 400 `BAD_REQUEST` with what is wrong.
    pub fn from_query_string(text: &str) -> Result<Self, Fault> {
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
        Self::from_object(&map)
    }
}

fn wrong_shape(map: &serde_json::Map<String, serde_json::Value>) -> Fault {
    let at_fault = |(name, text): &(&'static str, bool)| match map.get(*name) {
        None | Some(serde_json::Value::Null) => false,
        Some(value) => !(if *text { value.is_string() } else { value.is_object() }),
    };
    let shape = [("query", true), ("operationName", true), ("documentId", true), ("variables", false), ("extensions", false)];
    let error = Error::from(Code::BadRequest);
    match shape.iter().find(|part| at_fault(part)) {
        Some((name, true)) => Fault::bad(error.on(name)).because(format!("{name} must be a string")),
        Some((name, false)) => Fault::bad(error.on(name)).because(format!("{name} must be an object")),
        None => Fault::bad(error).because("the body holds a value that GraphQL cannot take"),
    }
}
