//! A request with a file: `multipart/form-data` after the GraphQL multipart request specification, as far as `wx.uploadFile` can send it.
//!
//! Three parts, each once, in whichever order the telephone writes them: `operations` (the request, with null where the file belongs), `map` (from the
//! name of the file's part to the one place of it) and the file. What a browser sends to another site without asking first is a form like this, so
//! none is read without a token in `Authorization`, which no form can carry. Only an operation that is `uploadMedia` and nothing else may come so. What the
//! client says of the file, its name and type, is not looked at.
//!
//! Invariant: before the token is known nothing of the body is read; a process holds at most [`AT_ONCE`] files.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web;
use async_graphql::parser::types::OperationType;
use bytes::{Bytes, BytesMut};
use domain::error::{Code, Error};
use domain::people::media::BYTES_MAX;
use futures_util::{StreamExt, stream};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, mpsc};

use super::Door;
use super::answer::Fault;
use super::params::Params;
use super::run::{self, Chosen};
use crate::graphql::{Caller, SentFile};

/// Longest `operations` and `map`, in bytes.
const FIELD_MAX: usize = 64 << 10;
/// What the form may take beside its parts, in bytes.
const FRAME_MAX: usize = 16 << 10;
/// Files that a process holds at once.
const AT_ONCE: usize = 32;
/// The mutation that takes a file.
const MUTATION: &str = "uploadMedia";

/// Room for files.
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Whether a request says that it brings a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads a request with a file and finds its operation.
///
/// # Errors
/// 401 with the code of the token's fault; 415 `UNSUPPORTED_MEDIA_TYPE`; 413 `MEDIA_TOO_LARGE`, `PAYLOAD_TOO_LARGE`; 503 `TOO_MANY_OPERATIONS`;
/// 408 or 400 `BAD_REQUEST` with what is wrong; what is wrong with the operation.
pub async fn choose(door: &Door, headers: &HeaderMap, body: web::Payload) -> Result<Chosen, Fault> {
    let refused = match run::caller(door, headers).await {
        Some(Caller(Ok(_))) => None,
        Some(Caller(Err(code))) => Some(code),
        None => Some(Code::Unauthenticated),
    };
    if let Some(code) = refused {
        return Err(Fault::status(StatusCode::UNAUTHORIZED, code.into()));
    }
    let unsupported = || Fault::status(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::UnsupportedMediaType.into());
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or_else(unsupported)?;
    let boundary = multer::parse_boundary(kind).map_err(|_| unsupported())?;
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(unsupported());
    }
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    if announced > whole_max() {
        return Err(too_large());
    }
    let full = || Fault::status(StatusCode::SERVICE_UNAVAILABLE, Code::TooManyOperations.into());
    let place = Arc::clone(&door.uploads.0).try_acquire_owned().map_err(|_| full())?;
    let late = |_| Err(Fault::status(StatusCode::REQUEST_TIMEOUT, Code::BadRequest.into()).because("the body did not arrive in time"));
    let (params, bytes) = tokio::time::timeout(door.settings.upload_time, read(body, &boundary)).await.unwrap_or_else(late)?;
    let chosen = run::choose(door, params).await?;
    if chosen.kind != OperationType::Mutation || chosen.fields() != [MUTATION] {
        return Err(bad(format!("a file is taken by {MUTATION} alone in its operation")));
    }
    Ok(chosen.carrying(SentFile { bytes, place: Arc::new(place) }))
}

/// How long a client may take to send a file: as long as `wx.uploadFile` waits.
pub const TIME: Duration = Duration::from_mins(1);

fn whole_max() -> u64 {
    (BYTES_MAX + 2 * FIELD_MAX + FRAME_MAX) as u64
}

fn bad(reason: impl Into<String>) -> Fault {
    Fault::bad(Code::BadRequest.into()).because(reason)
}

fn too_large() -> Fault {
    Fault::status(StatusCode::PAYLOAD_TOO_LARGE, Error::from(Code::MediaTooLarge).with("max", BYTES_MAX))
}

/// What is told of a form that cannot be read.
fn broken(error: &multer::Error) -> Fault {
    match error {
        multer::Error::StreamSizeExceeded { .. } => too_large(),
        _ => bad("the form cannot be read, or breaks off"),
    }
}

/// The parts of a form as they come.
#[derive(Default)]
struct Parts {
    operations: Option<Bytes>,
    map: Option<Bytes>,
    file: Option<(String, Bytes)>,
}

/// Reads the form while it arrives. A body belongs to the thread that serves it and the parser does not, so chunks pass from one to the other.
async fn read(mut body: web::Payload, boundary: &str) -> Result<(Params, Bytes), Fault> {
    let (feed, mut chunks) = mpsc::channel::<io::Result<Bytes>>(1);
    let pump = async move {
        while let Some(chunk) = body.next().await {
            // Nobody takes it any more: the parser has seen enough.
            if feed.send(chunk.map_err(|_| io::Error::other("the body breaks off"))).await.is_err() {
                break;
            }
        }
        drop(feed);
        std::future::pending::<()>().await;
    };
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole_max()));
    let form = Multipart::with_constraints(stream::poll_fn(move |context| chunks.poll_recv(context)), boundary, limits);
    tokio::select! {
        outcome = parts(form) => put_together(outcome?),
        () = pump => unreachable!("it never ends by itself"),
    }
}

async fn parts(mut form: Multipart<'_>) -> Result<Parts, Fault> {
    let mut parts = Parts::default();
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        let place = match name.as_str() {
            "operations" => &mut parts.operations,
            "map" => &mut parts.map,
            "" => return Err(bad("every part needs a name")),
            _ if parts.file.is_some() => return Err(bad("one file at a time")),
            _ => {
                parts.file = Some((name, collect(field, BYTES_MAX, too_large).await?));
                continue;
            }
        };
        if place.is_some() {
            return Err(bad(format!("{name} stands in the form twice")));
        }
        let too_long = || Fault::status(StatusCode::PAYLOAD_TOO_LARGE, Error::from(Code::PayloadTooLarge).with("max", FIELD_MAX));
        *place = Some(collect(field, FIELD_MAX, too_long).await?);
    }
    Ok(parts)
}

/// A part, while it keeps its size.
async fn collect(mut field: Field<'_>, max: usize, too_large: impl Fn() -> Fault) -> Result<Bytes, Fault> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        if bytes.len() + chunk.len() > max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// The parameters with the name of the file's part where the file belongs, and the file.
fn put_together(parts: Parts) -> Result<(Params, Bytes), Fault> {
    let missing = |name: &str| bad(format!("the form has no part called {name}"));
    let object = |bytes: &Bytes, name: &str| {
        serde_json::from_slice::<Map<String, Value>>(bytes).map_err(|_| bad(format!("{name} must be a JSON object; batches are not taken")))
    };
    let mut operations = object(&parts.operations.ok_or_else(|| missing("operations"))?, "operations")?;
    let map = object(&parts.map.ok_or_else(|| missing("map"))?, "map")?;
    let (name, file) = parts.file.ok_or_else(|| bad("the form has no file"))?;
    let mut entries = map.iter();
    let only = entries.next().filter(|_| entries.next().is_none()).filter(|(key, _)| **key == name);
    let path = only.and_then(|(_, places)| match places.as_array().map(Vec::as_slice) {
        Some([Value::String(path)]) => Some(path),
        _ => None,
    });
    let path = path.ok_or_else(|| bad("map must lead from the name of the file's part to one place, as {\"file\": [\"variables.input.file\"]}"))?;
    let place = place_at(&mut operations, path).filter(|place| place.is_null());
    *place.ok_or_else(|| bad("map must lead to a variable that is null"))? = Value::String(name);
    Ok((Params::from_object(&operations)?, file))
}

/// The value at `variables.…`.
fn place_at<'a>(operations: &'a mut Map<String, Value>, path: &str) -> Option<&'a mut Value> {
    let mut steps = path.split('.');
    let variables = steps.next().filter(|first| *first == "variables").and_then(|first| operations.get_mut(first))?;
    let mut place = variables;
    for step in steps {
        place = match place {
            Value::Object(fields) => fields.get_mut(step)?,
            _ => return None,
        };
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Parts, put_together};

    fn outcome(operations: &'static str, map: &'static str, name: &str) -> Result<String, String> {
        let parts = Parts {
            operations: Some(Bytes::from_static(operations.as_bytes())),
            map: Some(Bytes::from_static(map.as_bytes())),
            file: Some((name.to_owned(), Bytes::from_static(b"x"))),
        };
        let told = |fault: super::Fault| fault.error.code.text().to_owned();
        put_together(parts)
            .map(|(params, _)| params.variables.map(|variables| serde_json::to_string(&variables).expect("text")).unwrap_or_default())
            .map_err(told)
    }

    #[test]
    fn the_file_takes_its_one_place() {
        let nested = r#"{"query":"q","variables":{"input":{"file":null,"key":"k"}}}"#;
        assert_eq!(outcome(nested, r#"{"file":["variables.input.file"]}"#, "file").as_deref(), Ok(r#"{"input":{"file":"file","key":"k"}}"#));
        for (map, name) in [
            ("{}", "file"),
            ("[]", "file"),
            (r#"{"file":[]}"#, "file"),
            (r#"{"file":["variables.input.file"]}"#, "other"),
            (r#"{"file":["variables.input.file","variables.input.key"]}"#, "file"),
            (r#"{"file":["variables.input.file"],"other":["variables.input.file"]}"#, "file"),
            (r#"{"file":["variables.input.key"]}"#, "file"),
            (r#"{"file":["variables.nowhere"]}"#, "file"),
            (r#"{"file":["variables"]}"#, "file"),
            (r#"{"file":["query"]}"#, "file"),
            (r#"{"file":["variables.input.file.deeper"]}"#, "file"),
            (r#"{"file":"variables.input.file"}"#, "file"),
        ] {
            assert_eq!(outcome(nested, map, name), Err("BAD_REQUEST".to_owned()), "{map}");
        }
        assert!(outcome("[{}]", "{}", "file").is_err());
        let misled = outcome(r#"{"query":"q","variables":null}"#, r#"{"file":["variables"]}"#, "file");
        assert_eq!(misled, Err("BAD_REQUEST".to_owned()), "variables are an object");
    }
}
