//! Real wheels, where they are at hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy knows only functions marked as tests"
)]

use std::path::PathBuf;
use std::time::Instant;

use chiron_archive::{Blob, Limits, snapshot};

/// The shared data beside the repository, or a wheelhouse of one's own in `CHIRON_WHEELHOUSE`.
fn wheelhouse() -> Option<PathBuf> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/wheelhouse-small");
    let path = std::env::var_os("CHIRON_WHEELHOUSE").map_or_else(|| PathBuf::from(shared), PathBuf::from);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!("skipped: no wheelhouse beside the repository and none in CHIRON_WHEELHOUSE");
    None
}

#[test]
fn every_wheel_opens_and_names_its_metadata() {
    let Some(folder) = wheelhouse() else { return };
    let started = Instant::now();
    let found = snapshot(&folder, &Limits::default()).unwrap();
    eprintln!("hashed {} files in {:?}", found.files.len(), started.elapsed());
    let started = Instant::now();
    let mut wheels = 0;
    for file in found.files.iter().filter(|file| file.path.ends_with(".whl")) {
        assert_eq!(file.media_type, "application/vnd.pypa.wheel+zip");
        let wheel: Blob = found.blob(&file.path).unwrap();
        assert_eq!(wheel.digest("sha256").unwrap(), file.sha256);
        let tree = wheel.open_tree().unwrap_or_else(|error| panic!("{error}"));
        let (metadata, _) = tree.entries("*.dist-info/METADATA", None, 10).unwrap();
        assert_eq!(metadata.len(), 1, "{}", file.path);
        let text = tree.open(&metadata[0].path).unwrap().read_all(10 << 20).unwrap();
        assert!(String::from_utf8_lossy(&text).contains("Metadata-Version:"), "{}", file.path);
        wheels += 1;
    }
    eprintln!("opened {wheels} wheels in {:?}", started.elapsed());
    assert!(wheels > 0);
}

#[test]
fn every_member_of_every_wheel_unpacks() {
    let Some(folder) = wheelhouse() else { return };
    let found = snapshot(&folder, &Limits::default()).unwrap();
    let mut members = 0;
    for file in found.files.iter().filter(|file| file.path.ends_with(".whl")) {
        let tree = found.blob(&file.path).unwrap().open_tree().unwrap();
        let (entries, next) = tree.entries("**", None, 10_000).unwrap();
        assert!(next.is_none());
        for entry in entries.iter().filter(|entry| entry.kind == chiron_archive::EntryKind::File) {
            let unpacked = tree.open(&entry.path).and_then(|blob| blob.digest("sha256"));
            assert!(unpacked.is_ok(), "{} {}: {unpacked:?}", file.path, entry.path);
            members += 1;
        }
    }
    eprintln!("unpacked {members} members");
}
