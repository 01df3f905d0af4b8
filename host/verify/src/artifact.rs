//! A file, as signatures see it.

use chiron_archive::Blob;
use chiron_model::digest::Digest;
use chiron_trust::judge::Artifact;

/// The largest file whose bytes are read for a signature over bytes (Ed25519). All others are judged by their digest.
const CONTENT_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// A file that was hashed; what is read later is refused once it differs.
pub(crate) struct File<'a>(pub(crate) &'a Blob);

impl Artifact for File<'_> {
    fn digest(&self, algorithm: &str) -> Result<Digest, String> {
        self.0.digest(algorithm).map_err(|error| error.to_string())
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        self.0.read_all(CONTENT_BYTES_MAX).map_err(|error| error.to_string())
    }
}
