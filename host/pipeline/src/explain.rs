//! Why scanners do not agree about findings of a report, as far as the report and databases that are given can tell.
//!
//! An explanation is a reading of facts, never a judgement: it changes no finding, and says so where it cannot tell.

mod facts;
mod silence;
mod words;

use chiron_advisories::{Database, LookupError};
use chiron_formats::json::{Finding, FindingComponent, Matched, Report, Severity};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use schemars::JsonSchema;
use serde::Serialize;

use facts::Facts;

/// The version of what is written as JSON.
pub const SCHEMA: &str = "chiron-explanation/0.1";

/// What `chiron explain -o json` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Document {
    /// The version of the format: `chiron-explanation/0.1`.
    pub schema: String,
    /// Each finding that was asked about, or that scanners do not agree about.
    pub findings: Vec<Explanation>,
}

impl Document {
    /// Of these explanations.
    #[must_use]
    pub fn of(findings: Vec<Explanation>) -> Self {
        Self { schema: SCHEMA.to_owned(), findings }
    }
}

/// The JSON Schema (2020-12) of [`Document`]: `schemas/explanation.schema.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

/// What scanners say of one finding, and why they do not say the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The record that stands for the finding.
    pub finding: String,
    /// Every id of its alias group.
    pub advisories: Vec<String>,
    /// The component; absent for a finding about the subject as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<FindingComponent>,
    /// Each scanner's word.
    pub opinions: Vec<Opinion>,
    /// Why they are not the same; empty where they are.
    pub reasons: Vec<Reason>,
}

/// One scanner's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Opinion {
    /// Its step.
    pub scanner: String,
    /// What it says.
    #[serde(flatten)]
    pub says: Says,
}

/// What a scanner says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "says", rename_all = "snake_case")]
pub enum Says {
    /// It reports the finding.
    Reports {
        /// Its rating.
        severity: Severity,
        /// Its fixes.
        fixed_versions: Vec<String>,
        /// The records that it matched.
        records: Vec<String>,
    },
    /// It looked, and does not report it.
    Nothing,
    /// It could not judge.
    CannotTell {
        /// Why.
        reason: String,
    },
}

/// Why a scanner's word is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reason {
    /// The scanner whose word it explains.
    pub scanner: String,
    /// What it comes from.
    pub cause: Cause,
    /// In a sentence.
    pub text: String,
}

/// What a disagreement comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It reports the problem under an id that nobody asserts to be the same.
    Alias,
    /// The record says that this version is not in its ranges.
    Range,
    /// Two orders of versions put the same two the other way round.
    VersionOrder,
    /// The record names the package otherwise.
    Name,
    /// A distribution judges its own package, or another release of it.
    Distribution,
    /// The record was taken back by its publisher.
    Withdrawn,
    /// The record came, or changed, after the scanner's database was made.
    DatabaseDate,
    /// The scanner failed, or knows nothing of the ecosystem.
    NotJudged,
    /// The record carries several ratings, and each scanner takes its own.
    Rating,
    /// They matched different records, which name different fixes.
    Record,
    /// Neither the report nor a given database tells.
    Unknown,
}

impl Cause {
    /// The word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Alias => "alias",
            Self::Range => "range",
            Self::VersionOrder => "version order",
            Self::Name => "name",
            Self::Distribution => "distribution",
            Self::Withdrawn => "withdrawn",
            Self::DatabaseDate => "database date",
            Self::NotJudged => "not judged",
            Self::Rating => "rating",
            Self::Record => "record",
            Self::Unknown => "cannot be told",
        }
    }
}

/// Which findings are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Any id of the alias group.
    pub id: Option<String>,
    /// The package; with a version, in that one.
    pub purl: Option<Purl>,
}

/// Explains what is wanted of a report: where nothing is named, every finding that scanners do not agree about.
///
/// # Errors
/// A database that is damaged.
pub fn explain(report: &Report, databases: &[Database], about: &About) -> Result<Vec<Explanation>, LookupError> {
    let facts = Facts::new(report, databases);
    let named = about.id.is_some() || about.purl.is_some();
    let wanted = report.findings.iter().filter(|finding| about.is_met_by(finding));
    wanted.filter(|finding| named || facts.is_disputed(finding)).map(|finding| one(finding, &facts)).collect()
}

fn one(finding: &Finding, facts: &Facts<'_>) -> Result<Explanation, LookupError> {
    let mut opinions: Vec<_> = facts::reporters(finding).into_iter().map(|step| reports(finding, step)).collect();
    let silent = finding.silent.iter().map(|step| Opinion { scanner: step.clone(), says: Says::Nothing });
    opinions.extend(silent);
    opinions.extend(finding.unsure.iter().map(|unsure| Opinion {
        scanner: unsure.step.clone(),
        says: Says::CannotTell { reason: unsure.reason.clone() },
    }));
    let mut reasons = words::differences(finding, facts);
    for step in &finding.silent {
        reasons.extend(silence::of(step, finding, facts)?);
    }
    reasons.extend(finding.unsure.iter().map(|unsure| {
        let owned = unsure.reason.contains("which owns the component");
        let cause = if owned { Cause::Distribution } else { Cause::NotJudged };
        Reason { scanner: unsure.step.clone(), cause, text: unsure.reason.clone() }
    }));
    Ok(Explanation {
        finding: finding.id.clone(),
        advisories: finding.advisories.clone(),
        component: finding.component.clone(),
        opinions,
        reasons,
    })
}

fn reports(finding: &Finding, step: &str) -> Opinion {
    let own: Vec<&Matched> = finding.matched.iter().filter(|matched| matched.step == step).collect();
    let mut fixed_versions: Vec<String> = own.iter().flat_map(|matched| matched.fixed_versions.clone()).collect();
    fixed_versions.dedup();
    let says = Says::Reports {
        severity: facts::severity(finding, step),
        fixed_versions,
        records: own.iter().map(|matched| matched.id.clone()).collect(),
    };
    Opinion { scanner: step.to_owned(), says }
}

impl About {
    fn is_met_by(&self, finding: &Finding) -> bool {
        let id = self.id.as_ref().is_none_or(|id| finding.id == *id || finding.advisories.contains(id));
        let purl = self.purl.as_ref().is_none_or(|wanted| {
            let found = finding.component.as_ref().and_then(|component| component.purl.as_deref());
            found.and_then(|text| Purl::parse(text).ok()).is_some_and(|found| same_package(wanted, &found))
        });
        id && purl
    }
}

/// By the ecosystem's canonical name, and by version where one is named.
fn same_package(wanted: &Purl, found: &Purl) -> bool {
    let name = |purl: &Purl| match Ecosystem::of(purl) {
        Some(ecosystem) => ecosystem.canonical_name(&purl.full_name()),
        None => purl.full_name(),
    };
    let version = wanted.version().is_none_or(|version| found.version() == Some(version));
    wanted.kind() == found.kind() && name(wanted) == name(found) && version
}

#[cfg(test)]
mod tests;
