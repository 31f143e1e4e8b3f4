//! Answers: what a client reads when something went wrong, and how an answer is written.
//!
//! Every error leaves here with `extensions { code, field?, params?, retryable, requestId }` and a message in the client's language. What the library
//! says about a document is sorted into the catalogue; what it says about the inside of the program is not sent at all.
//!
//! Invariant: an answer to a request that was refused before it ran has no `data`.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, HttpResponseBuilder};
use async_graphql::{Name, Pos, Response, ServerError, Value};
use domain::error::{Code, Error};
use serde::Serialize;

use super::accept::{Language, Media};
use super::request_id;
use crate::graphql::error::{ApiError, code_of, describe};

/// Most errors of one answer.
const ERRORS_MAX: usize = 20;
/// Bytes that most answers fit into.
const BODY_USUAL: usize = 1_024;

/// A request that is refused before it runs.
#[derive(Debug)]
pub struct Fault {
    /// Why.
    pub error: Error,
    about: Box<About>,
}

/// What else is said about a refused request.
#[derive(Debug, Default)]
struct About {
    /// None for a fault of the document or its variables, whose status depends on the media type.
    status: Option<StatusCode>,
    detail: Option<String>,
    field: Option<String>,
    locations: Vec<Pos>,
    /// What the library found wrong with a document, instead of one error of our own.
    found: Vec<ServerError>,
    headers: Vec<(HeaderName, String)>,
}

impl Fault {
    /// The request is one of GraphQL over HTTP, but its document or variables are wrong.
    pub fn document(error: Error) -> Self {
        Self { error, about: Box::default() }
    }

    /// The request is not one of GraphQL over HTTP: 400.
    pub fn bad(error: Error) -> Self {
        Self::status(StatusCode::BAD_REQUEST, error)
    }

    /// Refused with a status of its own.
    pub fn status(status: StatusCode, error: Error) -> Self {
        let mut fault = Self::document(error);
        fault.about.status = Some(status);
        fault
    }

    /// Adds what is wrong about the client's own text.
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.about.detail = Some(detail.into());
        self
    }

    /// The document does not fit the schema; `found` says where.
    pub fn invalid(found: Vec<ServerError>) -> Self {
        let mut fault = Self::document(Code::BadQuery.into());
        fault.about.found = found;
        fault
    }

    /// Names the input field at fault.
    pub fn on(mut self, field: Option<String>) -> Self {
        self.about.field = field;
        self
    }

    /// Adds a header to the answer.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and names are written without a sign of borrowing")]
    pub fn header(mut self, name: HeaderName, value: impl ToString) -> Self {
        self.about.headers.push((name, value.to_string()));
        self
    }

    /// Adds where in the document.
    pub fn at(mut self, locations: impl IntoIterator<Item = Pos>) -> Self {
        self.about.locations.extend(locations);
        self
    }

    /// Refuses the method and names the ones allowed.
    pub fn method(allow: &'static str) -> Self {
        Self::status(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed.into()).header(ALLOW, allow)
    }
}

/// For whom an answer is written.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Media type.
    pub media: Media,
    /// Language of messages.
    pub language: Language,
    /// Id of the request.
    pub request_id: String,
}

/// An answer and the code that goes to the log.
pub struct Written {
    /// What is sent.
    pub response: HttpResponse,
    /// The code of the first error.
    pub code: Option<Code>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl Reader {
    /// Writes the refusal of a request.
    pub fn refuse(&self, mut fault: Fault) -> Written {
        let mut head = HttpResponse::build(fault.about.status.unwrap_or_else(|| self.media.status_of_refusal()));
        for (name, value) in std::mem::take(&mut fault.about.headers) {
            head.insert_header((name, value));
        }
        let (errors, code) = self.errors(fault);
        let body = Body { errors: &errors, data: None, extensions: &BTreeMap::new() };
        Written { response: self.write(head, &body), code: Some(code) }
    }

    /// Writes what the schema answered, with `headers`.
    pub fn answer(&self, mut response: Response, headers: impl IntoIterator<Item = (HeaderName, u64)>) -> Written {
        let code = self.finish(&mut response);
        let refused = is_refusal(&response);
        let mut head = HttpResponse::build(if refused { self.media.status_of_refusal() } else { StatusCode::OK });
        for (name, value) in headers {
            head.insert_header((name, value));
        }
        let body = Body { errors: &response.errors, data: (!refused).then_some(&response.data), extensions: &response.extensions };
        Written { response: self.write(head, &body), code }
    }

    /// The errors of a refusal as a client reads them, and the code of the first.
    pub fn errors(&self, fault: Fault) -> (Vec<ServerError>, Code) {
        let Fault { error, about } = fault;
        let code = error.code;
        let About { detail, field, locations, mut found, .. } = *about;
        if found.is_empty() {
            let mut server_error: ServerError = async_graphql::Error::from(ApiError(error)).into_server_error(Pos::default());
            server_error.locations = locations;
            if let Some(field) = field {
                server_error.extensions.get_or_insert_default().set("field", field);
            }
            self.finish_error(&mut server_error, code, detail);
            return (vec![server_error], code);
        }
        found.truncate(ERRORS_MAX);
        let codes: Vec<Code> = found.iter_mut().map(|error| self.sort(error)).collect();
        (found, codes.first().copied().unwrap_or(code))
    }

    /// Gives every error of an answer its code and message; the code of the first.
    pub fn finish(&self, response: &mut Response) -> Option<Code> {
        response.errors.truncate(ERRORS_MAX);
        let codes: Vec<Code> = response.errors.iter_mut().map(|error| self.sort(error)).collect();
        codes.first().copied()
    }

    /// Gives an error its code, message and extensions.
    fn sort(&self, error: &mut ServerError) -> Code {
        if let Some(code) = code_of(error) {
            self.finish_error(error, code, None);
            return code;
        }
        let text = std::mem::take(&mut error.message);
        let (code, detail) = sorted(&text, error.path.is_empty());
        if code == Code::Internal {
            tracing::error!(source = %text, "a request failed inside the library");
        }
        if let Some(field) = field_in(&text).filter(|_| code == Code::BadInput) {
            error.extensions.get_or_insert_default().set("field", field);
        }
        self.finish_error(error, code, detail.then_some(text));
        code
    }

    fn finish_error(&self, error: &mut ServerError, code: Code, detail: Option<String>) {
        let extensions = error.extensions.get_or_insert_default();
        describe(extensions, code);
        extensions.set("requestId", self.request_id.as_str());
        let message = match self.language {
            Language::Chinese => code.zh(),
            Language::English => code.en(),
        };
        error.message = match detail.filter(|detail| !detail.is_empty()) {
            Some(detail) => {
                let mut params = match extensions.get("params") {
                    Some(Value::Object(params)) => params.clone(),
                    _ => async_graphql::indexmap::IndexMap::default(),
                };
                params.insert(Name::new("detail"), detail.as_str().into());
                extensions.set("params", Value::Object(params));
                format!("{message}: {detail}")
            }
            None => message.to_owned(),
        };
    }

    fn write(&self, mut head: HttpResponseBuilder, body: &Body<'_>) -> HttpResponse {
        // Names and values that are known beforehand are not read and copied for every answer.
        head.insert_header((CONTENT_TYPE, HeaderValue::from_static(self.media.content_type())))
            .insert_header((HeaderName::from_static(request_id::HEADER), self.request_id.as_str()))
            .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        let mut bytes = Vec::with_capacity(BODY_USUAL);
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => head.body(bytes),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written");
                HttpResponse::InternalServerError().finish()
            }
        }
    }
}

/// Nothing ran when there is no data and no error belongs to a field.
pub fn is_refusal(response: &Response) -> bool {
    response.data == Value::Null && !response.errors.is_empty() && response.errors.iter().all(|error| error.path.is_empty())
}

/// The code of a library error without one, and whether its text is about the client's own document and may be sent.
fn sorted(text: &str, before_running: bool) -> (Code, bool) {
    let starts = |beginnings: &[&str]| beginnings.iter().any(|beginning| text.starts_with(beginning));
    if starts(&["Query is too complex", "Query is nested too deep", "The recursion depth", "The number of directives"]) {
        (Code::QueryTooComplex, false)
    } else if starts(&["Invalid value for argument", "Failed to parse", "Invalid default value", "Expected input type"]) {
        (Code::BadInput, true)
    } else if before_running || starts(&["Variable ", "Unknown fragment", "Cannot query field"]) {
        (Code::BadQuery, true)
    } else {
        (Code::Internal, false)
    }
}

/// The input field in `Invalid value for argument "input.kind", …`: the last name of the path.
fn field_in(text: &str) -> Option<&str> {
    let (path, _) = text.strip_prefix("Invalid value for argument \"")?.split_once('"')?;
    path.rsplit('.').find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::{field_in, sorted};
    use domain::error::Code;

    #[test]
    fn only_what_concerns_the_document_is_passed_on() {
        assert_eq!(sorted("Unknown field \"x\" on type \"Query\".", true), (Code::BadQuery, true));
        assert_eq!(sorted("Query is too complex.", true), (Code::QueryTooComplex, false));
        assert_eq!(sorted("Failed to parse \"Int\": Only integers", false), (Code::BadInput, true));
        assert_eq!(sorted("connection to 10.0.0.1 refused", false), (Code::Internal, false));
    }

    #[test]
    fn the_field_of_a_bad_input_is_named() {
        assert_eq!(field_in("Invalid value for argument \"input.items.0.kind\", expected type \"Int\""), Some("kind"));
        assert_eq!(field_in("Invalid value for argument \"first\", expected type \"Int\""), Some("first"));
        assert_eq!(field_in("Invalid value for argument \"ids.3\", expected type \"Int\""), Some("ids"));
        assert_eq!(field_in("something else"), None);
    }
}
