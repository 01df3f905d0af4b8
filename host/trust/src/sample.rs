//! Keys and statements for tests.

use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use chiron_model::statement::{SCAN_PREDICATE, Statement};
use chiron_model::subject::Subject;
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

use crate::key::PrivateKey;

/// The digest of the file that is signed.
pub(crate) const FILE_SHA256: [u8; 32] = [7; 32];

/// What a reader waits at for ever.
pub(crate) fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

/// The key of the step. Made of a constant: a key in the repository would set off every secret scanner.
pub(crate) fn key() -> PrivateKey {
    key_from(1)
}

/// Somebody else's key.
pub(crate) fn other_key() -> PrivateKey {
    key_from(2)
}

/// A PKCS#8 PEM.
pub(crate) fn pem_from(byte: u8) -> String {
    let secret = SecretKey::from_slice(&[byte; 32]).unwrap();
    secret.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

/// The one subject of the run.
pub(crate) fn subject() -> Subject {
    Subject {
        name: "dist/a.whl".to_owned(),
        media_type: "application/zip".to_owned(),
        digests: vec![Digest::from_sha256(FILE_SHA256)],
        size: Some(3),
        properties: Vec::new(),
    }
}

/// A statement about it.
pub(crate) fn statement() -> Statement {
    Statement {
        subjects: vec![subject()],
        predicate_type: SCAN_PREDICATE.to_owned(),
        predicate: br#"{ "verdict": "allow" }"#.to_vec(),
    }
}

fn key_from(byte: u8) -> PrivateKey {
    PrivateKey::from_pem(&pem_from(byte)).unwrap()
}
