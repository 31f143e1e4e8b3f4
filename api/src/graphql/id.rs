//! Ids on their way in: from the opaque `ID` of a client to the typed id of a row.

use async_graphql::ID;
use domain::error::{Code, Error, Result};
use entity::id::TypedId;

/// Reads an id of the expected kind; `field` is the input field it came in.
///
/// # Errors
/// `BAD_ID` when the text is not an id of that kind.
pub fn parse<T: TypedId>(id: &ID, field: &'static str) -> Result<T> {
    id.parse().map_err(|_| Error::from(Code::BadId).on(field).with("expected", T::PREFIX))
}

/// The same for an optional field.
///
/// # Errors
/// `BAD_ID`.
pub fn parse_opt<T: TypedId>(id: Option<&ID>, field: &'static str) -> Result<Option<T>> {
    id.map(|id| parse(id, field)).transpose()
}
