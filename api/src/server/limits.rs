//! What a document may cost before anything of it runs.
//!
//! The library walks fragments without remembering what it has seen, counts neither aliases nor `__typename`, looks for directives on fields alone,
//! and its parser can be driven out of the stack by brackets. So the raw text is scanned first (brackets, tokens), then parsed, then measured with
//! every fragment counted once; the parsed document is handed on, so that nothing is parsed twice.
//!
//! Invariant: the work done here grows in step with the length of the text.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, FragmentDefinition, Selection, SelectionSet};
use async_graphql::{Name, Positioned, parser};
use domain::error::{Code, Error};

use super::answer::Fault;
use crate::graphql::audited::is_audited_read;

/// Brackets open at once, of all three kinds.
const BRACKETS_MAX: u32 = 50;
/// Tokens of the text.
const TOKENS_MAX: u32 = 5_000;
/// Fields at the root of one operation.
const ROOT_FIELDS_MAX: u32 = 15;
/// Aliases in the document.
const ALIASES_MAX: u32 = 100;
/// Directives in the document, wherever they stand.
const DIRECTIVES_MAX: u32 = 20;
/// Selections after every fragment is put in its place, over all operations.
const SELECTIONS_MAX: u32 = 5_000;

/// Parses a document that keeps the limits.
///
/// # Errors
/// `QUERY_TOO_COMPLEX` with the limit it broke, `BAD_QUERY` where it cannot be parsed.
pub fn parse(text: &str) -> Result<ExecutableDocument, Fault> {
    scan(text)?;
    let document = parser::parse_query(text).map_err(|error| not_parsed(&error))?;
    measure(&document)?;
    Ok(document)
}

/// Whether the document asks for the schema itself.
pub fn introspects(document: &ExecutableDocument) -> bool {
    asks(document, |name| matches!(name, "__schema" | "__type"))
}

/// Whether the document reads the audit log.
pub fn reads_audit_log(document: &ExecutableDocument) -> bool {
    asks(document, is_audited_read)
}

/// Whether an operation of the document, or a fragment, asks at its root for a field of such a name.
fn asks(document: &ExecutableDocument, such: fn(&str) -> bool) -> bool {
    fn within(set: &SelectionSet, such: fn(&str) -> bool) -> bool {
        set.items.iter().any(|item| match &item.node {
            Selection::Field(field) => such(field.node.name.node.as_str()),
            Selection::InlineFragment(fragment) => within(&fragment.node.selection_set.node, such),
            Selection::FragmentSpread(_) => false,
        })
    }
    document.operations.iter().any(|(_, operation)| within(&operation.node.selection_set.node, such))
        || document.fragments.values().any(|fragment| within(&fragment.node.selection_set.node, such))
}

fn not_parsed(error: &parser::Error) -> Fault {
    let detail = match error {
        // The parser draws a picture of the place over several lines; its last line says what it expected.
        parser::Error::Syntax { message, .. } => message.lines().last().map_or("", |line| line.trim_start_matches([' ', '='])).to_owned(),
        other => other.to_string(),
    };
    let code = if matches!(error, parser::Error::RecursionLimitExceeded) { Code::QueryTooComplex } else { Code::BadQuery };
    Fault::document(code.into()).because(detail).at(error.positions())
}

fn too_much(what: &'static str, max: u32) -> Fault {
    Fault::document(Error::from(Code::QueryTooComplex).with("limit", what).with("max", max))
}

fn cap(what: &'static str, count: u32, max: u32) -> Result<(), Fault> {
    if count > max { Err(too_much(what, max)) } else { Ok(()) }
}

/// Counts brackets and tokens of the text as it stands.
fn scan(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    let (mut at, mut open, mut tokens) = (0, 0_u32, 0_u32);
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len() - at);
                continue;
            }
            b'"' => string_length(&bytes[at..]),
            b'{' | b'[' | b'(' => {
                open += 1;
                cap("brackets", open, BRACKETS_MAX)?;
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            _ if is_word(byte) => bytes[at..].iter().position(|byte| !is_word(*byte)).unwrap_or(bytes.len() - at),
            _ => 1,
        };
        at += length;
        tokens += 1;
        cap("tokens", tokens, TOKENS_MAX)?;
    }
    Ok(())
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Length of the string literal that `rest` begins with; an open one reaches to the end.
fn string_length(rest: &[u8]) -> usize {
    let block = rest.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' if block && rest[at..].starts_with(b"\\\"\"\"") => at += 4,
            b'\\' if !block => at += 2,
            b'"' if !block => return at + 1,
            b'"' if rest[at..].starts_with(b"\"\"\"") => return at + 3,
            _ => at += 1,
        }
    }
    rest.len()
}

/// What a selection set comes to.
#[derive(Clone, Copy, Default)]
struct Size {
    /// Selections in it and below.
    all: u32,
    /// Fields that stand at its top once fragments are put in.
    top: u32,
}

/// Walks a document and remembers each fragment's size.
struct Measure<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// None while a fragment is being measured: meeting it again means that it contains itself.
    sizes: HashMap<&'a str, Option<Size>>,
    aliases: u32,
    directives: u32,
}

fn measure(document: &ExecutableDocument) -> Result<(), Fault> {
    let mut measure = Measure { fragments: &document.fragments, sizes: HashMap::new(), aliases: 0, directives: 0 };
    let mut all = 0_u32;
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        measure.count_directives(operation.directives.len());
        operation.variable_definitions.iter().for_each(|variable| measure.count_directives(variable.node.directives.len()));
        let size = measure.set(&operation.selection_set.node)?;
        cap("rootFields", size.top, ROOT_FIELDS_MAX)?;
        all = all.saturating_add(size.all);
    }
    // Fragments that no operation uses are validated as well.
    for name in document.fragments.keys() {
        measure.fragment(name)?;
    }
    cap("selections", all, SELECTIONS_MAX)?;
    cap("aliases", measure.aliases, ALIASES_MAX)?;
    cap("directives", measure.directives, DIRECTIVES_MAX)
}

impl<'a> Measure<'a> {
    fn count_directives(&mut self, count: usize) {
        self.directives = self.directives.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn set(&mut self, set: &'a SelectionSet) -> Result<Size, Fault> {
        let mut sum = Size::default();
        for item in &set.items {
            self.count_directives(item.node.directives().len());
            let size = match &item.node {
                Selection::Field(field) => {
                    self.aliases += u32::from(field.node.alias.is_some());
                    Size { top: 1, ..self.set(&field.node.selection_set.node)? }
                }
                Selection::InlineFragment(fragment) => self.set(&fragment.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            sum.all = sum.all.saturating_add(size.all).saturating_add(1);
            sum.top = sum.top.saturating_add(size.top);
        }
        Ok(sum)
    }

    /// The size of a fragment; an unknown one is left for validation to name.
    fn fragment(&mut self, name: &Name) -> Result<Size, Fault> {
        let Some((name, fragment)) = self.fragments.get_key_value(name) else { return Ok(Size::default()) };
        match self.sizes.get(name.as_str()) {
            Some(Some(size)) => Ok(*size),
            Some(None) => Err(Fault::document(Code::BadQuery.into()).because(format!("Fragment \"{name}\" contains itself")).at([fragment.pos])),
            None => {
                self.sizes.insert(name, None);
                self.count_directives(fragment.node.directives.len());
                let size = self.set(&fragment.node.selection_set.node)?;
                self.sizes.insert(name, Some(size));
                Ok(size)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use domain::error::Code;

    fn limit(text: &str) -> Option<String> {
        let error = parse(text).err()?.error;
        assert_eq!(error.code, Code::QueryTooComplex, "{text:.60}");
        error.params.into_iter().find(|(name, _)| *name == "limit").map(|(_, value)| value)
    }

    fn each(count: usize, text: impl Fn(usize) -> String) -> String {
        (0..count).map(text).collect::<Vec<_>>().concat()
    }

    #[test]
    fn each_limit_is_named_when_it_is_broken() {
        let bomb = each(22, |at| format!("fragment f{at} on Query {{ ...f{0} ...f{0} }} ", at + 1));
        let table = [
            (format!("{{ a(x: {}{}) }}", "[".repeat(5_000), "]".repeat(5_000)), "brackets"),
            (format!("{{ {} }}", "a ".repeat(6_000)), "tokens"),
            (format!("{{ {} }}", "a ".repeat(16)), "rootFields"),
            (format!("{{ x {{ {} }} }}", each(101, |at| format!("a{at}: b "))), "aliases"),
            (format!("query {} {{ a }}", "@x ".repeat(21)), "directives"),
            (format!("{{ x {{ ...f0 }} }} {bomb} fragment f22 on Query {{ a }}"), "selections"),
            (format!("{{ ...f0 }} {bomb} fragment f22 on Query {{ a }}"), "rootFields"),
        ];
        for (text, expected) in table {
            assert_eq!(limit(&text).as_deref(), Some(expected), "{text:.80}");
        }
    }

    #[test]
    fn text_in_strings_and_comments_counts_for_nothing() {
        let brackets = "[".repeat(60);
        for text in [
            format!("{{ a(x: \"{brackets} \\\" {brackets}\") }}"),
            format!("{{ a(x: \"\"\"{brackets} \\\"\"\" {brackets}\"\"\") }}"),
            format!("# {brackets}\n{{ a }}"),
        ] {
            assert!(parse(&text).is_ok(), "{text:.40}");
        }
    }

    #[test]
    fn a_fragment_that_contains_itself_is_a_bad_query() {
        let fault = parse("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }").expect_err("refused");
        assert_eq!(fault.error.code, Code::BadQuery);
    }
}
