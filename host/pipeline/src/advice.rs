//! What to upgrade to: the smallest version that ends the findings of a component, by the ecosystem's order and by what
//! the run's databases say of that version.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use chiron_model::advice::Advice;
use chiron_model::advisory::{Candidate, Evaluation, Which};
use chiron_model::component::Component;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::purl::Purl;

use crate::databases::Databases;
use crate::evidence::Evidence;

/// Versions that are tried for one component. The most findings of one package in real reports are about 80.
const TRIED_MAX: usize = 256;

/// The way out for each component with findings that apply, sorted by component.
pub(crate) fn advise(findings: &[Finding], evidence: &Evidence, databases: Option<&Databases>) -> Vec<Advice> {
    let components: BTreeMap<_, _> = evidence.components.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut groups: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.status == FindingStatus::Affected) {
        if let Some(component) = finding.component.as_deref() {
            groups.entry(component).or_default().push(finding);
        }
    }
    let look = |purl: &Purl| records(databases, purl);
    let advice = |(id, group): (&str, Vec<&Finding>)| {
        let component = components.get(id).copied()?;
        Some(Case::new(component, &group, &look).advice())
    };
    groups.into_iter().filter_map(advice).collect()
}

/// What applies, or cannot be told, to a version; None where a database cannot answer.
type Look<'a> = &'a dyn Fn(&Purl) -> Option<Vec<Candidate>>;

fn records(databases: Option<&Databases>, purl: &Purl) -> Option<Vec<Candidate>> {
    let which = Which { affected: true, unknown: true, unaffected: false, withdrawn: false };
    let mut all = Vec::new();
    for database in databases?.open.iter() {
        // One that does not cover the ecosystem has nothing to say; another may.
        if let Ok(found) = database.lookup(purl, which) {
            all.extend(found);
        }
    }
    Some(all)
}

/// The findings of one component, and what is known of its other versions.
struct Case<'a> {
    component: &'a Component,
    findings: &'a [&'a Finding],
    look: Look<'a>,
    /// Findings that the databases know to apply to this version: of these they can tell when they end.
    known: BTreeSet<&'a str>,
}

/// What upgrading to a version would lead to.
struct Outcome {
    version: String,
    leaves: Vec<String>,
    brings: Vec<String>,
}

impl<'a> Case<'a> {
    fn new(component: &'a Component, findings: &'a [&'a Finding], look: Look<'a>) -> Self {
        let now = component.purl.as_ref().and_then(look).unwrap_or_default();
        let known = findings.iter().filter(|finding| now.iter().any(|record| is_about(record, finding)));
        let known = known.map(|finding| finding.id.as_str()).collect();
        Self { component, findings, look, known }
    }

    fn advice(&self) -> Advice {
        let mut outcomes = self.outcomes();
        // A version whose place in the order is not known is offered only where it ends everything.
        let is_ordered = |version: &str| self.compare(version, version).is_some();
        outcomes.retain(|Outcome { version, leaves, .. }| {
            leaves.is_empty() || leaves.len() < self.findings.len() && is_ordered(version)
        });
        // Ascending, so that among equals the first is the smallest.
        outcomes.sort_by(|a, b| self.compare(&a.version, &b.version).unwrap_or_else(|| a.version.cmp(&b.version)));
        let best = outcomes.into_iter().min_by_key(|outcome| outcome.leaves.len() + outcome.brings.len());
        let id = self.component.id.clone();
        let all = self.findings.iter().map(|finding| finding.id.clone());
        match best {
            None => Advice { component: id, leaves: all.collect(), ..Advice::default() },
            Some(Outcome { version, leaves, brings }) => {
                let clears = all.filter(|id| !leaves.contains(id)).collect();
                Advice { component: id, upgrade_to: Some(version), clears, leaves, brings }
            }
        }
    }

    /// Every version that is known to fix something here, and those that fix what such a version brings.
    fn outcomes(&self) -> Vec<Outcome> {
        let mut open: Vec<String> = self.findings.iter().flat_map(|f| f.fixed_versions.iter().cloned()).collect();
        let mut tried = BTreeSet::new();
        let mut outcomes = Vec::new();
        while let Some(version) = open.pop() {
            if tried.len() >= TRIED_MAX || !self.is_ahead(&version) || !tried.insert(version.clone()) {
                continue;
            }
            let (outcome, further) = self.outcome(version);
            open.extend(further);
            outcomes.push(outcome);
        }
        outcomes
    }

    fn outcome(&self, version: String) -> (Outcome, Vec<String>) {
        let purl = self.component.purl.as_ref().and_then(|purl| purl.at(&version).ok());
        let then = purl.as_ref().and_then(self.look);
        let ends = |finding: &Finding| match &then {
            Some(records) if self.known.contains(finding.id.as_str()) => {
                !records.iter().any(|record| is_about(record, finding))
            }
            _ => self.fixes(&version, finding),
        };
        let leaves = self.findings.iter().filter(|finding| !ends(finding)).map(|finding| finding.id.clone()).collect();
        let (mut brings, mut further) = (BTreeSet::new(), Vec::new());
        for record in then.iter().flatten() {
            let Evaluation::Affected(matched) = &record.evaluation else { continue };
            if !self.findings.iter().any(|finding| is_about(record, finding)) {
                brings.insert(record.id.clone());
            }
            further.extend(matched.fixed.iter().cloned());
        }
        (Outcome { version, leaves, brings: brings.into_iter().collect() }, further)
    }

    /// Where no database can tell: a version is one of the fixes, or not below the last. Between two fixes it may lie in a
    /// later range that is affected again.
    fn fixes(&self, version: &str, finding: &Finding) -> bool {
        let fixes = &finding.fixed_versions;
        let beyond = |last: &String| self.compare(version, last).is_some_and(Ordering::is_ge);
        fixes.iter().any(|fix| fix == version) || fixes.last().is_some_and(beyond)
    }

    /// Nobody is advised to go back.
    fn is_ahead(&self, version: &str) -> bool {
        let Some(now) = self.component.version.as_deref() else { return true };
        self.compare(version, now).is_none_or(Ordering::is_gt)
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        let ecosystem = self.component.purl.as_ref().and_then(Ecosystem::of)?;
        chiron_advisories::compare(ecosystem, left, right).ok()
    }
}

/// Whether a record is one of those that a finding stands for.
fn is_about(record: &Candidate, finding: &Finding) -> bool {
    finding.advisories.contains(&record.id) || finding.matched.iter().any(|matched| matched.id == record.id)
}

#[cfg(test)]
mod tests;
