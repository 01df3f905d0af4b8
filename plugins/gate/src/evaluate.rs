//! From the run's evidence to the gate's verdict.

use chiron_sdk::policy::{Decision, Finding, Input, Severity, Standing, Verdict};

use crate::config::{Action, Config};
use crate::coverage;
use crate::findings::{self, Names, word};
use crate::reasons::{self, Weighed};

/// The worst of what the settings make of findings and gaps.
pub(crate) fn evaluate(config: &Config, input: &Input) -> Verdict {
    let names: Names<'_> = input
        .components
        .iter()
        .map(|component| (component.id.as_str(), component))
        .collect();
    let mut reasons: Vec<Weighed> = input
        .findings
        .iter()
        .filter_map(|finding| findings::judge(config, finding, &names))
        .collect();
    reasons.extend(coverage::judge(config, input));
    reasons::sort(&mut reasons);
    let decision = match reasons.first().map(|worst| worst.action) {
        Some(Action::Deny) => Decision::Deny,
        Some(Action::Warn) => Decision::Warn,
        Some(Action::Allow) | None => Decision::Allow,
    };
    let mut verdict = Verdict::new(decision, summary(input, &reasons));
    verdict.reasons = reasons.into_iter().map(|weighed| weighed.reason).collect();
    verdict
}

/// "3 findings (1 critical, 2 unknown), 1 suppressed; 2 reasons to deny, 1 to warn".
fn summary(input: &Input, reasons: &[Weighed]) -> String {
    let (suppressed, standing): (Vec<&Finding>, Vec<&Finding>) = input
        .findings
        .iter()
        .partition(|finding| finding.standing == Standing::Suppressed);
    let mut summary = match standing.as_slice() {
        [] => "no findings".to_owned(),
        standing => format!("{} ({})", counted(standing.len(), "finding"), by_severity(standing)),
    };
    if !suppressed.is_empty() {
        summary.push_str(&format!(", {} suppressed", suppressed.len()));
    }
    let denying = reasons.iter().filter(|weighed| weighed.action == Action::Deny).count();
    match (denying, reasons.len() - denying) {
        (0, 0) => summary.push_str("; nothing to object to"),
        (0, warning) => summary.push_str(&format!("; {} to warn", counted(warning, "reason"))),
        (denying, 0) => summary.push_str(&format!("; {} to deny", counted(denying, "reason"))),
        (denying, warning) => summary.push_str(&format!("; {} to deny, {warning} to warn", counted(denying, "reason"))),
    }
    // What a failed step means for the run is the host's to say; that the gate saw less because of it belongs here.
    let failed: Vec<&str> = input
        .steps
        .iter()
        .filter(|step| !step.succeeded)
        .map(|step| step.id.as_str())
        .collect();
    if !failed.is_empty() {
        summary.push_str(&format!("; without the steps that failed: {}", failed.join(", ")));
    }
    summary
}

fn by_severity(findings: &[&Finding]) -> String {
    const WORST_FIRST: [Severity; 6] = [
        Severity::Critical,
        Severity::High,
        Severity::Medium,
        Severity::Low,
        Severity::None,
        Severity::Unknown,
    ];
    let counts = WORST_FIRST.iter().filter_map(|severity| {
        let count = findings.iter().filter(|finding| finding.severity == *severity).count();
        (count > 0).then(|| format!("{count} {}", word(*severity)))
    });
    counts.collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;
    use chiron_sdk::policy::{FileOutcome, Step};

    use super::*;

    fn verdict(config: &str, input: &Input) -> Verdict {
        evaluate(&Config::parse(config).unwrap(), input)
    }

    #[test]
    fn nothing_found_is_allowed() {
        let verdict = verdict("{}", &fake::input());
        assert_eq!(verdict.decision, Decision::Allow);
        assert_eq!(verdict.summary, "no findings; nothing to object to");
    }

    #[test]
    fn the_worst_reason_decides_and_comes_first() {
        let mut input = fake::input();
        input.findings = vec![
            fake::finding("B", "c", Severity::Unknown),
            fake::finding("C", "c", Severity::High),
            fake::finding("A", "c", Severity::Critical),
        ];
        let verdict = verdict("{}", &input);
        assert_eq!(verdict.decision, Decision::Deny);
        let ids: Vec<&str> = verdict.reasons.iter().map(|reason| reason.rule_id.as_str()).collect();
        assert_eq!(ids, ["severity-threshold", "severity-threshold", "unknown-severity"]);
        assert!(verdict.reasons[0].message.contains("by A"));
        assert_eq!(
            verdict.summary,
            "3 findings (1 critical, 1 high, 1 unknown); 3 reasons to deny"
        );
    }

    #[test]
    fn the_order_of_the_evidence_does_not_show() {
        let mut input = fake::input();
        input.findings = vec![
            fake::finding("A", "c", Severity::High),
            fake::finding("B", "c", Severity::High),
        ];
        input.files = vec![FileOutcome::failed("x", "why"), FileOutcome::failed("y", "why")];
        let first = verdict("{}", &input);
        input.findings.reverse();
        input.files.reverse();
        assert_eq!(verdict("{}", &input), first);
    }

    #[test]
    fn suppressed_findings_and_failed_steps_are_counted_and_named() {
        let mut input = fake::input();
        input.findings = vec![Finding {
            standing: Standing::Suppressed,
            ..fake::finding("A", "c", Severity::Critical)
        }];
        input.steps = vec![Step {
            id: "scan".to_owned(),
            kind: "scanner".to_owned(),
            plugin: "osv".to_owned(),
            succeeded: false,
            error: Some("no database".to_owned()),
            properties: Vec::new(),
        }];
        let verdict = verdict("{}", &input);
        assert_eq!(verdict.decision, Decision::Allow);
        assert_eq!(
            verdict.summary,
            "no findings, 1 suppressed; nothing to object to; without the steps that failed: scan"
        );
    }
}
