//! Why a database cannot be opened, and why an open one cannot answer.

use std::io;
use std::path::PathBuf;

use chiron_model::ecosystem::Ecosystem;

/// Why a database could not be opened, or is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nothing was imported there yet.
    #[error("no advisory database in `{}`", dir.display())]
    Missing {
        /// The folder that was asked for.
        dir: PathBuf,
    },
    /// The file is there but the operating system does not give it.
    #[error("could not read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("`{}` is not an advisory database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// Another release of Chiron wrote it.
    #[error("`{}` has format {found}; this chiron reads format {supported}", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// Its format version. Larger than `supported`: a newer Chiron wrote it; smaller: an older one.
        found: u32,
        /// The version this build reads.
        supported: u32,
    },
    /// The file ends too early.
    #[error("`{}` is cut short: {actual} of {expected} bytes", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length by its own account.
        expected: u64,
        /// Its length.
        actual: u64,
    },
    /// Its bytes are not those that were written.
    #[error("`{}` is damaged: {what} does not match its digest", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part.
        what: String,
    },
}

/// Why a database could not answer. Never the same as "nothing known".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// No version order is known for packages of that type.
    #[error("no version order is known for packages of type `{kind}`")]
    UnknownEcosystem {
        /// The purl's type.
        kind: String,
    },
    /// A package of a distribution whose advisories are not known here, or that its purl does not name.
    #[error("packages of type `{kind}` are covered by distribution, and {}", match distribution {
        Some(name) => format!("`{name}` is not among those covered"),
        None => "the package URL names none".to_owned(),
    })]
    UnknownDistribution {
        /// The purl's type.
        kind: String,
        /// Its namespace, or else its `distro`.
        distribution: Option<String>,
    },
    /// The database holds records of the distribution, but none of this release.
    #[error("the advisory database holds no record for {ecosystem} {release}")]
    ReleaseNotCovered {
        /// The distribution.
        ecosystem: Ecosystem,
        /// The release that was asked for.
        release: String,
    },
    /// The database holds not one record of the ecosystem: its silence means nothing.
    #[error("the advisory database holds no record for {ecosystem}")]
    NotCovered {
        /// Whose records are missing.
        ecosystem: Ecosystem,
    },
    /// What was to be read is not what was written.
    #[error("the advisory database is damaged: {what} does not match its checksum")]
    Damaged {
        /// Which part.
        what: String,
    },
}

impl LookupError {
    /// Whether the database simply does not hold such packages, so that another one may.
    #[must_use]
    pub const fn is_not_covered(&self) -> bool {
        match self {
            Self::UnknownEcosystem { .. }
            | Self::UnknownDistribution { .. }
            | Self::ReleaseNotCovered { .. }
            | Self::NotCovered { .. } => true,
            Self::Damaged { .. } => false,
        }
    }
}
