//! Fields of a WeChat template: each kind takes so many characters of one sort, and WeChat refuses the whole message (47003) for one too long.
//!
//! The kind is the name without its number: `thing1` takes 20 characters of any sort, `phrase2` five Chinese ones.

use serde::Deserialize;

/// A word that a field may be filled with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The headline of the message.
    Title,
    /// Its text.
    Body,
    /// When it happened.
    Time,
}

/// How much of which sort a kind of field takes.
struct Limit {
    kind: &'static str,
    chars: usize,
    takes: fn(char) -> bool,
}

const LIMITS: &[Limit] = &[
    Limit { kind: "thing", chars: 20, takes: |_| true },
    Limit { kind: "const", chars: 20, takes: |_| true },
    Limit { kind: "phrase", chars: 5, takes: is_chinese },
    Limit { kind: "name", chars: 10, takes: |letter| is_chinese(letter) || letter.is_ascii_alphabetic() || letter == '·' },
    Limit { kind: "number", chars: 32, takes: |letter| letter.is_ascii_digit() || letter == '.' },
    Limit { kind: "letter", chars: 32, takes: |letter| letter.is_ascii_alphabetic() },
    Limit { kind: "character_string", chars: 32, takes: |letter| letter.is_ascii_graphic() },
    Limit { kind: "symbol", chars: 5, takes: |letter| letter.is_ascii_punctuation() },
    Limit { kind: "date", chars: 32, takes: |_| true },
    Limit { kind: "time", chars: 32, takes: |_| true },
];

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

/// A text as a field takes it: one line, of the sort it takes, cut with an ellipsis; a dash where nothing is left, since a field may not be empty.
#[must_use]
pub fn field(name: &str, text: &str) -> String {
    let kind = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let limit = LIMITS.iter().find(|limit| limit.kind == kind);
    let (chars, takes) = limit.map_or((20, (|_| true) as fn(char) -> bool), |limit| (limit.chars, limit.takes));
    let line: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|letter| takes(*letter)).collect();
    if line.is_empty() {
        return if kind == "number" { "0".to_owned() } else { "-".to_owned() };
    }
    if line.len() <= chars {
        return line.into_iter().collect();
    }
    let ellipsis = takes('…');
    let kept = if ellipsis { chars - 1 } else { chars };
    line.into_iter().take(kept).chain(ellipsis.then_some('…')).collect()
}

#[cfg(test)]
mod tests {
    use super::field;

    #[test]
    fn a_field_takes_what_its_kind_takes() {
        let long = "「河道清理」03月28日 09:00 的场次有空位,请在 03月27日 12:00 前确认。";
        assert_eq!(field("thing1", long), "「河道清理」03月28日 09:00 …");
        assert_eq!(field("thing1", long).chars().count(), 20);
        assert_eq!(field("thing12", "短\n文  字"), "短 文 字");
        assert_eq!(field("phrase3", "已为您预留,请领取"), "已为您预留");
        assert_eq!(field("number2", "30 积分"), "30");
        assert_eq!(field("character_string4", "rdm_0V3x 号"), "rdm_0V3x");
        assert_eq!(field("name1", "张小红1"), "张小红");
        assert_eq!((field("thing1", " "), field("number1", "无")), ("-".to_owned(), "0".to_owned()));
        assert_eq!(field("thing1", &"福".repeat(20)), "福".repeat(20));
        assert_eq!(field("letter9", &"a".repeat(40)), "a".repeat(32));
    }
}
