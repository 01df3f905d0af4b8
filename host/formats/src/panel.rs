//! What several scanners say of one finding, where they do not all say the same.

use std::collections::BTreeMap;

use chiron_model::finding::{Finding, Matched};
use chiron_model::severity::Severity;

/// What one scanner says: its worst rating, and its fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    /// Its step.
    pub(crate) step: &'a str,
    /// Its worst rating.
    pub(crate) severity: Severity,
    /// What it says to upgrade to.
    pub(crate) fixed_versions: Vec<&'a str>,
    last_affected: Option<&'a str>,
}

/// What each scanner that reports the finding says, by step.
pub(crate) fn words(finding: &Finding) -> Vec<Word<'_>> {
    let mut by_step: BTreeMap<&str, Word<'_>> = BTreeMap::new();
    for Matched { step, severity, fixed_versions, last_affected, .. } in &finding.matched {
        let word = by_step.entry(step).or_insert(Word {
            step,
            severity: Severity::Unknown,
            fixed_versions: Vec::new(),
            last_affected: None,
        });
        word.severity = word.severity.worse(*severity);
        for version in fixed_versions {
            if !word.fixed_versions.contains(&version.as_str()) {
                word.fixed_versions.push(version);
            }
        }
        word.last_affected = word.last_affected.or(last_affected.as_deref());
    }
    by_step.into_values().collect()
}

/// "osv: high, fixed in 3.1.5; grype: medium, no fix known; not reported by trivy". None where all say the same.
pub(crate) fn disagreement(finding: &Finding) -> Option<String> {
    let words = words(finding);
    let alike = words
        .windows(2)
        .all(|pair| (pair[0].severity, &pair[0].fixed_versions) == (pair[1].severity, &pair[1].fixed_versions));
    if alike && finding.silent.is_empty() && finding.unsure.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = if alike {
        let steps: Vec<_> = words.iter().map(|word| word.step).collect();
        vec![format!("reported by {}", steps.join(", "))]
    } else {
        words.iter().map(Word::sentence).collect()
    };
    if !finding.silent.is_empty() {
        parts.push(format!("not reported by {}", finding.silent.join(", ")));
    }
    parts.extend(finding.unsure.iter().map(|unsure| format!("{} cannot tell: {}", unsure.step, unsure.reason)));
    Some(parts.join("; "))
}

impl Word<'_> {
    fn sentence(&self) -> String {
        let rating = if self.severity == Severity::Unknown { "unrated" } else { self.severity.word() };
        let fix = match (&self.fixed_versions[..], self.last_affected) {
            ([], Some(last)) => format!("last affected {last}"),
            ([], None) => "no fix known".to_owned(),
            (fixes, _) => format!("fixed in {}", fixes.join(", ")),
        };
        format!("{}: {rating}, {fix}", self.step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn what_differs_is_said_and_what_all_say_is_not() {
        let report = sample::compared();
        let said: Vec<_> = report.findings.iter().map(disagreement).collect();
        let expected = [
            Some("grype: medium, fixed in 4.2.17; scan: high, fixed in 4.2.16"),
            Some("reported by scan; not reported by grype"),
            Some("reported by scan; grype cannot tell: it failed (deadline)"),
            None,
            None,
        ];
        assert_eq!(said.iter().map(Option::as_deref).collect::<Vec<_>>(), expected);
        let mut both = report.findings[0].clone();
        both.matched[1] = sample::matched("GHSA-5hgc-2vfp-mqvc", "grype", Severity::High, "4.2.16");
        assert_eq!(disagreement(&both), None);
    }
}
