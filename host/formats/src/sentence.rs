//! What formats say in sentences. Texts of others stand in them as they are: each format makes them inert in its way.

use chiron_model::component::Component;
use chiron_model::finding::{Finding, FindingStatus};

/// A component as people name it: `Django 4.2.0`.
pub(crate) fn name(component: Option<&Component>) -> String {
    match component {
        Some(Component { name, version: Some(version), .. }) => format!("{name} {version}"),
        Some(Component { name, version: None, .. }) => name.clone(),
        None => "the subject".to_owned(),
    }
}

/// What a finding says, without the way out.
pub(crate) fn headline(finding: &Finding, component: Option<&Component>) -> String {
    let name = name(component);
    let title = if finding.title.is_empty() { String::new() } else { format!(": {}", finding.title) };
    match (&finding.status, &finding.unknown_reason) {
        (FindingStatus::Unknown, Some(reason)) => {
            format!("it cannot be told whether {name} is affected by {}{title} ({reason})", finding.id)
        }
        (FindingStatus::Unknown, None) => {
            format!("it cannot be told whether {name} is affected by {}{title}", finding.id)
        }
        (FindingStatus::Affected | FindingStatus::Suppressed(_), _) => {
            format!("{name} is affected by {}{title}", finding.id)
        }
    }
}

/// The way out, if one is known.
pub(crate) fn recommendation(finding: &Finding) -> Option<String> {
    match (&finding.fixed_versions[..], &finding.last_affected) {
        ([], None) => None,
        ([], Some(last)) => Some(format!("No fixed version is known; the last affected one is {last}.")),
        ([one], _) => Some(format!("Upgrade to {one}.")),
        (several, _) => Some(format!("Upgrade to one of {}.", several.join(", "))),
    }
}

/// Headline and way out.
pub(crate) fn whole(finding: &Finding, component: Option<&Component>) -> String {
    let headline = headline(finding, component);
    match recommendation(finding) {
        Some(recommendation) => format!("{}. {recommendation}", headline.trim_end_matches('.')),
        None => headline,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_cannot_be_told_is_said_so() {
        let report = sample::report();
        let say = |finding: usize, component: usize| whole(&report.findings[finding], report.components.get(component));
        assert_eq!(
            say(4, 4),
            "it cannot be told whether somelib is affected by OSV-2023-77: Title of OSV-2023-77 \
             (the component has no version)"
        );
        assert_eq!(
            say(1, 0),
            "Django 4.2.0 is affected by GHSA-m9g8-fxxm-xg86: SQL injection in HasKey(lhs, rhs) on Oracle. \
             Upgrade to one of 4.2.17, 5.0.10."
        );
        assert!(say(2, 9).starts_with("the subject is affected by CVE-2023-4863"));
    }
}
