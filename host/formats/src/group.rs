//! Findings that apply, by component, worst first: the order of every format that people read.

use std::collections::HashMap;

use chiron_model::advice::Advice;
use chiron_model::component::Component;
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::report::Report;
use chiron_model::severity::Severity;

use crate::upgrade;

/// The components of a report by id.
pub(crate) fn components(report: &Report) -> HashMap<&str, &Component> {
    let mut components = HashMap::with_capacity(report.components.len());
    for component in &report.components {
        components.entry(component.id.as_str()).or_insert(component);
    }
    components
}

/// "name version", for a person.
pub(crate) fn label(component: Option<&Component>) -> String {
    match component {
        Some(Component { name, version: Some(version), .. }) => format!("{name} {version}"),
        Some(Component { name, .. }) => format!("{name} (no version)"),
        None => "the subject as a whole".to_owned(),
    }
}

/// The findings of one component.
pub(crate) struct Group<'a> {
    /// None for the subject as a whole.
    pub(crate) component: Option<&'a Component>,
    /// Worst first.
    pub(crate) findings: Vec<&'a Finding>,
    /// The way out, where one was looked for.
    pub(crate) advice: Option<&'a Advice>,
}

/// Worst component first, and in each the worst finding; among equals by name, so that two runs look the same.
pub(crate) fn groups<'a>(report: &'a Report, components: &HashMap<&str, &'a Component>) -> Vec<Group<'a>> {
    let mut positions: HashMap<Option<&str>, usize> = HashMap::new();
    let mut groups: Vec<Group<'a>> = Vec::new();
    let advice: HashMap<&str, &Advice> =
        report.advice.iter().map(|advice| (advice.component.as_str(), advice)).collect();
    for finding in report.findings.iter().filter(|f| f.status == FindingStatus::Affected) {
        let component = finding.component.as_deref();
        let position = *positions.entry(component).or_insert_with(|| {
            groups.push(Group {
                component: component.and_then(|id| components.get(id).copied()),
                findings: Vec::new(),
                advice: component.and_then(|id| advice.get(id).copied()),
            });
            groups.len() - 1
        });
        groups[position].findings.push(finding);
    }
    for group in &mut groups {
        group.findings.sort_by_key(|finding| (finding.severity.rank(), &finding.id));
    }
    groups.sort_by_cached_key(|group| (group.worst().rank(), label(group.component)));
    groups
}

impl<'a> Group<'a> {
    /// The version to upgrade to.
    pub(crate) fn upgrade(&self) -> Option<&'a str> {
        self.advice.and_then(|advice| advice.upgrade_to.as_deref())
    }

    /// What that version does not do.
    pub(crate) fn remark(&self) -> Option<String> {
        upgrade::remark(self.advice.filter(|advice| advice.upgrade_to.is_some())?, &self.findings)
    }

    /// Whether that version ends a finding.
    pub(crate) fn clears(&self, finding: &Finding) -> bool {
        self.advice.is_some_and(|advice| advice.clears.contains(&finding.id))
    }

    /// The worst severity among them.
    pub(crate) fn worst(&self) -> Severity {
        self.findings.first().map_or(Severity::Unknown, |f| f.severity)
    }
}

/// Another id that people know the finding by.
pub(crate) fn alias(finding: &Finding) -> Option<&str> {
    ["CVE-", "GHSA-", "RUSTSEC-", "PYSEC-"].into_iter().find_map(|prefix| {
        let mut others = finding.advisories.iter().filter(|id| **id != finding.id);
        others.find(|id| id.starts_with(prefix)).map(String::as_str)
    })
}
