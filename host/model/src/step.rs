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
    /// Ids of the steps that it is tried for when they fail; empty for one that runs in any case.
    pub fallback_for: Vec<String>,
    /// Where it failed: the step that did its work instead.
    pub replaced_by: Option<String>,
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
    /// Who signed it, where somebody asked: `key …`, or `IDENTITY (ISSUER)`.
    pub signer: Option<String>,
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
    /// Whether the run cannot stand because of this step: it is required, failed, and no other did its work. What is only tried
    /// for others is never broken by itself: the steps are that it was tried for.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.required && self.failure().is_some() && self.replaced_by.is_none() && self.fallback_for.is_empty()
    }

    /// Why it failed, if it did.
    #[must_use]
    pub const fn failure(&self) -> Option<&Failure> {
        match &self.ending {
            Ending::Failed(failure) => Some(failure),
            Ending::Succeeded | Ending::Skipped(_) => None,
        }
    }

    /// Whether it is a fallback that nothing needed: no gap in the run.
    #[must_use]
    pub fn was_not_needed(&self) -> bool {
        matches!(self.ending, Ending::Skipped(_)) && !self.fallback_for.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> StepOutcome {
        let failure = Failure { code: "deadline".to_owned(), message: "too slow".to_owned(), hint: None };
        StepOutcome {
            id: "scan".to_owned(),
            kind: PluginKind::Scanner,
            plugin: PluginRecord {
                name: "osv".to_owned(),
                version: "1.0.0".to_owned(),
                digest: Digest::sha256_of(b""),
                signer: None,
                imports: Vec::new(),
                grants: Vec::new(),
            },
            required: true,
            calls: 1,
            ending: Ending::Failed(failure),
            fallback_for: Vec::new(),
            replaced_by: None,
        }
    }

    #[test]
    fn a_failed_step_breaks_the_run_unless_another_did_its_work() {
        assert!(failed().is_broken());
        assert!(!StepOutcome { required: false, ..failed() }.is_broken());
        assert!(!StepOutcome { replaced_by: Some("other".to_owned()), ..failed() }.is_broken());
        // Its own failure is that of the step it was tried for.
        assert!(!StepOutcome { fallback_for: vec!["first".to_owned()], ..failed() }.is_broken());
    }
}
