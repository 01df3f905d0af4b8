//! Why a finding is there, why it counts or not, and why scanners do not agree about it, as far as a report and databases can tell.
//!
//! An explanation is a reading of facts, never a judgement: it changes no finding, and says so where it cannot tell.

mod alias;
mod decision;
mod facts;
mod fix;
mod place;
mod record;
mod silence;
mod unfound;
mod words;

use chiron_advisories::{Database, LookupError};
use chiron_formats::json::{
    Epss, Finding, FindingComponent, Kev, Matched, NearMiss, Report, Severity, Status, Suppression, VexRemark,
};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use schemars::JsonSchema;
use serde::Serialize;

pub use alias::{Alias, AssertedBy};
pub use decision::Decided;
pub use fix::Fix;
pub use place::Places;
pub use record::{Entry, Range, Record};

use facts::Facts;

/// The version of what is written as JSON.
pub const SCHEMA: &str = "chiron-explanation/0.2";

/// What `chiron explain -o json` writes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Document {
    /// The version of the format: `chiron-explanation/0.2`.
    pub schema: String,
    /// Each finding that was asked about, or that scanners do not agree about. Where nothing was found: why.
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

/// Everything that can be told of one finding, or of why there is none.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The record that stands for the finding; the id that was asked for, where there is none.
    pub finding: String,
    /// Every id of its alias group, as databases assert it.
    pub advisories: Vec<String>,
    /// The component; absent for a finding about the subject as a whole, and where no package was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<FindingComponent>,
    /// In a word.
    pub answer: Answer,
    /// In a sentence.
    pub because: String,
    /// What the vulnerability is, in a line.
    pub title: String,
    /// The finding's rating; absent where there is no finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Its other ids, and who says that they mean the same.
    pub aliases: Vec<Alias>,
    /// What the records of the given databases say of the package, range by range.
    pub records: Vec<Record>,
    /// Whose word set it aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<Suppression>,
    /// VEX statements that speak of it.
    pub vex: Vec<VexRemark>,
    /// What people said that nearly sets it aside, and why it does not.
    pub near_misses: Vec<NearMiss>,
    /// Where it is, and who needs it.
    pub places: Places,
    /// The way out; absent where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// How likely it is to be exploited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
    /// That it is known to be exploited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev: Option<Kev>,
    /// What policies made of it.
    pub decisions: Vec<Decided>,
    /// What else a reader should know.
    pub remarks: Vec<String>,
    /// Each scanner's word.
    pub opinions: Vec<Opinion>,
    /// Why they are not the same; empty where they are.
    pub reasons: Vec<Reason>,
}

/// What an explanation comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It applies, and counts.
    Affected,
    /// It applies, and somebody's word sets it aside.
    SetAside,
    /// It does not apply to this version.
    Unaffected,
    /// It is about other packages.
    OtherPackage,
    /// It cannot be told. Never the same as unaffected.
    CannotTell,
    /// Nothing was named that it could apply to.
    NoPackage,
}

impl Answer {
    /// The word in tables.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Affected => "AFFECTED",
            Self::SetAside => "SET ASIDE",
            Self::Unaffected => "NOT AFFECTED",
            Self::OtherPackage => "ANOTHER PACKAGE",
            Self::CannotTell => "CANNOT TELL",
            Self::NoPackage => "NO PACKAGE NAMED",
        }
    }
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
    /// The other ids of its group.
    aliases: Vec<String>,
}

impl About {
    /// An id, a package, or both.
    #[must_use]
    pub fn new(id: Option<String>, purl: Option<Purl>) -> Self {
        Self { id, purl, aliases: Vec::new() }
    }

    /// With what databases call it, written as they write it.
    fn with_aliases(&self, databases: &[Database]) -> Result<Self, LookupError> {
        let mut about = self.clone();
        let Some(id) = &mut about.id else { return Ok(about) };
        // `ghsa-…` and `cve-…` are typed as they come.
        let spellings = [id.clone(), id.to_uppercase(), ghsa(id)];
        for database in databases {
            for spelling in &spellings {
                let group = database.alias_group(spelling)?;
                if group.len() > 1 || database.holds(spelling) {
                    about.aliases.extend(group);
                    break;
                }
            }
        }
        about.aliases.sort();
        about.aliases.dedup();
        if let Some(known) = about.aliases.iter().find(|alias| alias.eq_ignore_ascii_case(id)) {
            id.clone_from(known);
        }
        Ok(about)
    }
}

/// As GitHub writes its ids: capitals before the first hyphen alone.
fn ghsa(id: &str) -> String {
    match id.split_once('-') {
        Some((prefix, rest)) => format!("{}-{}", prefix.to_uppercase(), rest.to_lowercase()),
        None => id.to_owned(),
    }
}

/// Explains what is wanted. Where nothing is named: every finding of the report that scanners do not agree about. Where no finding
/// is met: why there is none, as far as databases tell.
///
/// # Errors
/// A database that is damaged.
pub fn explain(
    report: Option<&Report>,
    databases: &[Database],
    about: &About,
) -> Result<Vec<Explanation>, LookupError> {
    let about = about.with_aliases(databases)?;
    if let Some(report) = report {
        let facts = Facts::new(report, databases);
        let named = about.id.is_some() || about.purl.is_some();
        let wanted = report.findings.iter().filter(|finding| about.is_met_by(finding));
        let met: Result<Vec<_>, _> =
            wanted.filter(|finding| named || facts.is_disputed(finding)).map(|finding| one(finding, &facts)).collect();
        let met = met?;
        if !met.is_empty() || !named {
            return Ok(met);
        }
    }
    unfound::explain(report, databases, &about)
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
    let (answer, because) = standing(finding);
    let asked = facts.asked(finding);
    Ok(Explanation {
        finding: finding.id.clone(),
        advisories: finding.advisories.clone(),
        component: finding.component.clone(),
        answer,
        because,
        title: finding.title.clone(),
        severity: Some(finding.severity),
        aliases: alias::of_finding(finding, facts)?,
        records: record::all(&finding.advisories, asked.as_ref(), facts.databases)?,
        set_aside: finding.suppression.clone(),
        vex: finding.vex.clone(),
        near_misses: finding.near_misses.clone(),
        places: place::of_finding(finding, facts.report),
        fix: fix::of_finding(finding, facts.report),
        epss: finding.epss.clone(),
        kev: finding.kev.clone(),
        decisions: decision::of_finding(finding, facts.report),
        remarks: facts.other_databases(),
        opinions,
        reasons,
    })
}

/// A finding in a word and in a sentence.
fn standing(finding: &Finding) -> (Answer, String) {
    let what = place::name(finding.component.as_ref());
    let id = &finding.id;
    let applies = |was: Status| match was {
        Status::Unknown => format!("it cannot be told whether {what} is affected by {id}"),
        Status::Affected | Status::Suppressed => format!("{what} is affected by {id}"),
    };
    match (finding.status, &finding.suppression) {
        (Status::Affected, _) => (Answer::Affected, applies(Status::Affected)),
        (Status::Unknown, _) => {
            let reason = finding.unknown_reason.as_deref().unwrap_or("the scanner does not say why");
            (Answer::CannotTell, format!("{}: {reason}", applies(Status::Unknown)))
        }
        (Status::Suppressed, Some(suppression)) => {
            let by = match suppression.by.as_str() {
                "vex" => "a VEX statement",
                "baseline" => "the baseline",
                _ => "a suppression",
            };
            (Answer::SetAside, format!("{}, and set aside by {by}", applies(suppression.was)))
        }
        (Status::Suppressed, None) => (Answer::SetAside, format!("{}, and set aside", applies(Status::Affected))),
    }
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
        let is_it = |known: &String| {
            self.id.as_ref().is_some_and(|id| known.eq_ignore_ascii_case(id)) || self.aliases.contains(known)
        };
        let id = self.id.is_none() || is_it(&finding.id) || finding.advisories.iter().any(is_it);
        let purl = self.purl.as_ref().is_none_or(|wanted| {
            let found = finding.component.as_ref().and_then(|component| component.purl.as_deref());
            found.and_then(|text| Purl::parse(text).ok()).is_some_and(|found| same_package(wanted, &found))
        });
        id && purl
    }
}

/// By name, and by version where one is named.
fn same_package(wanted: &Purl, found: &Purl) -> bool {
    same_name(wanted, found) && wanted.version().is_none_or(|version| found.version() == Some(version))
}

/// By the ecosystem's canonical name.
fn same_name(wanted: &Purl, found: &Purl) -> bool {
    let name = |purl: &Purl| match Ecosystem::of(purl) {
        Some(ecosystem) => ecosystem.canonical_name(&purl.full_name()),
        None => purl.full_name(),
    };
    wanted.kind() == found.kind() && name(wanted) == name(found)
}

#[cfg(test)]
mod tests;
