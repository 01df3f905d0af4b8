//! Which trust root is meant, as flags and files say it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{RootError, TrustRoot};
use crate::tuf::{Expired, Known, NameError, RepositoryName};

/// Where a trust root is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootSource {
    /// A `trusted_root.json`.
    File(PathBuf),
    /// What is known on this machine of a TUF repository.
    Repository {
        /// Which.
        name: RepositoryName,
        /// Whether metadata is believed whose time is over.
        expired: Expired,
    },
}

impl RootSource {
    /// Reads `tuf` (Sigstore's), `tuf:NAME`, and the same with `tuf-expired`; anything else is a path. A file of such a name is `./tuf`.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let Some((name, expired)) = repository(text) else { return Ok(Self::File(PathBuf::from(text))) };
        let name = name.map_or_else(|| Ok(RepositoryName::from(Known::Sigstore)), RepositoryName::parse)?;
        Ok(Self::Repository { name, expired })
    }

    /// Whether a text names a repository and no path.
    #[must_use]
    pub fn is_repository(text: &str) -> bool {
        repository(text).is_some()
    }

    /// The same text, where a path is taken relative to `folder`.
    #[must_use]
    pub fn below(text: &str, folder: &Path) -> String {
        if Self::is_repository(text) { text.to_owned() } else { folder.join(text).display().to_string() }
    }

    /// Reads it; that of a repository is verified as of `now`. No connection is made.
    ///
    /// # Errors
    /// [`RootError`].
    pub fn load(&self, now: Timestamp) -> Result<TrustRoot, RootError> {
        match self {
            Self::File(path) => TrustRoot::load(path),
            Self::Repository { name, expired } => from_repository(name, *expired, now),
        }
    }

    /// Reads a target that a repository has beside its trust root.
    ///
    /// # Errors
    /// [`RootError::Repository`].
    #[cfg(feature = "keyless")]
    pub fn target(name: &RepositoryName, expired: Expired, target: &str, now: Timestamp) -> Result<Vec<u8>, RootError> {
        let read = || {
            let folder = crate::tuf::default_dir().ok_or(crate::tuf::TufError::NoPlace)?;
            let verified = crate::tuf::read(&folder, name)?.verify(name, expired, now)?;
            verified.file(target).map(<[u8]>::to_vec)
        };
        read().map_err(|reason| RootError::Repository { name: name.clone(), reason })
    }
}

/// The name, where one is given, and what is done about metadata whose time is over.
fn repository(text: &str) -> Option<(Option<&str>, Expired)> {
    let (word, name) = match text.split_once(':') {
        Some((word, name)) => (word, Some(name)),
        None => (text, None),
    };
    match word {
        "tuf" => Some((name, Expired::Refused)),
        "tuf-expired" => Some((name, Expired::Accepted)),
        _ => None,
    }
}

#[cfg(feature = "keyless")]
fn from_repository(name: &RepositoryName, expired: Expired, now: Timestamp) -> Result<TrustRoot, RootError> {
    TrustRoot::from_repository(&RootSource::target(name, expired, crate::tuf::TRUSTED_ROOT, now)?)
}

#[cfg(not(feature = "keyless"))]
fn from_repository(_: &RepositoryName, _: Expired, _: Timestamp) -> Result<TrustRoot, RootError> {
    // Says that this build has none.
    TrustRoot::embedded()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_told_from_a_path() {
        let repository =
            |name: &str, expired| RootSource::Repository { name: RepositoryName::parse(name).unwrap(), expired };
        for (text, source) in [
            ("tuf", repository("sigstore", Expired::Refused)),
            ("tuf:acme", repository("acme", Expired::Refused)),
            ("tuf-expired", repository("sigstore", Expired::Accepted)),
            ("tuf-expired:github", repository("github", Expired::Accepted)),
            ("./tuf", RootSource::File("./tuf".into())),
            ("tuf.json", RootSource::File("tuf.json".into())),
            ("roots/tuf:acme", RootSource::File("roots/tuf:acme".into())),
        ] {
            assert_eq!(RootSource::parse(text).unwrap(), source, "{text}");
        }
        for wrong in ["tuf:", "tuf:../x", "tuf:A", "tuf-expired:", "tuf:https://tuf.example"] {
            assert!(RootSource::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(RootSource::below("tuf:acme", Path::new("/x")), "tuf:acme");
        assert_eq!(RootSource::below("root.json", Path::new("/x")), "/x/root.json");
    }
}
