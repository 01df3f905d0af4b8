//! Text that came from somebody else and will be shown to a person.

use std::borrow::Cow;

/// Replaces what could act on a terminal or mislead a reader: control characters (C0, C1, DEL) except tab and line
/// feed, and the Unicode direction overrides that reorder what is seen ("Trojan Source", CVE-2021-42574). And what a CI
/// runner obeys that reads the output of its jobs: GitHub's `::` where a line begins, and what [`is_command`] knows; of such a
/// text the first character is replaced.
///
/// Each character is looked at a few times, however the text is made: texts are as long as their authors like.
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    let found = || {
        let mut is_blank = true;
        text.char_indices().map(move |(at, c)| {
            let from = &text[at..];
            let acts =
                is_active(c) || (c == ':' && is_blank && begins_with(from, "::")) || (c == '#' && is_command(from));
            is_blank = c == '\n' || (is_blank && (c.is_whitespace() || is_unseen(c)));
            if acts { (true, '\u{fffd}') } else { (false, c) }
        })
    };
    if !found().any(|(acts, _)| acts) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(found().map(|(_, c)| c).collect())
}

/// Whether a text begins with what a CI runner takes for a command anywhere in a line: GitHub's older `##[`, Azure's `##vso[`.
#[must_use]
pub fn is_command(text: &str) -> bool {
    begins_with(text, "##[") || begins_with(text, "##vso[")
}

/// The runners compare texts as people sort them, so that characters without a look of their own stand for nothing there: neither
/// do they here.
fn begins_with(text: &str, word: &str) -> bool {
    let mut seen = text.chars().filter(|c| !is_unseen(*c));
    word.chars().all(|c| seen.next() == Some(c))
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

/// Characters that are drawn as nothing and are no space: joiners, soft hyphens, variation selectors, tags.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
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
    fn no_text_commands_a_ci_runner() {
        assert_eq!(inert("::error::x"), "\u{fffd}:error::x");
        assert_eq!(inert("a\n \t::error::x"), "a\n \t\u{fffd}:error::x");
        assert_eq!(inert("a ##[error]x"), "a \u{fffd}#[error]x");
        assert_eq!(inert("###[error]x"), "#\u{fffd}#[error]x");
        assert_eq!(inert("a##vso[task.complete]"), "a\u{fffd}#vso[task.complete]");
        assert_eq!(inert("#\u{200b}#\u{ad}[error]x"), "\u{fffd}\u{200b}#\u{ad}[error]x");
        assert_eq!(inert("\u{feff}:\u{2060}:error::x"), "\u{feff}\u{fffd}\u{2060}:error::x");
        for harmless in ["std::fmt", "a ::b", "## [a]", "#[derive]", "##", ":", "##vs[", "# a\n## b"] {
            assert_eq!(inert(harmless), harmless);
        }
    }

    /// Where each character looked at the whole line before it, this would not end.
    #[test]
    fn long_lines_of_what_might_be_commands_are_read_in_one_go() {
        let (blank, unseen) = (" ".repeat(2_000_000), "\u{ad}".repeat(500_000));
        for text in [format!("{blank}a{}", "::".repeat(1_000_000)), ":a".repeat(2_000_000), format!("####{unseen}")] {
            assert_eq!(inert(&text), text);
        }
    }

    #[test]
    fn what_is_inert_stays_as_it_is() {
        for text in ["::::a", "####[a]", "##\u{1b}[31m", "##vso[##[a]]", "\u{1b}::a", ":\u{202e}:a", "#\u{7f}#["] {
            let once = inert(text).into_owned();
            assert_eq!(inert(&once), once, "{text:?}");
            assert_eq!(one_line(&once), one_line(text), "{text:?}");
        }
    }
}
