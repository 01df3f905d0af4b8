//! What is different between two reports, or between the components of two SBOMs that were read as reports.
//!
//! Packages are compared by what their purls mean, findings by alias group and package: another id for the same problem, or
//! the same problem in the next version, is no new finding. Everything is sorted, so that the same two give the same bytes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::{Coverage, Database, Ending, Report, Severity, Status};

mod component;
mod finding;
mod markdown;
mod table;

pub use component::{ChangedComponent, Components, Part};
pub use finding::{Change, ChangedFinding, Findings, Found};

/// The version of this format. It changes with every incompatible edit of the structs here.
pub const SCHEMA: &str = "chiron-diff/0.1";

/// What is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Difference {
    /// The version of the format: `chiron-diff/0.1`.
    pub schema: String,
    /// The first of the two.
    pub old: Side,
    /// The second.
    pub new: Side,
    /// Components that came, went, or are there in another version.
    pub components: Components,
    /// Findings that came, went, or changed; absent where one of the two was not scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Findings>,
    /// What a reader should know: what was not read, who failed, which databases answered.
    pub remarks: Vec<String>,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Side {
    /// As it was named.
    pub name: String,
    /// How many components it lists.
    pub components: u64,
    /// How many findings it has; absent where it was not scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<u64>,
}

/// How a difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// For a person at a terminal.
    Table,
    /// For programs: [`Difference`].
    Json,
    /// For a comment on a pull request.
    Markdown,
}

impl Shown {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Table, Self::Json, Self::Markdown];

    /// The word in options.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Markdown => "markdown",
        }
    }
}

/// Compares two reports, which are called so.
#[must_use]
pub fn diff((old_name, old): (&str, &Report), (new_name, new): (&str, &Report)) -> Difference {
    let scanned = was_scanned(old) && was_scanned(new);
    Difference {
        schema: SCHEMA.to_owned(),
        old: side(old_name, old),
        new: side(new_name, new),
        components: component::compare(&old.components, &new.components),
        findings: scanned.then(|| finding::compare(&old.findings, &new.findings)),
        remarks: remarks((old_name, old), (new_name, new)),
    }
}

impl Difference {
    /// Whether the two say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.components.is_empty() && self.findings.as_ref().is_none_or(Findings::is_empty)
    }

    /// Writes it. The bytes end in a line feed.
    ///
    /// # Errors
    /// When the JSON encoder fails, which no difference is known to cause.
    pub fn encode(&self, shown: Shown) -> Result<Vec<u8>, serde_json::Error> {
        match shown {
            Shown::Table => Ok(table::draw(self).into_bytes()),
            Shown::Json => crate::pretty::to_vec(self),
            Shown::Markdown => Ok(markdown::write(self).into_bytes()),
        }
    }
}

/// The JSON Schema (2020-12) of [`Difference`]: `schemas/diff.schema.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Difference);
    schema.insert("title".to_owned(), "Difference of two Chiron reports".into());
    schema.to_value()
}

fn side(name: &str, report: &Report) -> Side {
    Side {
        name: name.to_owned(),
        components: report.components.len() as u64,
        findings: was_scanned(report).then_some(report.findings.len() as u64),
    }
}

/// An SBOM holds no findings because nobody looked, which is not the same as none.
fn was_scanned(report: &Report) -> bool {
    report.steps.iter().any(|step| step.kind == "scanner" && step.ending == Ending::Succeeded)
}

fn remarks((old_name, old): (&str, &Report), (new_name, new): (&str, &Report)) -> Vec<String> {
    let mut remarks = Vec::new();
    for (name, report) in [(old_name, old), (new_name, new)] {
        let lacking = |coverage| matches!(coverage, Coverage::Partly | Coverage::Failed);
        match report.files.iter().filter(|file| lacking(file.status)).count() {
            0 => {}
            1 => remarks.push(format!("of {name} one file was not read whole: what it holds may be missing here")),
            count => {
                remarks.push(format!("of {name} {count} files were not read whole: what they hold may be missing here"))
            }
        }
        for step in report.steps.iter().filter(|step| step.replaced_by.is_none() && step.fallback_for.is_empty()) {
            if let Ending::Failed(failure) = &step.ending {
                remarks.push(format!(
                    "in {name} the step `{}` failed ({}): what it would have found is missing",
                    step.id, failure.code
                ));
            }
        }
    }
    if was_scanned(old) != was_scanned(new) {
        let unscanned = if was_scanned(old) { new_name } else { old_name };
        remarks.push(format!("findings are not compared: {unscanned} was not scanned"));
    }
    if was_scanned(old) && was_scanned(new) && digests(old) != digests(new) {
        remarks.push(format!("the advisory databases are not the same: {} -> {}", named(old), named(new)));
    }
    remarks
}

fn digests(report: &Report) -> Vec<&str> {
    report.databases.iter().map(|database| database.digest.as_str()).collect()
}

fn named(report: &Report) -> String {
    let day = |database: &Database| database.built_at.split('T').next().unwrap_or_default().to_owned();
    let all: Vec<_> =
        report.databases.iter().map(|database| format!("{} of {}", database.name, day(database))).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::None => "none",
        Severity::Unknown => "unknown",
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Affected => "affected",
        Status::Unknown => "unknown",
        Status::Suppressed => "suppressed",
    }
}

/// "1 added, 2 removed, 3 changed".
fn counts(added: usize, removed: usize, changed: usize) -> String {
    format!("{added} added, {removed} removed, {changed} changed")
}

#[cfg(test)]
mod tests;
