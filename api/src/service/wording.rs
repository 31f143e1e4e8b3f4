//! What people may write: texts that are there, not too long, and do not classify people.

use crate::community::taxonomy;
use crate::error::{Code, Error, Result};

/// A text that must be there: 1 to `max` characters after trimming.
///
/// # Errors
/// `missing` when empty, `BAD_INPUT` when too long, `WORD_RESERVED` for words that classify people.
pub fn required(text: &str, field: &'static str, max: usize, missing: Code) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::from(missing).on(field));
    }
    fitting(text, field, max)
}

/// A reason that people give: 1 to 200 characters.
///
/// # Errors
/// `REASON_REQUIRED`, `BAD_INPUT`, `WORD_RESERVED`.
pub fn reason(text: &str) -> Result<String> {
    required(text, "reason", 200, Code::ReasonRequired)
}

/// A text that may be left out; empty counts as left out.
///
/// # Errors
/// `BAD_INPUT` when too long, `WORD_RESERVED` for words that classify people.
pub fn optional(text: Option<&str>, field: &'static str, max: usize) -> Result<Option<String>> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(|text| fitting(text, field, max)).transpose()
}

fn fitting(text: &str, field: &'static str, max: usize) -> Result<String> {
    if text.chars().count() > max || text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Error::from(Code::BadInput).on(field).with("max", max));
    }
    taxonomy::check_words(text, field)?;
    Ok(text.to_owned())
}
