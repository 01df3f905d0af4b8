//! What is being judged.

use crate::Properties;
use crate::digest::Digest;

/// A subject: name and digests (in-toto Statement v1, `subject`).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The path as given, relative to pipeline.toml or the working directory, slash-separated.
    pub name: String,
    /// IANA media type, or `inode/directory`.
    pub media_type: String,
    /// At least one: `sha256` for a file, `chironDirV1` for a directory.
    pub digests: Vec<Digest>,
    /// In bytes, for files.
    pub size: Option<u64>,
    /// Facts the host adds.
    pub properties: Properties,
}

/// The name under which a directory's digest is published: SHA-256 over its sorted (path, kind, digest) lines.
pub const DIRECTORY_DIGEST: &str = "chironDirV1";

impl Subject {
    /// Whether the subject is one file (and so can be signed as a blob).
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.digests.iter().any(|digest| digest.algorithm() == "sha256")
    }
}
