//! What is trusted to vouch: certificate authorities, transparency logs, timestamp authorities.

use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;

use super::keyless;
use crate::file;
use crate::strict_json::{self, JsonError};
use crate::tuf::NameError;
#[cfg(feature = "keyless")]
use crate::tuf::{RepositoryName, TufError};

/// Largest trust root. Sigstore's own is 7 KiB.
const ROOT_BYTES_MAX: usize = 1 << 20;

/// A trust root that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The file cannot be read.
    #[error("failed to read the trust root {}: {reason}", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// Too large, too deep, ambiguous or no JSON at all.
    #[error("the trust root cannot be read: {0}")]
    Json(#[from] JsonError),
    /// A text that looks like a TUF repository's name, and is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A TUF repository that does not hold, or of which nothing is known here.
    #[cfg(feature = "keyless")]
    #[error("the trust root of the TUF repository `{name}` cannot be used: {reason}")]
    Repository {
        /// Which.
        name: RepositoryName,
        /// Why.
        reason: TufError,
    },
    /// It is not a trust root.
    #[error("the trust root cannot be used: {reason}")]
    Unusable {
        /// Why.
        reason: String,
    },
}

/// A trust root, ready to be asked.
pub struct TrustRoot {
    #[cfg_attr(not(feature = "keyless"), allow(dead_code, reason = "there is nothing in it then"))]
    pub(super) inner: keyless::Root,
    origin: RootOrigin,
    digest: Digest,
}

/// Where a trust root came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootOrigin {
    /// It is part of Chiron.
    Embedded,
    /// From a file that somebody named.
    Given,
    /// From a TUF repository, verified.
    Repository,
}

impl TrustRoot {
    /// Reads `trusted_root.json`, as Sigstore distributes it.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn load(path: &Path) -> Result<Self, RootError> {
        let unreadable = |reason: String| RootError::Unreadable { path: path.to_owned(), reason };
        let most = u64::try_from(ROOT_BYTES_MAX).unwrap_or(u64::MAX);
        match file::read(path, most) {
            Ok(Some(json)) => Self::from_json(&json),
            Ok(None) => Err(unreadable(format!("it is longer than {ROOT_BYTES_MAX} bytes"))),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// Reads a trust root.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_json(json: &[u8]) -> Result<Self, RootError> {
        parsed(json)?;
        let text = std::str::from_utf8(json).map_err(|error| RootError::Unusable { reason: error.to_string() })?;
        let inner = keyless::Root::from_json(text)?;
        Ok(Self { inner, origin: RootOrigin::Given, digest: Digest::sha256_of(json) })
    }

    /// The same, from a TUF repository that was verified.
    #[cfg(feature = "keyless")]
    pub(super) fn from_repository(json: &[u8]) -> Result<Self, RootError> {
        Ok(Self { origin: RootOrigin::Repository, ..Self::from_json(json)? })
    }

    /// That of Sigstore's public instance, as it was when this version was made.
    ///
    /// # Errors
    /// In a build without it.
    pub fn embedded() -> Result<Self, RootError> {
        let digest = Digest::sha256_of(keyless::EMBEDDED.as_bytes());
        Ok(Self { inner: keyless::Root::embedded()?, origin: RootOrigin::Embedded, digest })
    }

    /// Where it came from.
    #[must_use]
    pub fn origin(&self) -> RootOrigin {
        self.origin
    }

    /// Of its bytes.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The bytes of [`TrustRoot::embedded`].
    #[must_use]
    pub const fn embedded_json() -> &'static str {
        keyless::EMBEDDED
    }
}

/// Its JSON, if it says that it is a trust root.
pub(super) fn parsed(json: &[u8]) -> Result<serde_json::Value, RootError> {
    let value = strict_json::parse(json, ROOT_BYTES_MAX)?;
    let media_type = value.get("mediaType").and_then(serde_json::Value::as_str).unwrap_or_default();
    if !media_type.starts_with("application/vnd.dev.sigstore.trustedroot") {
        let found = chiron_model::text::cut(&chiron_model::text::one_line(media_type), 80).into_owned();
        return Err(RootError::Unusable { reason: format!("its media type is `{found}`") });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        for path in [Path::new("/dev/zero"), &crate::sample::fifo(folder.path())] {
            assert!(matches!(TrustRoot::load(path), Err(RootError::Unreadable { .. })), "{}", path.display());
        }
    }
}
