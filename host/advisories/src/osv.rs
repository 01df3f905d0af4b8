//! OSV records as they are published (OSV schema 1.x): strict where a mistake could hide an advisory, lenient elsewhere.

mod facts;
mod ratings;
mod rows;
mod text;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

pub(crate) use self::rows::{binaries, range_row, rows};
use self::text::{or_default, strings, text};

/// Largest record read, in bytes. Real ones stay under 1 MiB; beyond this it is not a record but a mistake or an
/// attack, and a `get` would hand all of it to a plugin.
pub(crate) const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Deepest nesting read: `serde_json`'s own limit, held also in the fields that are skipped here, because whoever
/// asks for the whole record parses those too.
const DEPTH_MAX: usize = 128;

/// Why bytes are not a record.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("larger than {RECORD_BYTES_MAX} bytes")]
    TooLarge,
    #[error("nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("not an OSV record: {0}")]
    Json(#[from] serde_json::Error),
    #[error("not an OSV record: `id` is {0}")]
    Id(&'static str),
    /// A JSON file about something else, e.g. the manifest of a mirror.
    #[error("a JSON text without the fields of an OSV record")]
    SomethingElse,
}

/// The fields of a record that matter for matching and for the first line about it.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) modified: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) published: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) withdrawn: String,
    #[serde(default, deserialize_with = "strings")]
    pub(crate) aliases: Vec<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) summary: String,
    #[serde(default, deserialize_with = "text")]
    pub(crate) details: String,
    #[serde(default)]
    pub(crate) severity: Value,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) affected: Vec<Affected>,
    #[serde(default)]
    pub(crate) references: Value,
    #[serde(default)]
    pub(crate) database_specific: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Affected {
    pub(crate) package: Option<Package>,
    #[serde(default)]
    pub(crate) severity: Value,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) ranges: Vec<Range>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) versions: Vec<String>,
    #[serde(default)]
    pub(crate) database_specific: Value,
    #[serde(default)]
    pub(crate) ecosystem_specific: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) ecosystem: String,
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Range {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(default, deserialize_with = "version")]
    pub(crate) introduced: Option<String>,
    #[serde(default, deserialize_with = "version")]
    pub(crate) fixed: Option<String>,
    #[serde(default, deserialize_with = "version")]
    pub(crate) last_affected: Option<String>,
    #[serde(default, deserialize_with = "version")]
    pub(crate) limit: Option<String>,
}

/// A version in an event; some generators write `0` as a number. Any other type is a mistake that must be seen.
fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Spelling {
        Text(String),
        Number(serde_json::Number),
    }
    Ok(Option::<Spelling>::deserialize(deserializer)?.map(|spelling| match spelling {
        Spelling::Text(text) => text,
        Spelling::Number(number) => number.to_string(),
    }))
}

impl Record {
    /// Reads one record.
    ///
    /// # Errors
    /// When the bytes are too large, too deep, not JSON, of other types than the schema's where matching depends on
    /// them (`id`, `affected`), or without a usable id.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(RecordError::TooLarge);
        }
        if depth(bytes) > DEPTH_MAX {
            return Err(RecordError::TooDeep);
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let record: Self = serde_json::from_slice(bytes).map_err(|error| explain(bytes, error))?;
        match record.id.as_str() {
            "" if record.affected.is_empty() => Err(RecordError::SomethingElse),
            "" => Err(RecordError::Id("missing")),
            id if id.len() > 256 => Err(RecordError::Id("longer than 256 bytes")),
            id if id.chars().any(|c| c.is_control() || c.is_whitespace()) => {
                Err(RecordError::Id("not an id: it holds white space or control characters"))
            }
            _ => Ok(record),
        }
    }
}

/// A whole JSON text that is no object is something else; anything else that cannot be read is a broken record.
fn explain(bytes: &[u8], error: serde_json::Error) -> RecordError {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok();
    match first {
        Some(b'{') | None => RecordError::Json(error),
        Some(_) if whole => RecordError::SomethingElse,
        Some(_) => RecordError::Json(error),
    }
}

/// How deep arrays and objects nest. Brackets inside strings do not count.
fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0_usize, 0, false, false);
    for &byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_needs_little() {
        let record = Record::parse(br#"{"id": "X-1", "modified": "2024-01-01T00:00:00Z"}"#).unwrap();
        assert_eq!((record.id.as_str(), record.affected.len()), ("X-1", 0));
    }

    #[test]
    fn nulls_and_odd_types_where_nothing_depends_on_them_are_taken() {
        let record = Record::parse(
            br#"{"id": "X-1", "modified": null, "aliases": null, "severity": null, "affected": null,
                "references": 7, "database_specific": [[1]], "summary": {"a": 1}, "details": 3, "withdrawn": false}"#,
        );
        assert_eq!(record.unwrap().withdrawn, "");
        let record = Record::parse(
            br#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": null, "severity": null,
                "ranges": [{"type": "SEMVER", "events": [{"introduced": 0}, {"fixed": "1.0.0", "limit": null}]}]}]}"#,
        );
        let events = &record.unwrap().affected[0].ranges[0].events;
        assert_eq!(events[0].introduced.as_deref(), Some("0"));
        assert_eq!(events[1].limit, None);
    }

    #[test]
    fn what_could_hide_an_advisory_is_refused() {
        for text in [
            "",
            "{",
            r#"{"id": 5, "affected": []}"#,
            r#"{"affected": [{"package": null}]}"#,
            r#"{"id": "X-1", "affected": {}}"#,
            r#"{"id": "X-1", "affected": [{"package": {"ecosystem": "npm"}}]}"#,
            r#"{"id": "X-1", "affected": [{"ranges": [{"events": [{"fixed": ["1"]}]}]}]}"#,
            r#"{"id": "X 1"}"#,
        ] {
            let error = Record::parse(text.as_bytes()).unwrap_err();
            assert!(!matches!(error, RecordError::SomethingElse), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_about_something_else_is_told_apart() {
        for text in ["[]", r#"[{"id": "X-1"}]"#, "{}", r#"{"name": "left-pad", "version": "1.0.0"}"#] {
            let error = Record::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(error, RecordError::SomethingElse), "{text}: {error}");
        }
    }

    #[test]
    fn limits_hold() {
        let deep = format!(r#"{{"id": "X-1", "credits": {}{}}}"#, "[".repeat(128), "]".repeat(128));
        assert!(matches!(Record::parse(deep.as_bytes()), Err(RecordError::TooDeep)));
        let quoted = format!(r#"{{"id": "X-1", "details": "\"{}"}}"#, "[".repeat(1000));
        assert!(Record::parse(quoted.as_bytes()).is_ok());
        let large = vec![b' '; RECORD_BYTES_MAX + 1];
        assert!(matches!(Record::parse(&large), Err(RecordError::TooLarge)));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::parse(&bytes);
        }
    }
}
