//! The way out of a finding.

use chiron_formats::json::{Finding, Report};
use chiron_model::purl::Purl;
use schemars::JsonSchema;
use serde::Serialize;

use super::{facts, same_name};

/// What is known of a fix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Fix {
    /// Versions that end this finding, the closest first.
    pub versions: Vec<String>,
    /// Where none is known: the last version known to be affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
    /// The smallest version that leaves as few findings of the component as possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_to: Option<String>,
    /// Findings of the component that this version does not end.
    pub leaves: Vec<String>,
    /// Records that apply to that version and not to this one.
    pub brings: Vec<String>,
    /// Files of the report in which the package is already there in one of these versions, or a later one.
    pub is_in: Vec<String>,
}

/// What a report knows of it.
pub(super) fn of_finding(finding: &Finding, report: &Report) -> Option<Fix> {
    let advice = report.advice.iter().find(|advice| {
        let of = finding.component.as_ref().map(|component| &component.id);
        of == Some(&advice.component.id) && advice.clears.contains(&finding.id)
    });
    let fix = Fix {
        versions: finding.fixed_versions.clone(),
        last_affected: finding.last_affected.clone(),
        upgrade_to: advice.and_then(|advice| advice.upgrade_to.clone()),
        leaves: advice.map(|advice| advice.leaves.clone()).unwrap_or_default(),
        brings: advice.map(|advice| advice.brings.clone()).unwrap_or_default(),
        is_in: is_in(finding, report),
    };
    (!fix.versions.is_empty() || fix.last_affected.is_some() || fix.upgrade_to.is_some()).then_some(fix)
}

/// Other copies of the package that have the closest fix.
fn is_in(finding: &Finding, report: &Report) -> Vec<String> {
    let Some(purl) = finding.component.as_ref().and_then(|component| Purl::parse(component.purl.as_deref()?).ok())
    else {
        return Vec::new();
    };
    let Some((ecosystem, _)) = facts::versioned(&purl) else { return Vec::new() };
    let Some(closest) = finding.fixed_versions.first() else { return Vec::new() };
    let mut places = Vec::new();
    for component in &report.components {
        let Some(other) = component.purl.as_deref().and_then(|text| Purl::parse(text).ok()) else { continue };
        let Some(version) = other.version().filter(|_| same_name(&purl, &other)) else { continue };
        if chiron_advisories::compare(ecosystem, version, closest).is_ok_and(std::cmp::Ordering::is_ge) {
            let place =
                component.locations.first().map_or(component.subject.as_str(), |location| location.path.as_str());
            places.push(format!("{} {version}, {place}", component.name));
        }
    }
    places
}
