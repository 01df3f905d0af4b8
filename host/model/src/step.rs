//! How each step ended.

use crate::digest::Digest;
use crate::plugin::PluginKind;

/// One step of the run and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepOutcome {
    /// Id from pipeline.toml.
    pub id: String,
    /// What it does.
    pub kind: PluginKind,
    /// The plugin: name, version, digest, what it could touch.
    pub plugin: PluginRecord,
    /// Whether its failure fails the run.
    pub required: bool,
    /// How many calls were made.
    pub calls: u64,
    /// How it ended.
    pub ending: Ending,
}

/// Which code ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRecord {
    /// The pipeline's name for it, e.g. `osv`.
    pub name: String,
    /// As it describes itself.
    pub version: String,
    /// Of the component's bytes.
    pub digest: Digest,
    /// Interfaces it imports: all it can touch.
    pub imports: Vec<String>,
    /// Powers granted, by word, with bound labels, e.g. `signing(release)`.
    pub grants: Vec<String>,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// All calls answered.
    Succeeded,
    /// It was not called, and why.
    Skipped(String),
    /// A call failed.
    Failed(Failure),
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Kebab-case code: `trapped`, `deadline`, `memory`, `output-too-large`, `denied`, `invalid-output`, `reported`, ...
    pub code: String,
    /// One sentence.
    pub message: String,
    /// What to change, where that is known.
    pub hint: Option<String>,
}

impl StepOutcome {
    /// Whether the run can stand on this step.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.required && matches!(self.ending, Ending::Failed(_))
    }
}
