//! Why a TUF repository was not updated.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use chiron_egress::OpenError;
use chiron_trust::tuf::{RepositoryName, TufError};

use crate::update::MirrorError;

/// What was kept is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// The repository, or what a mirror says of it, does not hold.
    #[error(transparent)]
    Tuf(#[from] TufError),
    /// Nobody said where it is.
    #[error("where the TUF repository `{name}` is, is not known")]
    NoMirror {
        /// Its name.
        name: RepositoryName,
    },
    /// What names the mirror does not.
    #[error(transparent)]
    Mirror(#[from] MirrorError),
    /// The way to it cannot be opened.
    #[error("the mirror cannot be asked: {0}")]
    Open(#[from] OpenError),
    /// Files of this machine.
    #[error("failed to {action} {}: {reason}", path.display())]
    Io {
        /// "read", "write", ...
        action: &'static str,
        /// What.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
}

impl RootsError {
    pub(super) fn io(action: &'static str, path: &Path, reason: &dyn Display) -> Self {
        Self::Io { action, path: path.to_owned(), reason: reason.to_string() }
    }
}
