//! From a refusal to an answer: `extensions { code, field, params, retryable, requestId }` and a message in the client's language.
//!
//! [`ApiError`] has no `Display`, so `?` on anything but an [`Error`] or a [`Code`] does not compile in a resolver: no database text can slip into an
//! answer.

use async_graphql::{ErrorExtensionValues, ServerError};
use domain::error::{Code, Error};

/// The result of a resolver.
pub type ApiResult<T> = Result<T, ApiError>;

/// What a field that may be null answers: written so, a failure nulls the field alone. As `ApiResult<Option<T>>` the library would null the object
/// around it, and with it what could be read.
pub fn nullable<T, E: Into<ApiError>>(found: Result<Option<T>, E>) -> Option<ApiResult<T>> {
    found.map_err(Into::into).transpose()
}

/// For `node`: what does not exist for the actor is nothing, not a failure.
///
/// # Errors
/// Everything but `NOT_FOUND`.
pub fn found<T>(result: Result<T, Error>) -> ApiResult<Option<T>> {
    match result {
        Ok(row) => Ok(Some(row)),
        Err(error) if error.code == Code::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A refusal on its way out.
#[derive(Clone, Debug)]
pub struct ApiError(pub Error);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Self(code.into())
    }
}

impl From<sea_orm::DbErr> for ApiError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self(error.into())
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(ApiError(error): ApiError) -> Self {
        if let Some(source) = error.source.as_ref().filter(|_| matches!(error.code, Code::Internal | Code::Unavailable)) {
            tracing::error!(code = error.code.text(), source = %source, "a request failed");
        }
        let mut extensions = ErrorExtensionValues::default();
        describe(&mut extensions, error.code);
        if let Some(field) = error.field {
            extensions.set("field", field);
        }
        if !error.params.is_empty() {
            let params = error.params.into_iter().map(|(name, value)| (async_graphql::Name::new(name), value.into())).collect();
            extensions.set("params", async_graphql::Value::Object(params));
        }
        Self { message: error.code.zh().to_owned(), source: None, extensions: Some(extensions) }
    }
}

/// Fills in what every coded answer carries.
pub fn describe(extensions: &mut ErrorExtensionValues, code: Code) {
    extensions.set("code", code.text());
    extensions.set("retryable", code.retryable());
}

/// The code an answered error carries, or the one that fits an error of the library.
#[must_use]
pub fn code_of(error: &ServerError) -> Option<Code> {
    let text = match error.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(text) => text.as_str(),
        _ => return None,
    };
    Code::ALL.iter().copied().find(|code| code.text() == text)
}
