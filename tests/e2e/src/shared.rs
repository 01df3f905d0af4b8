//! Outside data. The product never needs it; tests that do are skipped where it is missing, and say so.

use std::path::PathBuf;

/// A path in the shared folder beside the repository.
#[must_use]
pub fn path(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(name);
    if path.exists() {
        return Some(path.canonicalize().unwrap());
    }
    eprintln!("skipped: shared/{name} is not there");
    None
}

/// The database of all outside records, made once for each test binary.
#[must_use]
pub fn database() -> Option<PathBuf> {
    static MADE: std::sync::OnceLock<Option<tempfile::TempDir>> = std::sync::OnceLock::new();
    let made = MADE.get_or_init(|| {
        let records = path("data/osv")?;
        let home = tempfile::tempdir().unwrap();
        let made = crate::binary::command(home.path())
            .args(["db", "import", "--db"])
            .arg(home.path().join("db"))
            .arg(records)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(home)
    });
    made.as_ref().map(|home| home.path().join("db"))
}
