//! Texts from files: read whole within limits, quoted short and on one line.

use chiron_sdk::PluginError;
use chiron_sdk::content::{self, Blob};

/// Largest lock or requirements file, in bytes. One of 100,000 packages is about 20 MiB; the largest real one seen is 3 MiB.
pub(crate) const TEXT_BYTES_MAX: u64 = 24 * 1024 * 1024;

/// A file's text, without a byte order mark. Anything but UTF-8 is refused by name: a guess at an encoding would be a guess at
/// the names of packages.
pub(crate) fn whole(blob: &dyn Blob, max: u64) -> Result<String, PluginError> {
    let mut bytes = content::read_all(blob, max)?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(PluginError::BadInput("UTF-16, where UTF-8 is expected".to_owned()));
    }
    if bytes.contains(&0) {
        return Err(PluginError::BadInput("no text: it holds NUL bytes".to_owned()));
    }
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        PluginError::BadInput(format!("not UTF-8 on line {line}"))
    })
}

/// Lines of places in a text, asked for in their order: each part of the text is looked at once.
pub(crate) struct Lines<'t> {
    text: &'t str,
    passed: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    /// From the text's start.
    pub(crate) fn of(text: &'t str) -> Self {
        Self { text, passed: 0, line: 1 }
    }

    /// The line, from 1, of the byte at `at`.
    pub(crate) fn at(&mut self, at: usize) -> u32 {
        let between = self.text.as_bytes().get(self.passed..at).unwrap_or_default();
        let ends = between.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.passed = self.passed.max(at);
        self.line
    }
}

/// A URL as it may stand in a report: what is before `@` in its host part is a password or a token, and nobody's business.
pub(crate) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    format!("{scheme}://{}{path}", host.rsplit_once('@').map_or(host, |(_, host)| host))
}

/// Control characters and line ends become spaces, runs of them one; cut after `max` characters, marked by "…".
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake::FakeBlob;

    use super::*;

    #[test]
    fn a_text_is_utf_8_and_anything_else_is_refused_by_name() {
        let read = |bytes: &[u8]| whole(&FakeBlob::new(bytes), 64).map_err(|error| content::reason(&error));
        assert_eq!(read(b"\xef\xbb\xbfa").as_deref(), Ok("a"));
        assert_eq!(read(b"\xff\xfea\0").unwrap_err(), "UTF-16, where UTF-8 is expected");
        assert_eq!(read(b"\xfe\xff\0a").unwrap_err(), "UTF-16, where UTF-8 is expected");
        assert_eq!(read(b"a\0").unwrap_err(), "no text: it holds NUL bytes");
        assert_eq!(read(b"a\nRen\xe9\n").unwrap_err(), "not UTF-8 on line 2");
        assert_eq!(read(&[b'x'; 65]).unwrap_err(), "65 bytes, more than the 64 this reads");
    }

    #[test]
    fn places_become_lines_in_their_order() {
        let mut lines = Lines::of("a\nb\n\nc");
        assert_eq!([0, 1, 2, 5, 5].map(|at| lines.at(at)), [1, 1, 2, 4, 4]);
    }

    #[test]
    fn credentials_do_not_leave_a_url() {
        assert_eq!(without_credentials("git+https://u:p@h.example/a@v1#egg=a"), "git+https://h.example/a@v1#egg=a");
        assert_eq!(without_credentials("https://t@k@h.example"), "https://h.example");
        assert_eq!(without_credentials("ssh://git@h.example/a"), "ssh://h.example/a");
        assert_eq!(without_credentials("../a@b"), "../a@b");
    }

    #[test]
    fn words_come_out_short_and_on_one_line() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m ", 99), "a b [31m");
        assert_eq!(one_line("äöü", 2), "äö…");
    }
}
