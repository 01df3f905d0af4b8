//! Why a run could not be done at all. Findings, verdicts and failed plugins are not errors: they stand in the report.

use std::path::PathBuf;

use crate::mistake::Mistakes;

/// The host cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// pipeline.toml, or a plugin it names, is wrong.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// A file could not be read or written.
    #[error("failed to {action} {}: {reason}", path.display())]
    Io {
        /// "read", "write", "open".
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// chiron.lock is not there, and `--locked` was given.
    #[error("{} is not there, and --locked was given", path.display())]
    LockMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A setting that is refused in CI or with `--locked`.
    #[error("{setting} is refused {why}")]
    Refused {
        /// The flag.
        setting: String,
        /// "with --locked", "when CI=true".
        why: &'static str,
    },
    /// Something that the operator of this machine does not allow.
    #[error("{what} is not allowed, says the operator's file {operator}")]
    NotAllowed {
        /// In words.
        what: String,
        /// The file, as it was given.
        operator: String,
        /// The key under `[allow]` that would allow it.
        key: &'static str,
    },
    /// What a signer returned did not verify. Nothing was written.
    #[error("step `{step}`: what the signer returned for `{name}` does not verify: {reason}")]
    Unverified {
        /// Id of the step.
        step: String,
        /// The name the signer gave it.
        name: String,
        /// Why.
        reason: String,
    },
    /// `[verify]` wants subjects to be verified before a run, and they were not. Nothing was run.
    #[error("the subjects do not verify, and nothing was run:\n  {}", failed.join("\n  "))]
    SubjectsUnverified {
        /// Each with its reason.
        failed: Vec<String>,
    },
    /// The run was stopped.
    #[error("interrupted")]
    Interrupted,
    /// Something that cannot happen.
    #[error("{0}")]
    Bug(String),
}

impl Error {
    /// An input or output error, with its path.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::Io { action, path: path.into(), reason: reason.to_string() }
    }
}
