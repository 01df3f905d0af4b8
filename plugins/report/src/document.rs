//! A report as a JSON document, within bounds.

use std::io::{BufReader, Read as _};

use chiron_sdk::PluginError;
use chiron_sdk::content::{Blob, BlobReader, read_all};
use serde::de::DeserializeOwned;

/// Largest report, in bytes. One of 5,000 matches is about 30 MB.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Largest report that is taken into memory whole, in bytes: the parser is several times faster over bytes that are there than
/// over ones that it asks for. With what becomes of it, this stays within the 256 MiB that a plugin has.
const WHOLE_BYTES_MAX: u64 = 48 * 1024 * 1024;

/// Of a larger one, the bytes in memory at a time, beside what becomes of them.
const BUFFER_BYTES: usize = 64 * 1024;

/// Reads a report. `what` names it in the refusal, such as "a report of grype".
///
/// # Errors
/// [`PluginError::BadInput`] for what is none, or is too large.
pub fn read<T: DeserializeOwned>(blob: &dyn Blob, what: &str) -> Result<T, PluginError> {
    let bad = PluginError::BadInput;
    if blob.size() > BYTES_MAX {
        return Err(bad(format!("{} bytes, more than the {BYTES_MAX} this reads", blob.size())));
    }
    let read = if blob.size() <= WHOLE_BYTES_MAX {
        serde_json::from_slice(&read_all(blob, WHOLE_BYTES_MAX)?)
    } else {
        // The size is a claim until the bytes have come. The buffer makes single bytes cheap, as which the parser asks for them.
        serde_json::from_reader(BufReader::with_capacity(BUFFER_BYTES, BlobReader::new(blob).take(BYTES_MAX)))
    };
    read.map_err(|error| bad(format!("not {what}: {error}")))
}

#[cfg(test)]
mod tests {
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::FakeBlob;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Small {
        name: String,
    }

    fn why_not(text: &str) -> String {
        reason(&read::<Small>(&FakeBlob::new(text), "a small report").unwrap_err())
    }

    #[test]
    fn what_is_no_such_document_is_refused_by_name() {
        assert_eq!(read::<Small>(&FakeBlob::new(r#"{"name": "a", "more": [{}]}"#), "it").unwrap().name, "a");
        assert!(why_not("{}").starts_with("not a small report: missing field `name`"));
        assert!(why_not("{\"name\": \"a").contains("EOF"));
        assert!(why_not("{\"name\": \"a\"} {}").contains("trailing"));
        assert!(why_not(&"[".repeat(100_000)).starts_with("not a small report"));
        assert!(why_not(&format!("{{\"x\": {}", "[".repeat(100_000))).starts_with("not a small report"));
        assert!(why_not("\u{feff}{}").starts_with("not a small report"));
    }

    #[test]
    fn a_report_that_is_not_taken_whole_is_read_as_well() {
        let spaces = " ".repeat(usize::try_from(WHOLE_BYTES_MAX).unwrap());
        assert_eq!(read::<Small>(&FakeBlob::new(format!("{spaces}{{\"name\": \"a\"}}")), "it").unwrap().name, "a");
    }
}
