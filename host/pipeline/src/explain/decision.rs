//! What policies made of a finding.

use chiron_formats::json::{Decision, Finding, Property, Reason, Report, Status};
use schemars::JsonSchema;
use serde::Serialize;

/// Says which finding a reason is about (`wit/PROPERTIES.md`).
const FINDING: &str = "chiron:finding";

/// Says what one reason alone leads to.
const DECISION: &str = "chiron:decision";

/// A policy's word about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decided {
    /// The policy's step.
    pub policy: String,
    /// What this leads to alone.
    pub decision: Decision,
    /// The rule; absent where the policy says nothing of the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// In a sentence.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// What each policy of the run says of the finding, or that it says nothing.
pub(super) fn of_finding(finding: &Finding, report: &Report) -> Vec<Decided> {
    let component = finding.component.as_ref().map(|component| component.id.as_str());
    let mut decided = Vec::new();
    for policy in &report.verdict.policies {
        let about = |reason: &&Reason| {
            property(&reason.properties, FINDING).is_some_and(|id| id == finding.id)
                && (reason.component.is_none() || reason.component.as_deref() == component)
        };
        let reasons: Vec<_> = policy.reasons.iter().filter(about).collect();
        if reasons.is_empty() {
            decided.push(Decided {
                policy: policy.step.clone(),
                decision: Decision::Allow,
                rule: None,
                message: match finding.status {
                    Status::Suppressed => "does not count what was set aside".to_owned(),
                    Status::Affected | Status::Unknown => "lets it pass: it meets none of its rules".to_owned(),
                },
                remedy: None,
            });
        }
        decided.extend(reasons.into_iter().map(|reason| Decided {
            policy: policy.step.clone(),
            decision: match (policy.decision, property(&reason.properties, DECISION)) {
                (Decision::Deny, Some("warn")) => Decision::Warn,
                (decision, _) => decision,
            },
            rule: Some(reason.rule_id.clone()),
            message: reason.message.clone(),
            remedy: reason.remedy.clone(),
        }));
    }
    decided
}

fn property<'a>(properties: &'a [Property], key: &str) -> Option<&'a str> {
    properties.iter().find(|property| property.name == key).map(|property| property.value.as_str())
}
