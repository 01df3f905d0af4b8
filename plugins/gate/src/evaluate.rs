//! From the run's evidence to the gate's verdict.

use chiron_sdk::policy::{Decision, Input, Verdict};

use crate::config::{Action, Config};
use crate::coverage;
use crate::findings::{self, Names};
use crate::licenses;
use crate::reasons::{self, Weighed};
use crate::summary;

/// The worst of what the settings make of findings and gaps.
pub(crate) fn evaluate(config: &Config, input: &Input) -> Verdict {
    let names: Names<'_> = input.components.iter().map(|component| (component.id.as_str(), component)).collect();
    let mut reasons: Vec<Weighed> =
        input.findings.iter().filter_map(|finding| findings::judge(config, finding, &names)).collect();
    let licenses =
        config.licenses.as_ref().map(|policy| licenses::judge(policy, &input.components)).unwrap_or_default();
    reasons.extend(licenses.reasons);
    reasons.extend(coverage::judge(config, input));
    reasons::sort(&mut reasons);
    let decision = match reasons.first().map(|worst| worst.action) {
        Some(Action::Deny) => Decision::Deny,
        Some(Action::Warn) => Decision::Warn,
        Some(Action::Allow) | None => Decision::Allow,
    };
    let mut verdict = Verdict::new(decision, summary::sentence(config, input, &reasons));
    let exception = |line| ("chiron:license-exception".to_owned(), line);
    verdict.properties.extend(licenses.exceptions.into_iter().map(exception));
    verdict.reasons = reasons.into_iter().map(|weighed| weighed.reason).collect();
    verdict
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;
    use chiron_sdk::policy::{FileOutcome, Finding, Severity, Standing, Step};

    use super::*;

    fn verdict(config: &str, input: &Input) -> Verdict {
        evaluate(&Config::parse(config).unwrap(), input)
    }

    #[test]
    fn nothing_found_is_allowed() {
        let verdict = verdict("{}", &fake::input());
        assert_eq!(verdict.decision, Decision::Allow);
        assert_eq!(verdict.summary, "nothing to object to");
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
        assert_eq!(verdict.summary, "2 findings rated high or worse, 1 unrated finding");
    }

    #[test]
    fn the_order_of_the_evidence_does_not_show() {
        let mut input = fake::input();
        input.findings = vec![fake::finding("A", "c", Severity::High), fake::finding("B", "c", Severity::High)];
        input.files = vec![FileOutcome::failed("x", "why"), FileOutcome::failed("y", "why")];
        let first = verdict("{}", &input);
        input.findings.reverse();
        input.files.reverse();
        assert_eq!(verdict("{}", &input), first);
    }

    #[test]
    fn suppressed_findings_and_failed_steps_are_counted_and_named() {
        let mut input = fake::input();
        input.findings =
            vec![Finding { standing: Standing::Suppressed, ..fake::finding("A", "c", Severity::Critical) }];
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
        assert_eq!(verdict.summary, "nothing to object to; 1 suppressed; without the steps that failed: scan");
        input.steps[0].properties.push(("chiron:replaced-by".to_owned(), "grype".to_owned()));
        let verdict = self::verdict("{}", &input);
        assert_eq!(verdict.summary, "nothing to object to; 1 suppressed; with fallbacks: grype for scan");
    }
}
