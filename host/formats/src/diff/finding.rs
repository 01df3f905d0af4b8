//! Findings: the same problem of the same package, by any id of its alias group, in whatever version.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::component::{Key, Part, key};
use crate::json::{Finding, Severity, Status};

/// What is different about findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Findings {
    /// There now, and not before.
    pub added: Vec<Found>,
    /// There before, and not now.
    pub removed: Vec<Found>,
    /// There with another severity, status or fix.
    pub changed: Vec<ChangedFinding>,
    /// How many are there as before.
    pub same: u64,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// The record that stands for the group.
    pub id: String,
    /// Every id of the alias group.
    pub advisories: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// The worst known rating.
    pub severity: Severity,
    /// One line.
    pub title: String,
    /// The component; absent for a finding about the subject as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<Part>,
    /// What to upgrade to.
    pub fixed_versions: Vec<String>,
}

/// A finding that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChangedFinding {
    /// As it is now.
    pub finding: Found,
    /// Present where the rating changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Change<Severity>>,
    /// Present where its standing changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Change<Status>>,
    /// Present where the fixes changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_versions: Option<Change<Vec<String>>>,
}

/// From one value to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change<T> {
    /// As it was.
    pub old: T,
    /// As it is.
    pub new: T,
}

impl Findings {
    /// Whether nothing is different.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Pairs findings: the same fingerprint first, then the same version of the package, then the same package.
pub(super) fn compare(old: &[Finding], new: &[Finding]) -> Findings {
    let mut before: BTreeMap<Key, Vec<&Finding>> = BTreeMap::new();
    old.iter().for_each(|finding| before.entry(place(finding)).or_default().push(finding));
    let mut pairs: Vec<Option<&Finding>> = vec![None; new.len()];
    let rules: [fn(&Finding, &Finding) -> bool; 3] =
        [|a, b| a.fingerprint == b.fingerprint, |a, b| version(a) == version(b) && share_an_id(a, b), share_an_id];
    for same in rules {
        for (finding, pair) in new.iter().zip(&mut pairs).filter(|(_, pair)| pair.is_none()) {
            let Some(left) = before.get_mut(&place(finding)) else { continue };
            *pair = left.iter().position(|other| same(other, finding)).map(|position| left.remove(position));
        }
    }
    let mut found = Findings::default();
    for (finding, pair) in new.iter().zip(pairs) {
        match pair.map(|old| change(old, finding)) {
            None => found.added.push(Found::from(finding)),
            Some(None) => found.same += 1,
            Some(Some(changed)) => found.changed.push(changed),
        }
    }
    found.removed = before.into_values().flatten().map(Found::from).collect();
    let order = |found: &Found| (rank(found.severity), found.component.clone(), found.id.clone());
    found.added.sort_by_cached_key(order);
    found.removed.sort_by_cached_key(order);
    found.changed.sort_by_cached_key(|changed| order(&changed.finding));
    found
}

/// The package, or the subject as a whole.
fn place(finding: &Finding) -> Key {
    match &finding.component {
        Some(component) => key(component.purl.as_deref(), "component", &component.name),
        None => ("subject".to_owned(), finding.subjects.join(" ")),
    }
}

fn version(finding: &Finding) -> Option<&str> {
    finding.component.as_ref().and_then(|component| component.version.as_deref())
}

fn share_an_id(a: &Finding, b: &Finding) -> bool {
    a.id == b.id || a.advisories.iter().any(|id| b.advisories.contains(id))
}

fn change(old: &Finding, new: &Finding) -> Option<ChangedFinding> {
    let severity = changed(old.severity, new.severity);
    let status = changed(old.status, new.status);
    let fixed_versions = changed(old.fixed_versions.clone(), new.fixed_versions.clone());
    let any = severity.is_some() || status.is_some() || fixed_versions.is_some();
    any.then(|| ChangedFinding { finding: new.into(), severity, status, fixed_versions })
}

fn changed<T: PartialEq>(old: T, new: T) -> Option<Change<T>> {
    (old != new).then_some(Change { old, new })
}

/// Worst first, as in every format that people read.
fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 0,
        Severity::High => 1,
        Severity::Medium => 2,
        Severity::Low => 3,
        Severity::None => 4,
        Severity::Unknown => 5,
    }
}

impl From<&Finding> for Found {
    fn from(finding: &Finding) -> Self {
        let part = |component: &crate::json::FindingComponent| Part {
            name: component.name.clone(),
            version: component.version.clone(),
            purl: component.purl.clone(),
        };
        Self {
            id: finding.id.clone(),
            advisories: finding.advisories.clone(),
            status: finding.status,
            severity: finding.severity,
            title: finding.title.clone(),
            component: finding.component.as_ref().map(part),
            fixed_versions: finding.fixed_versions.clone(),
        }
    }
}

impl ChangedFinding {
    /// What changed, in words: "severity medium -> high".
    pub(super) fn words(&self) -> Vec<String> {
        let fixes = |versions: &[String]| if versions.is_empty() { "nothing".to_owned() } else { versions.join(", ") };
        let severity = self.severity.as_ref().map(|change| {
            format!("severity {} -> {}", super::severity_word(change.old), super::severity_word(change.new))
        });
        let status = self
            .status
            .as_ref()
            .map(|change| format!("status {} -> {}", super::status_word(change.old), super::status_word(change.new)));
        let fix = self
            .fixed_versions
            .as_ref()
            .map(|change| format!("fixed in {} -> {}", fixes(&change.old), fixes(&change.new)));
        [severity, status, fix].into_iter().flatten().collect()
    }
}

impl Found {
    /// The component, for a person.
    pub(super) fn place(&self) -> String {
        self.component.as_ref().map_or_else(|| "the subject".to_owned(), Part::label)
    }
}
