//! Chiron's own report JSON: everything a report holds.
//!
//! The wire structs are frozen and separate from the model. A field that may have no value is left out when it has
//! none (never `null`); a list is always there. Keys are snake_case, words are those of settings and options.

use std::collections::HashMap;

use chiron_model::component::Component as ModelComponent;
use chiron_model::report::Report as ModelReport;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::paths::Paths;

mod advice;
mod component;
mod convert;
mod finding;
mod judgement;
mod read;
mod run;
mod summary;
mod vex;

pub use advice::Advice;
pub use component::{Component, Coverage, File, License, Relation};
pub use convert::Severity;
pub use finding::{Epss, Finding, FindingComponent, Kev, Matched, NearMiss, Proof, Score, Status, Suppression, Unsure};
pub use judgement::{Decision, Policy, Reason, Verdict};
pub use read::{ReadError, read};
pub use run::{Database, Ending, Enrichment, Failure, Note, Plugin, Setting, Step, Subject};
pub use summary::{FileCounts, SeverityCounts, Summary};
pub use vex::{VexDocument, VexMiss, VexRemark};

/// The version of this format. It changes with every incompatible edit of the structs here.
pub const SCHEMA: &str = "chiron-report/0.1";

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The version of the format: `chiron-report/0.1`.
    pub schema: String,
    /// Chiron's version.
    pub chiron_version: String,
    /// Name of the pipeline.
    pub pipeline: String,
    /// RFC 3339: the time the run was evaluated at.
    pub evaluated_at: String,
    /// RFC 3339: the time printed in documents.
    pub printed_at: String,
    /// What was decided.
    pub verdict: Verdict,
    /// Counts.
    pub summary: Summary,
    /// What was judged.
    pub subjects: Vec<Subject>,
    /// What applies.
    pub findings: Vec<Finding>,
    /// What to do about each component with findings that apply.
    pub advice: Vec<Advice>,
    /// What was found to be there.
    pub components: Vec<Component>,
    /// How components relate.
    pub relations: Vec<Relation>,
    /// The account of every file looked at.
    pub files: Vec<File>,
    /// Which advisory databases answered.
    pub databases: Vec<Database>,
    /// What else was asked about findings.
    pub enrichments: Vec<Enrichment>,
    /// VEX documents that were heard.
    pub vex: Vec<VexDocument>,
    /// Every step and how it ended.
    pub steps: Vec<Step>,
    /// Remarks for a person.
    pub notes: Vec<Note>,
    /// Settings in force and where each came from.
    pub settings: Vec<Setting>,
}

/// A fact by key; keys are listed in `wit/PROPERTIES.md` and may repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Property {
    /// The key.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A place in a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Slash-separated, relative to the subject; `.` is the subject itself.
    pub path: String,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The digest of the image layer, for container images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
}

impl From<&ModelReport> for Report {
    fn from(report: &ModelReport) -> Self {
        // Findings and reasons name components by id; one map, because a report may hold 20,000 of each.
        let components = by_id(report);
        let paths = Paths::of(report);
        Self {
            schema: SCHEMA.to_owned(),
            chiron_version: report.chiron_version.clone(),
            pipeline: report.pipeline.clone(),
            evaluated_at: report.evaluated_at.clone(),
            printed_at: report.printed_at.clone(),
            verdict: (&report.verdict).into(),
            summary: report.into(),
            subjects: convert::all(&report.subjects),
            findings: report.findings.iter().map(|f| Finding::new(f, &components)).collect(),
            advice: report.advice.iter().map(|advice| Advice::new(advice, &components, &paths)).collect(),
            components: convert::all(&report.components),
            relations: convert::all(&report.relations),
            files: convert::all(&report.files),
            databases: convert::all(&report.databases),
            enrichments: convert::all(&report.enrichments),
            vex: convert::all(&report.vex),
            steps: convert::all(&report.steps),
            notes: convert::all(&report.notes),
            settings: convert::all(&report.settings),
        }
    }
}

/// Writes the report.
pub(crate) fn encode(report: &ModelReport) -> Result<Vec<u8>, serde_json::Error> {
    crate::pretty::to_vec(&Report::from(report))
}

/// The JSON Schema (2020-12) of [`Report`]: `schemas/report.schema.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Report);
    schema.insert("title".to_owned(), "Chiron report".into());
    schema.to_value()
}

fn by_id(report: &ModelReport) -> HashMap<&str, &ModelComponent> {
    let mut components = HashMap::with_capacity(report.components.len());
    for component in &report.components {
        // Ids are unique; if they were not, the first would be meant, as in `Report::component`.
        components.entry(component.id.as_str()).or_insert(component);
    }
    components
}

#[cfg(test)]
mod tests;
