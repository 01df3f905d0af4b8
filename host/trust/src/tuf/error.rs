//! Why a repository is not believed, or not known.

use std::path::PathBuf;

use chiron_model::text;
use jiff::Timestamp;
use sigstore_tuf::Error;

use super::{RepositoryName, SourceError};

/// A repository, or what is kept of it, that cannot be used. What was kept before is still there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TufError {
    /// Nobody knows a home.
    #[error(
        "HOME is not set, and CHIRON_TRUST names no folder: there is no place for what is known of TUF repositories"
    )]
    NoPlace,
    /// Nothing was fetched of it yet.
    #[error("nothing of the TUF repository `{name}` is on this machine: there is no {}", path.display())]
    NoStore {
        /// Its name.
        name: RepositoryName,
        /// Where its store would be.
        path: PathBuf,
    },
    /// The store cannot be read.
    #[error("failed to read {}: {reason}", path.display())]
    Unreadable {
        /// The store, or the folder of all of them.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// Whoever can write a store decides whom to believe.
    #[error("{} can be written by others than its owner, or is another user's: what it says is not believed", path.display())]
    Writable {
        /// The store, or the folder of all of them.
        path: PathBuf,
    },
    /// The store is none.
    #[error("what is kept of the TUF repository is damaged: {reason}")]
    Store {
        /// Why.
        reason: String,
    },
    /// Somebody has to say where trust begins.
    #[error("the TUF repository `{name}` is not known, and no root is given to begin with")]
    NoRoot {
        /// Its name.
        name: RepositoryName,
    },
    /// The root of a repository that is known is not given from outside.
    #[error("the TUF repository `{name}` begins with the root that is part of Chiron, and with no other")]
    KnownRoot {
        /// Its name.
        name: RepositoryName,
    },
    /// Trust begins once.
    #[error("the TUF repository `{name}` began with another root than the one that is given")]
    OtherRoot {
        /// Its name.
        name: RepositoryName,
    },
    /// The first root is none, or not signed by its own keys.
    #[error("the root that is given to begin with cannot be used: {reason}")]
    FirstRoot {
        /// Why.
        reason: String,
    },
    /// Too few of those who have to sign did.
    #[error("the {role} metadata has {found} of the {needed} signatures that it needs")]
    Signatures {
        /// Whose.
        role: String,
        /// That hold.
        found: usize,
        /// The role's threshold.
        needed: usize,
    },
    /// Something older than what was seen.
    #[error("the {role} metadata is version {offered}, and version {seen} was seen before: it is rolled back")]
    Rollback {
        /// Whose.
        role: String,
        /// Seen before.
        seen: u64,
        /// Now.
        offered: u64,
    },
    /// Its time is over.
    #[error("the {role} metadata expired at {at}")]
    Expired {
        /// Whose.
        role: String,
        /// When.
        at: Timestamp,
    },
    /// A file is not the one that signed metadata names.
    #[error("a file is not what the signed metadata says: {reason}")]
    Mismatch {
        /// Which, and what differs.
        reason: String,
    },
    /// Metadata that is none, or says what it may not say.
    #[error("the metadata is refused: {reason}")]
    Metadata {
        /// Why.
        reason: String,
    },
    /// A file is longer than it may be: by the metadata, or where nobody says, by its kind.
    #[error("{file} is longer than {limit} bytes, which is the most it may have")]
    TooLong {
        /// Below the mirror.
        file: String,
        /// Bytes.
        limit: u64,
    },
    /// The mirror does not give a file.
    #[error("the mirror gives no {file}: {reason}")]
    Mirror {
        /// Below the mirror.
        file: String,
        /// In words.
        reason: String,
    },
    /// The repository lists no such target.
    #[error("the TUF repository lists no `{target}`")]
    NoTarget {
        /// Its name.
        target: String,
    },
    /// A target is what the metadata says, and still of no use.
    #[error("the `{target}` of the TUF repository cannot be used: {reason}")]
    Target {
        /// Its name.
        target: String,
        /// Why.
        reason: String,
    },
}

// Theirs may grow without notice; whatever it is, it is a refusal.
#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is non-exhaustive")]
impl From<Error> for TufError {
    fn from(error: Error) -> Self {
        match error {
            Error::ThresholdNotMet { role, found, threshold } => {
                Self::Signatures { role: shown(&role), found, needed: threshold }
            }
            Error::Rollback { role, trusted, new } => {
                Self::Rollback { role: shown(&role), seen: trusted, offered: new }
            }
            Error::Expired { role, expires } => Self::Expired { role: shown(&role), at: expires },
            Error::IntegrityMismatch(reason) => Self::Mismatch { reason: shown(&reason) },
            Error::BadRootVersion { trusted, new } => {
                Self::Metadata { reason: format!("after version {trusted} of the root comes version {new}") }
            }
            Error::TargetNotFound(target) => Self::NoTarget { target: shown(&target) },
            Error::Transport { message, source } => of_source(&message, source.as_deref()),
            other => Self::Metadata { reason: whole(&other) },
        }
    }
}

fn of_source(message: &str, source: Option<&(dyn std::error::Error + Send + Sync + 'static)>) -> TufError {
    match source.and_then(|source| source.downcast_ref::<SourceError>()) {
        Some(SourceError::TooLong { file, limit }) => TufError::TooLong { file: shown(file), limit: *limit },
        Some(SourceError::Failed { file, reason }) => TufError::Mirror { file: shown(file), reason: shown(reason) },
        // What the library says itself: the file is not there, or roots follow each other without end.
        None => match message.strip_suffix(" not found") {
            Some(file) => {
                let file = file.trim_start_matches("target ");
                TufError::Mirror { file: shown(file), reason: "there is no such file".to_owned() }
            }
            None => TufError::Metadata { reason: shown(message) },
        },
    }
}

/// With everything beneath it.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        text.push_str(&format!(": {inner}"));
        source = inner.source();
    }
    shown(&text)
}

/// Their words may quote the mirror's.
pub(super) fn shown(text: &str) -> String {
    text::cut(&text::one_line(text), 300).into_owned()
}
