//! Reading a report again: what `-o json` wrote, and nothing else.

use serde::Deserialize;

use super::{Report, SCHEMA};

/// A report that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Written by another version of Chiron.
    #[error("a report of the format `{found}`, and this Chiron reads {SCHEMA}: make it again with this one")]
    OtherFormat {
        /// As it says itself.
        found: String,
    },
    /// It says that it is a report, and is none.
    #[error("a damaged report: {0}")]
    Damaged(serde_json::Error),
}

/// What tells a report from other JSON.
#[derive(Deserialize)]
struct Mark {
    schema: String,
}

/// Reads a report. None where the bytes are no report of Chiron's, of any version.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Result<Report, ReadError>> {
    let Mark { schema } = serde_json::from_slice(bytes).ok()?;
    if !schema.starts_with("chiron-report/") {
        return None;
    }
    if schema != SCHEMA {
        let found = chiron_model::text::cut(&chiron_model::text::one_line(&schema), 100).into_owned();
        return Some(Err(ReadError::OtherFormat { found }));
    }
    Some(serde_json::from_slice(bytes).map_err(ReadError::Damaged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn reads_what_was_written_and_knows_what_is_none() {
        let report = sample::compared();
        let bytes = super::super::encode(&report).unwrap();
        assert_eq!(read(&bytes).unwrap().unwrap(), Report::from(&report));
        for other in ["", "[]", "{}", "{\"schema\": 1}", "{\"schema\": \"https://example.com\"}", "not JSON"] {
            assert!(read(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn another_format_and_a_damaged_report_are_told_apart() {
        let error = |text: &str| read(text.as_bytes()).unwrap().unwrap_err().to_string();
        assert!(error("{\"schema\": \"chiron-report/9.0\"}").contains("`chiron-report/9.0`"));
        assert!(error(&format!("{{\"schema\": \"{SCHEMA}\"}}")).starts_with("a damaged report: missing field"));
    }
}
