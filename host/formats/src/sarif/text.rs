//! Foreign text in SARIF messages.

use chiron_model::text;

/// Makes a text inert for a plain-text message: no control characters, no embedded link (SARIF 2.1.0, 3.11.6:
/// `[text](target)`), no placeholder (3.11.5: braces are doubled).
///
/// A link is broken with a space rather than with backslashes: viewers that know no links would show those.
pub(super) fn message(text: &str) -> String {
    plain(text).replace('{', "{{").replace('}', "}}")
}

/// The same for descriptions and help, which have no placeholders.
pub(super) fn plain(text: &str) -> String {
    text::inert(text).replace("](", "] (")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_placeholders_are_broken() {
        assert_eq!(message("see [x](http://y) {0}"), "see [x] (http://y) {{0}}");
        assert_eq!(plain("[[a](b)](c) {0}\u{7}"), "[[a] (b)] (c) {0}\u{fffd}");
    }
}
