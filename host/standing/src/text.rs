//! Texts from files of others, made fit for a report.

use chiron_model::text;

/// Longest explanation that is kept. What a person writes as a reason is shorter.
const EXPLANATION_CHARS_MAX: usize = 2_000;

/// Longest name of anything.
const NAME_CHARS_MAX: usize = 300;

/// One inert line of bounded length; None where nothing is left.
pub(crate) fn explanation(given: &str) -> Option<String> {
    let line = text::one_line(given);
    (!line.is_empty()).then(|| text::cut(&line, EXPLANATION_CHARS_MAX).into_owned())
}

/// A name that can be shown.
pub(crate) fn name(given: &str) -> String {
    text::cut(&text::one_line(given), NAME_CHARS_MAX).into_owned()
}

/// The line (from 1) of a byte in a text.
pub(crate) fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|&byte| byte == b'\n').count() + 1
}

/// Where lines begin: counting anew for each of 100,000 entries would be quadratic.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// The line (from 1) of a byte.
    pub(crate) fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|&end| end < byte) + 1
    }
}
