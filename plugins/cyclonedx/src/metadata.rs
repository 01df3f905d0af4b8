//! Core metadata of Python distributions (PEP 566, 643, 639): headers as e-mail has them.

use chiron_sdk::Location;
use chiron_sdk::sbom::{Component, License};

use crate::text::one_line;
use crate::{SELF, purl};

/// Largest METADATA or PKG-INFO, in bytes. It holds the README too; the largest seen is about 300 KiB.
pub(crate) const METADATA_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Longest of what is kept of a free text, in characters.
const TEXT_MAX: usize = 500;

/// Requirements kept. The longest real list is about 300 entries; beyond this nobody reads them.
const REQUIREMENTS_MAX: usize = 512;

/// What is read of a METADATA file.
#[derive(Debug, PartialEq)]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) licenses: Vec<License>,
    pub(crate) summary: Option<String>,
    pub(crate) requires_python: Option<String>,
    pub(crate) requires: Vec<String>,
}

impl Metadata {
    /// Reads the headers. Tolerant of encodings and of stray lines; not of a missing name or version.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let headers = headers(text.trim_start_matches('\u{feff}'));
        let first = |name: &str| {
            let found = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty() && *value != "UNKNOWN")
        };
        let all = |name: &'static str| headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name));
        let name = first("Name").ok_or("METADATA has no Name")?;
        if !is_name(name) {
            return Err(format!("METADATA's Name `{}` is no name of a package", one_line(name, 100)));
        }
        let version = first("Version").ok_or("METADATA has no Version")?;
        if version.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(format!("METADATA's Version `{}` is no version", one_line(version, 100)));
        }
        let classifiers: Vec<&str> = all("Classifier").map(|(_, value)| value.trim()).collect();
        Ok(Self {
            name: name.to_owned(),
            version: version.to_owned(),
            licenses: licenses(first("License-Expression"), first("License"), &classifiers),
            summary: first("Summary").map(|summary| one_line(summary, TEXT_MAX)),
            requires_python: first("Requires-Python").map(|requirement| one_line(requirement, TEXT_MAX)),
            requires: all("Requires-Dist").map(|(_, value)| one_line(value, TEXT_MAX)).take(REQUIREMENTS_MAX).collect(),
        })
    }
}

impl Metadata {
    /// The package it describes, in the file that is read.
    pub(crate) fn into_component(self) -> Component {
        let mut component = Component::new(SELF, "library", &self.name);
        component.purl = Some(purl::pypi(&self.name, Some(&self.version)));
        component.locations = vec![Location { path: SELF.to_owned(), line: None, layer: None }];
        let facts = [("chiron:summary", self.summary), ("chiron:requires-python", self.requires_python)];
        let facts = facts.into_iter().filter_map(|(key, value)| Some((key, value?)));
        let requires = self.requires.into_iter().map(|requirement| ("chiron:requires-dist", requirement));
        component.properties = facts.chain(requires).map(|(key, value)| (key.to_owned(), value)).collect();
        component.version = Some(self.version);
        component.licenses = self.licenses;
        component
    }
}

/// Key and value of each header, up to the empty line before the body. Indented lines continue the value. A line that
/// is neither is passed over: old tools wrote licence texts without indentation, and what follows still counts.
fn headers(text: &str) -> Vec<(&str, String)> {
    let mut headers: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((key, value)) = line.split_once(':')
            && !key.is_empty()
            && key.bytes().all(|byte| byte.is_ascii_graphic())
        {
            headers.push((key, value.trim().to_owned()));
        }
    }
    headers
}

/// PEP 508: letters and digits, with `-`, `_` and `.` between them.
pub(crate) fn is_name(name: &str) -> bool {
    let ends =
        name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.ends_with(|c: char| c.is_ascii_alphanumeric());
    ends && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// PEP 639: an expression supersedes the older fields; without one, whatever they say, as text.
fn licenses(expression: Option<&str>, text: Option<&str>, classifiers: &[&str]) -> Vec<License> {
    if let Some(expression) = expression {
        let expression = one_line(expression, TEXT_MAX);
        let spdx = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | ':' | '(' | ')' | ' ');
        return vec![if expression.chars().all(spdx) {
            License::Expression(expression)
        } else {
            License::Text(expression)
        }];
    }
    // A whole licence text often stands in the field: its first line names it.
    let named = text.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()));
    let classified = classifiers.iter().filter_map(|classifier| {
        let license = classifier.strip_prefix("License ::")?.rsplit("::").next()?.trim();
        (license != "OSI Approved").then_some(license)
    });
    let mut texts: Vec<String> = Vec::new();
    for text in named.into_iter().chain(classified).map(|text| one_line(text, TEXT_MAX)) {
        if !text.is_empty() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.into_iter().map(License::Text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_headers_and_stops_at_the_body() {
        let text = "Metadata-Version: 2.1\r\nName: Flask\r\nVersion: 1.0\r\nSummary: A simple\r\n framework\r\n\
            License: BSD\r\nClassifier: License :: OSI Approved :: BSD License\r\nRequires-Dist: Werkzeug (>=0.14)\r\n\
            Requires-Python: >=2.7\r\n\r\nName: body\r\n";
        let metadata = Metadata::parse(text.as_bytes()).unwrap();
        assert_eq!((metadata.name.as_str(), metadata.version.as_str()), ("Flask", "1.0"));
        assert_eq!(metadata.summary.as_deref(), Some("A simple framework"));
        assert_eq!(metadata.licenses, [License::Text("BSD".to_owned()), License::Text("BSD License".to_owned())]);
        assert_eq!(metadata.requires, ["Werkzeug (>=0.14)"]);
        assert_eq!(metadata.requires_python.as_deref(), Some(">=2.7"));
    }

    #[test]
    fn a_missing_name_or_version_is_named() {
        assert_eq!(Metadata::parse(b"Version: 1\n").unwrap_err(), "METADATA has no Name");
        assert_eq!(Metadata::parse(b"Name: a\n").unwrap_err(), "METADATA has no Version");
        assert_eq!(Metadata::parse(b"").unwrap_err(), "METADATA has no Name");
        assert!(Metadata::parse(b"Name: ../etc\nVersion: 1\n").unwrap_err().contains("../etc"));
        assert!(Metadata::parse(b"Name: a\nVersion: 1 2\n").unwrap_err().contains("1 2"));
    }

    #[test]
    fn other_encodings_and_stray_lines_do_not_stop_it() {
        let metadata = Metadata::parse(b"\xef\xbb\xbfName: a\nAuthor: Ren\xe9\nstray line\nVersion: 2\n").unwrap();
        assert_eq!(metadata.version, "2");
    }

    #[test]
    fn an_expression_supersedes_the_older_fields() {
        let parse = |text: &str| Metadata::parse(format!("Name: a\nVersion: 1\n{text}").as_bytes()).unwrap().licenses;
        let both = parse("License-Expression: MIT OR Apache-2.0\nLicense: whatever\n");
        assert_eq!(both, [License::Expression("MIT OR Apache-2.0".to_owned())]);
        assert_eq!(parse("License-Expression: see <file>\n"), [License::Text("see <file>".to_owned())]);
        assert_eq!(parse("License: UNKNOWN\nClassifier: License :: OSI Approved\n"), []);
        assert_eq!(parse("License: MIT License\n        Permission is\n"), [License::Text("MIT License".to_owned())]);
    }
}
