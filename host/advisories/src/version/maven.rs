//! Maven: the version order of its POM reference ("Version Order Specification").
//!
//! `judged/maven.tsv` holds it against `ComparableVersion` of Maven 3.9. That class compares nested lists and is no total
//! order on every text (a string beside a list in the middle of a version); the specification's sequence of prefixed
//! tokens is one, and the two agree on what is published.

use super::number;

/// Known qualifiers before a release, ascending.
const BEFORE: [&[&str]; 5] = [&["alpha"], &["beta"], &["milestone"], &["rc", "cr"], &["snapshot"]];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Dot,
    Hyphen,
}

struct Token {
    separator: Separator,
    /// Digits, or a qualifier in lower case with its short forms written out.
    text: String,
}

impl Token {
    fn is_number(&self) -> bool {
        self.text.starts_with(|c: char| c.is_ascii_digit())
    }

    /// What may be missing without a difference: `0`, `final`, `ga`, `release` and nothing.
    fn is_null(&self) -> bool {
        match self.is_number() {
            true => self.text.bytes().all(|b| b == b'0'),
            false => matches!(self.text.as_str(), "" | "final" | "ga" | "release"),
        }
    }
}

/// The version's place in Maven's order. Every text but an empty one has one.
///
/// The marks ascend as the specification has the tokens: qualifiers before a release, the end, other qualifiers, numbers
/// behind a hyphen, numbers behind a dot.
pub(super) fn key(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let mut key = String::with_capacity(text.len() * 2);
    key.push('V');
    for token in trimmed(tokens(&text.to_ascii_lowercase())) {
        match (token.is_number(), token.separator) {
            (true, Separator::Dot) => number::push_digits(&mut key, &token.text),
            (true, Separator::Hyphen) => {
                key.push('$');
                number::push_digits(&mut key, &token.text);
            }
            (false, _) => push_qualifier(&mut key, &token.text),
        }
    }
    key.push('"');
    Some(key)
}

/// Split at dots, hyphens and between digits and others; the latter counts as a hyphen.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut separator = Separator::Dot;
    let mut rest = text;
    loop {
        let is_digit = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest.find(|c: char| matches!(c, '.' | '-') || c.is_ascii_digit() != is_digit).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let before_digit = after.starts_with(|c: char| c.is_ascii_digit());
        let text = match (word, before_digit) {
            ("", _) => "0",
            ("a", true) => "alpha",
            ("b", true) => "beta",
            ("m", true) => "milestone",
            (word, _) => word,
        };
        // Maven 3.9 takes `.X` for `-X`.
        let separator_of = if is_digit || text == "0" { separator } else { Separator::Hyphen };
        tokens.push(Token { separator: separator_of, text: text.to_owned() });
        (separator, rest) = match after.bytes().next() {
            None => return tokens,
            Some(b'.') => (Separator::Dot, &after[1..]),
            Some(b'-') => (Separator::Hyphen, &after[1..]),
            Some(_) => (Separator::Hyphen, after),
        };
    }
}

/// Without what is null at the end, and before each hyphen.
fn trimmed(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    for (place, token) in tokens.into_iter().enumerate() {
        if place > 0 && token.separator == Separator::Hyphen {
            drop_nulls(&mut kept);
        }
        kept.push(token);
    }
    drop_nulls(&mut kept);
    kept
}

fn drop_nulls(tokens: &mut Vec<Token>) {
    while tokens.last().is_some_and(Token::is_null) {
        tokens.pop();
    }
}

fn push_qualifier(key: &mut String, qualifier: &str) {
    let known = BEFORE.iter().position(|words| words.contains(&qualifier));
    match (known, qualifier) {
        (Some(rank), _) => {
            key.push('!');
            number::push_u64(key, rank as u64);
        }
        // In the middle of a version, where it cannot be left out.
        (None, "" | "final" | "ga" | "release") => key.push('"'),
        (None, "sp") => key.push_str("#0"),
        (None, other) => key.extend(["#1", other, " "]),
    }
}
