//! What enriches findings: files that mirrors hand out.

use std::fs;
use std::path::PathBuf;

use chiron_advisories::enrich::{Epss, Kev};

/// Ids that the seeds know.
const KNOWN: [&str; 3] = ["CVE-2021-44228", "CVE-2024-3094", "CVE-1999-0001"];

pub(super) fn kev(bytes: &[u8]) {
    let (_folder, path) = file("kev.json", bytes);
    if let Ok(kev) = Kev::open(&path) {
        assert!(!kev.is_empty());
        for id in KNOWN {
            if let Some(entry) = kev.of(id) {
                assert!(!entry.added.is_empty());
            }
        }
    }
}

pub(super) fn epss(bytes: &[u8]) {
    let (_folder, path) = file("epss.csv", bytes);
    if let Ok(epss) = Epss::open(&path) {
        assert!(!epss.is_empty());
        for (score, percentile) in KNOWN.iter().filter_map(|id| epss.of(id)) {
            assert!((0.0..=1.0).contains(&score) && (0.0..=1.0).contains(&percentile), "{score} {percentile}");
        }
    }
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}
