//! Text that came from somebody else and will be shown to a person.

use std::borrow::Cow;

/// Replaces what could act on a terminal or mislead a reader: control characters (C0, C1, DEL) except tab and line
/// feed, and the Unicode direction overrides that reorder what is seen ("Trojan Source", CVE-2021-42574).
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if is_active(c) { '\u{fffd}' } else { c }).collect())
}

/// As [`inert`], on one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    inert(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts a text after `max` characters, marking the cut.
#[must_use]
pub fn cut(text: &str, max: usize) -> Cow<'_, str> {
    match text.char_indices().nth(max) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn is_active(c: char) -> bool {
    let control = c.is_control() && c != '\n' && c != '\t';
    control || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_overrides_do_not_survive() {
        assert_eq!(inert("a\u{1b}[31mb\u{202e}c"), "a\u{fffd}[31mb\u{fffd}c");
        assert_eq!(inert("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(one_line(" two\n lines "), "two lines");
        assert_eq!(cut("abcdef", 3), "abc…");
    }
}
