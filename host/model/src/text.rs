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

/// A line that nobody obeys: one that begins with `::` or `##[` is a command to the runner of GitHub Actions or Azure Pipelines,
/// whoever wrote it.
#[must_use]
pub fn no_command(line: &str) -> Cow<'_, str> {
    let begin = line.len() - line.trim_start().len();
    if line[begin..].starts_with("::") || line[begin..].starts_with("##") {
        return Cow::Owned(format!("{}\u{fffd}{}", &line[..begin], &line[begin + 1..]));
    }
    Cow::Borrowed(line)
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

    #[test]
    fn no_line_begins_as_a_command_does() {
        for command in ["::error::forged", "  ::add-mask::a", "##[error]forged", "\t##vso[task]"] {
            let line = no_command(command);
            assert!(line.contains('\u{fffd}') && !line.trim_start().starts_with([':', '#']), "{line}");
        }
        assert_eq!(no_command("  a::b ## c"), "  a::b ## c");
    }
}
