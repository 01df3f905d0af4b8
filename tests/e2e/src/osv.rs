//! OSV records, as small as they can be.

use serde_json::{Value, json};

/// A record about PyPI package `name`, fixed in `fixed`, rated `severity` in words.
#[must_use]
pub fn record(id: &str, name: &str, fixed: &str, severity: &str) -> Value {
    json!({
        "id": id,
        "modified": "2024-01-01T00:00:00Z",
        "summary": format!("a flaw in {name}"),
        "affected": [{
            "package": { "ecosystem": "PyPI", "name": name },
            "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
        }],
        "database_specific": { "severity": severity },
    })
}

/// The record that most tests use: `demo` below 2.0 is affected, and rated high.
#[must_use]
pub fn demo() -> String {
    record("PYSEC-2024-1", "demo", "2.0", "HIGH").to_string()
}
