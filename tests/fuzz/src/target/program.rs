//! A program that an operator names: its head is looked at before it is pinned.

use std::fs;

use chiron_model::digest::Digest;
use chiron_tools::Pinned;

/// What is pinned are the file's bytes.
pub(super) fn program(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("program");
    fs::write(&path, bytes).unwrap();
    if let Ok(pinned) = Pinned::of(&path) {
        assert_eq!(pinned.digest, Digest::sha256_of(bytes));
    }
}
