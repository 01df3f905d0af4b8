//! What is asked.

use std::path::PathBuf;

use chiron_trust::judge::{Signer, TrustRoot};

use crate::check::Check;

/// What to verify, and by whom it has to be signed.
pub struct Request {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// Checks that have to pass.
    pub required: Vec<Check>,
    /// Whether the other checks are made too, where there is evidence for them.
    pub others: bool,
    /// What a required check does where there is no evidence.
    pub missing: Missing,
    /// Who has to have signed. None only where nothing that is required needs a signature.
    pub signer: Option<Signer>,
    /// Who vouches for certificates, log entries and timestamps.
    pub root: Option<TrustRoot>,
    /// Bundles, and folders of them. Where a file is named, none is looked for beside the subjects.
    pub bundles: Vec<PathBuf>,
    /// The only predicate type whose statements count as a signature.
    pub predicate_type: Option<String>,
    /// What provenance has to say.
    pub expectations: Expectations,
}

/// What a required check does where there is no evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It fails.
    Fails,
    /// It is skipped, and counts as nothing.
    IsSkipped,
}

/// What provenance has to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expectations {
    /// `builder.id`; without `@VERSION`, any version of it.
    pub builder: Option<String>,
    /// The repository; with `@REF`, that branch, tag or commit.
    pub source: Option<String>,
    /// External parameters, by path (`workflow.ref`), with their values.
    pub parameters: Vec<(String, String)>,
}

/// Verification could not be done at all. What does not verify is no error: it stands in the account.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A path cannot be read.
    #[error("failed to read {}: {reason}", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}
