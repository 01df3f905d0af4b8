//! The CycloneDX project's own documents, valid and invalid, of every version: each is read or refused as its name says.
//!
//! They are fetched by `tests/fixtures/judges/build`, and never committed. CI sets `CHIRON_JUDGES`; from then on a test set
//! that is missing fails the test.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "an integration test is all test, but clippy sees its helper functions as code"
)]

use std::path::{Path, PathBuf};

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Coverage, FileOutcome, SbomGenerator as _, Source};

/// Documents whose verdict is another one here, and why.
const EXCEPTIONS: [(&str, &str); 1] = [(
    "invalid-bomformat",
    "a document that says it is another format is none of CycloneDX: unsupported, by that name, as it may be somebody else's",
)];

fn folder() -> Option<PathBuf> {
    let given = std::env::var_os("CHIRON_JUDGES").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = given.clone().unwrap_or_else(|| root.join("target/judges")).join("cyclonedx");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(given.is_none(), "no documents at {}", folder.display());
    eprintln!("skipped: no documents at {}; tests/fixtures/judges/build fetches them", folder.display());
    None
}

/// Names of the documents of a version, in order.
fn documents(folder: &Path, version: &str) -> Vec<PathBuf> {
    let mut documents: Vec<PathBuf> =
        std::fs::read_dir(folder.join(version)).unwrap().map(|entry| entry.unwrap().path()).collect();
    documents.retain(|path| path.extension().is_some_and(|end| end == "xml" || (end == "json" && version > "1.1")));
    documents.sort();
    documents
}

fn outcome(path: &Path) -> FileOutcome {
    let end = path.extension().unwrap().to_str().unwrap();
    let blob = FakeBlob::new(std::fs::read(path).unwrap()).media_type(&format!("application/vnd.cyclonedx+{end}"));
    let mut inventory = CycloneDx.generate(&fake::subject("bom"), Source::File(&blob)).unwrap();
    let file = inventory.files.remove(0);
    assert!(file.coverage != Coverage::Failed || inventory.components.is_empty());
    file
}

#[test]
fn valid_documents_are_read_and_invalid_ones_refused() {
    let Some(folder) = folder() else { return };
    let (mut valid, mut invalid, mut wrong) = (0, 0, Vec::new());
    for version in ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"] {
        for path in documents(&folder, version) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let FileOutcome { coverage, reason, .. } = outcome(&path);
            let expected = if name.starts_with("valid") {
                valid += 1;
                Coverage::Read
            } else {
                invalid += 1;
                let is_exception = EXCEPTIONS.iter().any(|(start, _)| name.starts_with(start));
                if is_exception { Coverage::Unsupported } else { Coverage::Failed }
            };
            if coverage != expected {
                wrong.push(format!("{version}/{name}: {coverage:?} {reason:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(valid > 300 && invalid > 200, "{valid} valid, {invalid} invalid");
}
