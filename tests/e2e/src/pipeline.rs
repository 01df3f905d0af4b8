//! The pipeline that tests of signatures share: list, scan, sign.

/// Lists, scans and signs `dist/*.whl` with `release.key`, by the database `db`.
pub const SIGNED: &str = r#"[pipeline]
name = "release"
subjects = ["dist/*.whl"]
[[step]]
id = "sbom"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "osv"
[[step]]
id = "sign"
uses = "cosign"
[step.bind]
keys.signing = "release"
[keys.release]
file = "release.key"
[databases.main]
path = "db"
"#;

/// The same, with one line put behind another.
///
/// # Panics
/// When there is no such line.
#[must_use]
pub fn signed_with(after: &str, line: &str) -> String {
    assert!(SIGNED.contains(after), "{after}");
    SIGNED.replacen(after, &format!("{after}\n{line}"), 1)
}
