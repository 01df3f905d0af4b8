//! Alpine and others that use apk: `1.2.3a_rc1_p2~hash-r4` by apk-tools (`src/version.c`, apk-tools 2.14 and later;
//! apk-package(5), "VERSION").

use super::number;

/// Suffixes of pre-releases, ascending.
const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];

/// Suffixes of what follows a release, ascending.
const AFTER: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

/// The version's place in the order of apk-tools; None where it does not follow the grammar.
///
/// At a place where two versions differ in kind, apk says: a pre-release suffix, the end, a revision, a hash, a suffix's
/// number, a later suffix, a letter, one more number. The marks ascend so.
pub(super) fn key(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len() * 2);
    let (digits, mut rest) = number::split_digits(text.trim());
    if digits.is_empty() {
        return None;
    }
    number::push_digits(&mut key, digits);
    while let Some(after) = rest.strip_prefix('.') {
        let (digits, after) = number::split_digits(after);
        key.push('(');
        push_component(&mut key, digits)?;
        rest = after;
    }
    if let Some(letter) = rest.chars().next().filter(char::is_ascii_lowercase) {
        key.extend(['\'', letter]);
        rest = &rest[1..];
    }
    while let Some(after) = rest.strip_prefix('_') {
        rest = push_suffix(&mut key, after)?;
    }
    if let Some(after) = rest.strip_prefix('~') {
        let end = after.find(|c: char| !c.is_ascii_hexdigit() || c.is_ascii_uppercase()).unwrap_or(after.len());
        if end == 0 {
            return None;
        }
        key.push('$');
        key.push_str(&after[..end]);
        key.push(' ');
        rest = &after[end..];
    }
    if let Some(after) = rest.strip_prefix("-r") {
        let (digits, after) = number::split_digits(after);
        if digits.is_empty() {
            return None;
        }
        key.push('#');
        number::push_digits(&mut key, digits);
        rest = after;
    }
    key.push('"');
    rest.is_empty().then_some(key)
}

/// Where one of two numbers begins with zero, they compare as texts; so all that begin with zero are before all others.
fn push_component(key: &mut String, digits: &str) -> Option<()> {
    match digits.bytes().next()? {
        b'0' => {
            key.push('0');
            key.push_str(digits);
            key.push(' ');
        }
        _ => number::push(key, digits),
    }
    Some(())
}

fn push_suffix<'a>(key: &mut String, text: &'a str) -> Option<&'a str> {
    let end = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let place = |words: &[&str]| words.iter().position(|known| *known == word);
    match (place(&BEFORE), place(&AFTER)) {
        (Some(rank), _) => push_ranked(key, '!', rank),
        (None, Some(rank)) => push_ranked(key, '&', rank),
        (None, None) => return None,
    }
    let (digits, rest) = number::split_digits(rest);
    if !digits.is_empty() {
        key.push('%');
        number::push_digits(key, digits);
    }
    Some(rest)
}

fn push_ranked(key: &mut String, mark: char, rank: usize) {
    key.push(mark);
    number::push_u64(key, rank as u64);
}
