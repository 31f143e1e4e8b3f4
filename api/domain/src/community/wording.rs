//! Names and labels that people type: one line, trimmed, of a bounded length, without words that classify people.
//!
//! Invariant: what passes here can be shown in one line anywhere; it holds no control character and no bidirectional override.

use crate::community::taxonomy;
use crate::error::{Code, Error, Result};

/// Checks a line of 1 to `max` characters and gives it back without spaces around it.
///
/// # Errors
/// `BAD_INPUT` on `field` when it is empty, too long or holds control characters.
pub fn line(text: &str, max: usize, field: &'static str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max || text.chars().any(is_unseen) {
        return Err(Error::from(Code::BadInput).on(field).with("max", max));
    }
    Ok(text.to_owned())
}

/// Checks a line that names a place, a team or a list: also free of reserved words.
///
/// # Errors
/// `BAD_INPUT` and `WORD_RESERVED` on `field`.
pub fn label(text: &str, max: usize, field: &'static str) -> Result<String> {
    let text = line(text, max, field)?;
    taxonomy::check_words(&text, field)?;
    Ok(text)
}

/// Checks a text of up to `max` characters, which may be empty and run over several lines.
///
/// # Errors
/// `BAD_INPUT` and `WORD_RESERVED` on `field`.
pub fn text(text: &str, max: usize, field: &'static str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > max || text.chars().any(|c| c != '\n' && is_unseen(c)) {
        return Err(Error::from(Code::BadInput).on(field).with("max", max));
    }
    taxonomy::check_words(text, field)?;
    Ok(text.to_owned())
}

/// Checks a notice of 1 to `max` characters over several lines. It speaks of what is kept, so no word is reserved in it.
///
/// # Errors
/// `BAD_INPUT` on `field`.
pub fn paragraphs(text: &str, max: usize, field: &'static str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max || text.chars().any(|c| c != '\n' && is_unseen(c)) {
        return Err(Error::from(Code::BadInput).on(field).with("max", max));
    }
    Ok(text.to_owned())
}

/// A reason that people give: 1 to 200 characters.
///
/// # Errors
/// `REASON_REQUIRED`, `BAD_INPUT` and `WORD_RESERVED` on `reason`.
pub fn reason(text: &str) -> Result<String> {
    let text = self::text(text, 200, "reason")?;
    if text.is_empty() { Err(Error::from(Code::ReasonRequired).on("reason")) } else { Ok(text) }
}

/// Control characters, and the marks that reorder or hide what follows.
fn is_unseen(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::{label, line, text};
    use crate::error::Code;

    #[test]
    fn a_line_is_trimmed_and_bounded() {
        assert_eq!(line("  涂新社区 ", 4, "name").ok().as_deref(), Some("涂新社区"));
        for bad in ["", "   ", "涂新社区一", "a\nb", "a\u{202E}b", "a\u{0}"] {
            assert_eq!(line(bad, 4, "name").map_err(|error| error.code), Err(Code::BadInput), "{bad:?}");
        }
        assert!(text("一\n二", 10, "description").is_ok() && text("", 10, "description").is_ok());
    }

    #[test]
    fn a_label_does_not_classify_people() {
        assert_eq!(label("重点人员网格", 20, "name").map_err(|error| error.code), Err(Code::WordReserved));
    }
}
