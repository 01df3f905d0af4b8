//! Suites and cases.

use std::collections::{BTreeSet, HashMap};

use chiron_model::component::Component;
use chiron_model::coverage::{Coverage, FileOutcome};
use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::report::Report;
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::verdict::{Decision, PolicyVerdict};

use crate::places::Places;
use crate::sentence;

/// Cases under a name.
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) cases: Vec<Case>,
}

/// One thing that was looked at.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) outcome: Outcome,
}

/// How it went.
pub(super) enum Outcome {
    Passed,
    Skipped(String),
    Failed { kind: String, message: String, text: String },
    Error { kind: &'static str, message: String },
}

/// Subjects, then policies, then steps.
pub(super) fn all(report: &Report) -> Vec<Suite> {
    let by_component = by_component(report);
    let mut suites: Vec<Suite> =
        subjects(report).into_iter().map(|name| of_subject(report, name, &by_component)).collect();
    let policies = report.verdict.policies.iter().map(of_policy).collect();
    suites.push(Suite { name: "chiron.policies".to_owned(), cases: policies });
    suites.push(Suite { name: "chiron.steps".to_owned(), cases: report.steps.iter().map(of_step).collect() });
    suites
}

/// The run's subjects, then any other that something is said about: nothing falls between suites.
fn subjects(report: &Report) -> Vec<&str> {
    let mut names: Vec<&str> = report.subjects.iter().map(|subject| subject.name.as_str()).collect();
    let components = report.components.iter().map(|component| component.origin.subject.as_str());
    let files = report.files.iter().map(|file| file.origin.subject.as_str());
    let findings = report.findings.iter().flat_map(|finding| finding.subjects.iter().map(String::as_str));
    let mut known: BTreeSet<&str> = names.iter().copied().collect();
    names.extend(components.chain(files).chain(findings).filter(|name| known.insert(name)));
    names
}

fn by_component(report: &Report) -> HashMap<usize, Vec<&Finding>> {
    let places = Places::new(report);
    let mut findings: HashMap<usize, Vec<&Finding>> = HashMap::new();
    for finding in &report.findings {
        for position in places.positions(finding) {
            findings.entry(position).or_default().push(finding);
        }
    }
    findings
}

fn of_subject(report: &Report, name: &str, by_component: &HashMap<usize, Vec<&Finding>>) -> Suite {
    let components = report.components.iter().enumerate().filter(|(_, component)| component.origin.subject == name);
    let mut cases: Vec<Case> = components
        .map(|(position, component)| {
            let findings = by_component.get(&position).map(Vec::as_slice).unwrap_or_default();
            of_component(component, findings)
        })
        .collect();
    let loose = report.findings.iter().filter(|finding| finding.subjects.iter().any(|subject| subject == name));
    let loose: Vec<&Finding> = loose.filter(|finding| report_lacks(report, finding)).collect();
    if !loose.is_empty() {
        cases.push(Case { name: "the subject".to_owned(), outcome: outcome(None, &loose) });
    }
    cases.extend(report.files.iter().filter(|file| file.origin.subject == name).filter_map(of_file));
    Suite { name: name.to_owned(), cases }
}

/// Whether a finding is about no component that is there.
fn report_lacks(report: &Report, finding: &Finding) -> bool {
    finding.component.as_deref().is_none_or(|id| report.component(id).is_none())
}

fn of_component(component: &Component, findings: &[&Finding]) -> Case {
    let name = match &component.purl {
        Some(purl) => purl.to_string(),
        None => sentence::name(Some(component)),
    };
    Case { name, outcome: outcome(Some(component), findings) }
}

fn outcome(component: Option<&Component>, findings: &[&Finding]) -> Outcome {
    let mut lines: Vec<String> = Vec::new();
    let mut reasons: Vec<&str> = Vec::new();
    let mut worst: Option<&Finding> = None;
    for finding in findings {
        if let FindingStatus::Suppressed(suppression) = &finding.status {
            reasons.push(&suppression.reason);
            continue;
        }
        lines.push(format!("[{}] {}", finding.severity.word(), sentence::whole(finding, component)));
        worst = worst.filter(|worst| worst.severity.rank() <= finding.severity.rank()).or(Some(finding));
    }
    match worst {
        Some(worst) => Outcome::Failed {
            kind: worst.category.clone(),
            message: format!("{} finding(s), the worst is {} ({})", lines.len(), worst.id, worst.severity.word()),
            text: lines.join("\n"),
        },
        None if reasons.is_empty() => Outcome::Passed,
        None => Outcome::Skipped(format!("set aside: {}", reasons.join("; "))),
    }
}

/// A file that no generator reads is most files, and no case.
fn of_file(file: &FileOutcome) -> Option<Case> {
    let why = file.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
    let outcome = match file.coverage {
        Coverage::Read | Coverage::Unsupported => return None,
        Coverage::Partly => {
            Outcome::Error { kind: "partly", message: format!("{} entries dropped: {why}", file.entries_dropped) }
        }
        Coverage::Failed => Outcome::Error { kind: "failed", message: why },
    };
    Some(Case { name: format!("reading {}", file.path), outcome })
}

fn of_policy(policy: &PolicyVerdict) -> Case {
    let reason = |reason: &chiron_model::verdict::Reason| format!("[{}] {}", reason.rule_id, reason.message);
    let outcome = match policy.decision {
        Decision::Allow | Decision::Warn => Outcome::Passed,
        Decision::NotApplicable => Outcome::Skipped("not applicable".to_owned()),
        Decision::Deny => Outcome::Failed {
            kind: "deny".to_owned(),
            message: policy.summary.clone(),
            text: policy.reasons.iter().map(reason).collect::<Vec<_>>().join("\n"),
        },
    };
    Case { name: policy.step.clone(), outcome }
}

fn of_step(step: &StepOutcome) -> Case {
    let outcome = match &step.ending {
        Ending::Succeeded => Outcome::Passed,
        Ending::Skipped(why) => Outcome::Skipped(why.clone()),
        // Its work is done, and the run stands: a red test would say otherwise. Fallbacks are those that they were tried for.
        Ending::Failed(failure) if step.replaced_by.is_some() || !step.fallback_for.is_empty() => {
            Outcome::Skipped(format!("{}: {}", failure.code, failure.message))
        }
        Ending::Failed(failure) => {
            Outcome::Error { kind: "step-failed", message: format!("{}: {}", failure.code, failure.message) }
        }
    };
    Case { name: step.id.clone(), outcome }
}
