//! What a report says, as explanations ask for it.

use std::collections::BTreeSet;

use chiron_advisories::Database;
use chiron_formats::json::{Component, Ending, Finding, Property, Report, Severity, Step};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;

/// The grant by which a scanner stands on the run's databases.
const ADVISORIES: &str = "advisories";

/// A report, and the databases that were given beside it.
pub(super) struct Facts<'a> {
    pub(super) report: &'a Report,
    pub(super) databases: &'a [Database],
}

impl<'a> Facts<'a> {
    pub(super) fn new(report: &'a Report, databases: &'a [Database]) -> Self {
        Self { report, databases }
    }

    /// Whether not all scanners that were asked say the same.
    pub(super) fn is_disputed(&self, finding: &Finding) -> bool {
        let reporters = reporters(finding);
        let said = |step: &str| (severity(finding, step), fixes(finding, step));
        let alike = reporters.windows(2).all(|pair| said(pair[0]) == said(pair[1]));
        !alike || !finding.silent.is_empty() || !finding.unsure.is_empty()
    }

    /// Whether a scanner stands on the run's databases, and not on data of its own.
    pub(super) fn asks_databases(&self, step: &str) -> bool {
        let of = |found: &&Step| found.id == step && found.ending == Ending::Succeeded;
        self.report.steps.iter().find(of).is_some_and(|step| step.plugin.grants.iter().any(|grant| grant == ADVISORIES))
    }

    /// The component of a finding.
    pub(super) fn component(&self, finding: &Finding) -> Option<&'a Component> {
        let id = &finding.component.as_ref()?.id;
        self.report.components.iter().find(|component| component.id == *id)
    }

    /// The component's purl as scanners ask for it: what an SBOM's purl leaves out, properties may say.
    pub(super) fn asked(&self, finding: &Finding) -> Option<Purl> {
        let component = self.component(finding)?;
        let mut purl = Purl::parse(component.purl.as_deref()?).ok()?;
        for (qualifier, key) in [("distro", "chiron:distro"), ("upstream", "chiron:upstream")] {
            if let Some(more) = property(component, key).and_then(|value| purl.with_qualifier(qualifier, value)) {
                purl = more;
            }
        }
        Some(purl)
    }

    /// That a given database is not one that the run asked: what it says may be another word than the scanners had.
    pub(super) fn other_databases(&self) -> Vec<String> {
        let other =
            |database: &&Database| !self.report.databases.iter().any(|known| known.digest == database.id().digest);
        let told = |database: &Database| {
            let id = database.id();
            let day = id.built_at.split('T').next().unwrap_or_default();
            format!("the database `{}` of {day} is not one that the run asked: its records may be other ones", id.name)
        };
        self.databases.iter().filter(other).map(told).collect()
    }

    /// When the run's database of this name was made.
    pub(super) fn built_at(&self, database: &str) -> Option<&'a str> {
        let found = self.report.databases.iter().find(|known| known.name == database);
        found.or(self.report.databases.first()).map(|database| database.built_at.as_str())
    }

    /// Findings of the same component that a scanner reports and none of these do.
    pub(super) fn others_by(&self, step: &str, finding: &Finding) -> Vec<&'a Finding> {
        let own: BTreeSet<_> = reporters(finding).into_iter().collect();
        let place = |finding: &Finding| finding.component.as_ref().map(|component| component.id.clone());
        let others = self.report.findings.iter().filter(|other| other.fingerprint != finding.fingerprint);
        others
            .filter(|other| place(other) == place(finding))
            .filter(|other| reporters(other).contains(&step) && reporters(other).iter().all(|by| !own.contains(by)))
            .collect()
    }
}

/// Steps of the scanners that report a finding, each once, sorted.
pub(super) fn reporters(finding: &Finding) -> Vec<&str> {
    let steps: BTreeSet<_> = finding.matched.iter().map(|matched| matched.step.as_str()).collect();
    steps.into_iter().collect()
}

/// The worst rating that a scanner gives.
pub(super) fn severity(finding: &Finding, step: &str) -> Severity {
    const WORST_FIRST: [Severity; 5] =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::None];
    let own = |severity: &Severity| finding.matched.iter().any(|m| m.step == step && m.severity == *severity);
    WORST_FIRST.into_iter().find(own).unwrap_or(Severity::Unknown)
}

/// The fixes that a scanner names.
pub(super) fn fixes<'a>(finding: &'a Finding, step: &str) -> Vec<&'a str> {
    let own = finding.matched.iter().filter(|matched| matched.step == step);
    let all: BTreeSet<_> = own.flat_map(|matched| matched.fixed_versions.iter().map(String::as_str)).collect();
    all.into_iter().collect()
}

/// The value of a component's property.
pub(super) fn property<'a>(component: &'a Component, key: &str) -> Option<&'a str> {
    component.properties.iter().find(|Property { name, .. }| name == key).map(|property| property.value.as_str())
}

/// The component's ecosystem and version.
pub(super) fn versioned(purl: &Purl) -> Option<(Ecosystem, &str)> {
    Ecosystem::of(purl).zip(purl.version())
}
