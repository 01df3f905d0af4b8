//! Foreign text in Markdown: shown as it is, never alive.

use std::fmt::Write as _;

use chiron_model::text;

/// Makes a text inert for CommonMark and GitHub's flavour, on one line.
///
/// Every ASCII punctuation mark gets a backslash (CommonMark 0.31, section 2.4), so no emphasis, link, image, code, HTML,
/// entity, table cell or bare URL begins in it. What GitHub and GitLab do after rendering, where a backslash
/// is gone, is stopped by a word joiner (U+2060), which has no width: mentions after `@`, references after `#`, `!`, `$`,
/// `~`, `%` and `&`. A person who copies the text copies the joiner with it; JSON has the text as it was.
pub(crate) fn inert(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text::one_line(text).chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
        if matches!(c, '@' | '#' | '!' | '$' | '~' | '%' | '&') {
            out.push('\u{2060}');
        }
    }
    out
}

/// A text as inline code, on one line: for names and ids, which are compared and copied.
///
/// In a table a `|` would end the cell also inside code, and a backslash is shown there, so a text with one is no code.
pub(crate) fn code(text: &str) -> String {
    let line = text::one_line(text);
    if line.is_empty() || line.contains(['|', '`', '\\']) {
        return inert(&line);
    }
    let mut out = String::with_capacity(line.len() + 2);
    let _ = write!(out, "`{line}`");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_alive() {
        assert_eq!(inert("a *b* [c](d)\n# e"), "a \\*b\\* \\[c\\]\\(d\\) \\#\u{2060} e");
        assert_eq!(inert("<script>|"), "\\<script\\>\\|");
        assert_eq!(inert("@here"), "\\@\u{2060}here");
        assert_eq!(inert("\u{1b}[31m"), "\u{fffd}\\[31m");
    }

    #[test]
    fn code_is_code_or_inert_text() {
        assert_eq!(code("pkg:pypi/a@1"), "`pkg:pypi/a@1`");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(code("a|b"), "a\\|b");
        assert_eq!(code(" \n"), "");
    }
}
