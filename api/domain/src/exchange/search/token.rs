//! From text to tokens: what is written into the index, and what is looked up in it.
//!
//! Chinese has no spaces between words. A run of characters is kept as its single characters and its pairs of neighbours, so every word of two characters,
//! known to a dictionary or not, is found wherever it stands, and so is one character inside a word. Words of other scripts and numbers are kept
//! whole. Full width and half width, capitals and small letters are one.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Longest token kept; what is longer is cut.
const LEN_MAX: usize = 32;

/// A run of characters without spaces between, or a word of another script.
enum Piece {
    Run(Vec<char>),
    Word(String),
}

fn pieces(text: &str) -> Vec<Piece> {
    let plain: String = text.nfkc().collect::<String>().to_lowercase();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = 0;
    for (at, word) in plain.unicode_word_indices() {
        let mut letters = word.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if !letter.is_ascii() => match pieces.last_mut() {
                Some(Piece::Run(run)) if end == at => run.push(letter),
                _ => pieces.push(Piece::Run(vec![letter])),
            },
            _ => pieces.push(Piece::Word(word.chars().take(LEN_MAX).collect())),
        }
        end = at + word.len();
    }
    pieces
}

fn pairs(run: &[char]) -> impl Iterator<Item = String> {
    run.windows(2).map(|pair| pair.iter().collect())
}

/// The tokens of a text to be found, each with the weight of the text.
pub fn add(tokens: &mut BTreeMap<String, i32>, text: &str, weight: i32) {
    let mut add = |token: String| {
        let known = tokens.entry(token).or_default();
        *known = (*known).max(weight);
    };
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => add(word),
            Piece::Run(run) => {
                run.iter().map(ToString::to_string).for_each(&mut add);
                pairs(&run).for_each(&mut add);
            }
        }
    }
}

/// The tokens that a question asks for: pairs, or the character where it stands alone.
#[must_use]
pub fn asked(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => tokens.push(word),
            Piece::Run(run) if run.len() == 1 => tokens.push(run.iter().collect()),
            Piece::Run(run) => tokens.extend(pairs(&run)),
        }
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// How many of so many tokens a listing must hold: all of one or two, two thirds of more. A question in a sentence finds what says the same in other words.
#[must_use]
pub const fn enough(asked: usize) -> usize {
    (asked * 2).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{add, asked, enough};

    fn kept(text: &str) -> Vec<String> {
        let mut tokens = BTreeMap::new();
        add(&mut tokens, text, 1);
        tokens.into_keys().collect()
    }

    #[test]
    fn words_of_two_characters_and_characters_inside_words_are_kept() {
        let tokens = kept("陪诊老人去医院");
        for token in ["陪诊", "诊老", "老人", "医院", "陪", "诊", "院"] {
            assert!(tokens.iter().any(|kept| kept == token), "{token}");
        }
        assert!(!tokens.iter().any(|kept| kept == "陪诊老"));
        assert!(!kept("陪,诊").iter().any(|kept| kept == "陪诊"), "what a comma parts is no word");
    }

    #[test]
    fn other_scripts_are_whole_words_in_one_form() {
        assert_eq!(asked("ＬＥＤ 灯 50Kg"), ["50kg", "led", "灯"]);
        assert_eq!(asked("AED急救"), ["aed", "急救"]);
        assert_eq!(asked(" ,。!"), Vec::<String>::new());
        assert_eq!(asked("家电维修 家电"), ["家电", "电维", "维修"]);
    }

    #[test]
    fn two_thirds_are_enough() {
        assert_eq!([1, 2, 3, 4, 6].map(enough), [1, 2, 2, 3, 4]);
    }
}
