//! What policies object to beyond findings: coverage, licences, rules of their own.

use std::collections::HashSet;

use chiron_model::digest::Digest;
use chiron_model::report::Report;
use chiron_model::verdict::{Decision, Reason};

/// The property that says which finding a reason is about (`wit/PROPERTIES.md`).
const FINDING: &str = "chiron:finding";

/// The property that says what one reason alone leads to.
const DECISION: &str = "chiron:decision";

/// A reason that is no echo of a finding.
pub(crate) struct Objection<'a> {
    /// The policy's step.
    pub(crate) step: &'a str,
    /// The reason.
    pub(crate) reason: &'a Reason,
    /// Whether it denies; else it warns.
    pub(crate) denies: bool,
}

/// The objections of policies that warn or deny, in the report's order.
///
/// A reason about a finding is left out, because the finding itself stands in every format, but only where there is such
/// a finding: a policy cannot hide a reason by naming one that is not there.
pub(crate) fn all(report: &Report) -> Vec<Objection<'_>> {
    let known: HashSet<&str> = report.findings.iter().map(|finding| finding.id.as_str()).collect();
    let mut objections = Vec::new();
    for policy in &report.verdict.policies {
        let denies = match policy.decision {
            Decision::Deny => true,
            Decision::Warn => false,
            Decision::Allow | Decision::NotApplicable => continue,
        };
        for reason in &policy.reasons {
            if property(reason, FINDING).is_some_and(|id| known.contains(id)) {
                continue;
            }
            // A policy that denies may add reasons that alone would only warn; it cannot make one worse than itself.
            let denies = denies && property(reason, DECISION) != Some(Decision::Warn.word());
            objections.push(Objection { step: &policy.step, reason, denies });
        }
    }
    objections
}

impl Objection<'_> {
    /// Stable between runs: from step, rule, component and message, as the host has no more to tell two reasons apart.
    pub(crate) fn fingerprint(&self) -> String {
        let component = self.reason.component.as_deref().unwrap_or_default();
        let text = [self.step, &self.reason.rule_id, component, &self.reason.message].join("\0");
        Digest::sha256_of(text.as_bytes()).hex().to_owned()
    }

    /// Message and remedy.
    pub(crate) fn sentence(&self) -> String {
        match &self.reason.remedy {
            Some(remedy) => format!("{}; {remedy}", self.reason.message),
            None => self.reason.message.clone(),
        }
    }
}

fn property<'a>(reason: &'a Reason, key: &str) -> Option<&'a str> {
    reason.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn with(properties: &[(&str, &str)]) -> Report {
        let mut report = sample::report();
        let policy = &mut report.verdict.policies[1];
        policy.reasons.truncate(1);
        policy.reasons[0].properties = properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        report
    }

    #[test]
    fn a_reason_about_a_finding_is_the_finding() {
        assert_eq!(all(&with(&[(FINDING, "CVE-2024-45230")])).len(), 0);
        assert_eq!(all(&with(&[(FINDING, "CVE-0000-0000")])).len(), 1);
        assert_eq!(all(&with(&[])).len(), 1);
    }

    #[test]
    fn a_reason_that_only_warns_does_not_deny() {
        assert!(all(&with(&[]))[0].denies);
        assert!(!all(&with(&[(DECISION, "warn")]))[0].denies);
        let mut report = with(&[(DECISION, "deny")]);
        report.verdict.policies[1].decision = Decision::Warn;
        assert!(!all(&report)[0].denies);
        report.verdict.policies[1].decision = Decision::Allow;
        assert!(all(&report).is_empty());
    }
}
