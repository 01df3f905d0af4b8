//! Repositories whose first root is part of Chiron.

use super::RepositoryName;

/// A repository that everybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Sigstore's public instance.
    Sigstore,
    /// GitHub's instance for attestations of private repositories.
    GitHub,
}

impl Known {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Sigstore, Self::GitHub];

    /// What it is called.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sigstore => "sigstore",
            Self::GitHub => "github",
        }
    }

    /// The repository of that name.
    #[must_use]
    pub fn of(name: &RepositoryName) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.word() == name.as_str())
    }

    /// Its root metadata, as published when this version was made; the same files that `sigstore-trust-root` 0.15.1 carries. Later ones are
    /// reached from there, each signed by its predecessor.
    #[must_use]
    pub const fn root(self) -> &'static [u8] {
        match self {
            Self::Sigstore => include_bytes!("roots/sigstore.json"),
            Self::GitHub => include_bytes!("roots/github.json"),
        }
    }

    /// Where its owner publishes it.
    #[must_use]
    pub const fn mirror(self) -> &'static str {
        match self {
            Self::Sigstore => "https://tuf-repo-cdn.sigstore.dev",
            Self::GitHub => "https://tuf-repo.github.com",
        }
    }
}
