//! The one value every door shows.

use crate::advice::Advice;
use crate::advisory::DatabaseId;
use crate::component::{Component, Relation};
use crate::coverage::FileOutcome;
use crate::finding::Finding;
use crate::plugin::PluginKind;
use crate::step::StepOutcome;
use crate::subject::Subject;
use crate::verdict::Verdict;
use crate::vex::VexDocument;

/// Everything a run established. Sorted: the same inputs, lock and time give the same bytes in every format.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Chiron's version.
    pub chiron_version: String,
    /// RFC 3339: the time the run was evaluated at.
    pub evaluated_at: String,
    /// RFC 3339: the time printed in documents (`SOURCE_DATE_EPOCH` sets only this).
    pub printed_at: String,
    /// What was judged.
    pub subjects: Vec<Subject>,
    /// Every step and how it ended.
    pub steps: Vec<StepOutcome>,
    /// What was found to be there.
    pub components: Vec<Component>,
    /// How those relate.
    pub relations: Vec<Relation>,
    /// The account of every file looked at.
    pub files: Vec<FileOutcome>,
    /// What applies.
    pub findings: Vec<Finding>,
    /// What to do about each component with findings that apply, sorted by component.
    pub advice: Vec<Advice>,
    /// Which advisory databases answered.
    pub databases: Vec<DatabaseId>,
    /// What else was asked about findings: exploit predictions, known exploits.
    pub enrichments: Vec<Enrichment>,
    /// Which VEX documents were heard, and which of their statements speak of nothing.
    pub vex: Vec<VexDocument>,
    /// What was decided.
    pub verdict: Verdict,
    /// Remarks for a person: unlocked run, unused suppression, local version labels.
    pub notes: Vec<Note>,
    /// Settings in force and where each came from.
    pub settings: Vec<Setting>,
}

/// A file that findings were enriched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrichment {
    /// `epss` or `kev`.
    pub kind: String,
    /// `sha256:…` of the file's bytes.
    pub digest: String,
    /// When it was made, as it says itself.
    pub date: Option<String>,
    /// How many CVEs it knows.
    pub entries: u64,
}

/// A remark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Kebab-case code.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Setting {
    /// Dotted key.
    pub key: String,
    /// Its value, never a secret.
    pub value: String,
    /// `flag`, `environment`, `pipeline.toml`, `operator` or `default`.
    pub source: String,
}

impl Report {
    /// Whether nothing was looked at: no component was found, and no scanner read anything by itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let read = |step: &StepOutcome| step.kind == PluginKind::Scanner && step.calls > 0;
        self.components.is_empty() && !self.steps.iter().any(read)
    }

    /// The component with this id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == id)
    }
}
