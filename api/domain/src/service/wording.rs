//! What people may write in this area: texts that must be there, and reasons.

use crate::community::wording;
use crate::error::{Code, Error, Result};

/// A text that must be there: 1 to `max` characters after trimming.
///
/// # Errors
/// `missing` when empty, `BAD_INPUT` when too long, `WORD_RESERVED` for words that classify people.
pub fn required(text: &str, field: &'static str, max: usize, missing: Code) -> Result<String> {
    let text = wording::text(text, max, field)?;
    if text.is_empty() { Err(Error::from(missing).on(field)) } else { Ok(text) }
}

/// A reason that people give: 1 to 200 characters.
///
/// # Errors
/// `REASON_REQUIRED`, `BAD_INPUT`, `WORD_RESERVED`.
pub fn reason(text: &str) -> Result<String> {
    wording::reason(text)
}

/// A text that may be left out; empty counts as left out.
///
/// # Errors
/// `BAD_INPUT` when too long, `WORD_RESERVED` for words that classify people.
pub fn optional(text: Option<&str>, field: &'static str, max: usize) -> Result<Option<String>> {
    let text = text.map(|text| wording::text(text, max, field)).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}
