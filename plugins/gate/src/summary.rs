//! The verdict in one sentence: what denies, what warns, what was set aside.

use chiron_sdk::policy::{Input, Standing};

use crate::config::{Action, Config};
use crate::reasons::{
    COVERAGE, EPSS_THRESHOLD, INFORMATIONAL, KNOWN_EXPLOITED, LICENSE_DENIED, LICENSE_UNKNOWN, MALICIOUS, MISSING_SBOM,
    QUORUM, RULES, SEVERITY_THRESHOLD, UNKNOWN_SEVERITY, UNKNOWN_STATUS, Weighed,
};

/// Set by the host on a step that failed: the one that did its work.
const REPLACED_BY: &str = "chiron:replaced-by";

/// "2 findings rated high or worse, 1 unrated finding; to look at: 1 gap in coverage; 1 suppressed".
pub(crate) fn sentence(config: &Config, input: &Input, reasons: &[Weighed]) -> String {
    let mut parts = Vec::new();
    let (denying, warning) = (counts(config, reasons, Action::Deny), counts(config, reasons, Action::Warn));
    match (denying.is_empty(), warning.is_empty()) {
        (true, true) => parts.push("nothing to object to".to_owned()),
        (true, false) => parts.push(warning),
        (false, true) => parts.push(denying),
        (false, false) => parts.extend([denying, format!("to look at: {warning}")]),
    }
    let suppressed = input.findings.iter().filter(|finding| finding.standing == Standing::Suppressed).count();
    if suppressed > 0 {
        parts.push(format!("{suppressed} suppressed"));
    }
    // What a failed step means for the run is the host's to say; that the gate saw less because of it belongs here.
    let (mut failed, mut replaced) = (Vec::new(), Vec::new());
    for step in input.steps.iter().filter(|step| !step.succeeded) {
        match step.properties.iter().find(|(key, _)| key == REPLACED_BY) {
            Some((_, by)) => replaced.push(format!("{by} for {}", step.id)),
            None => failed.push(step.id.as_str()),
        }
    }
    if !replaced.is_empty() {
        parts.push(format!("with fallbacks: {}", replaced.join(", ")));
    }
    if !failed.is_empty() {
        parts.push(format!("without the steps that failed: {}", failed.join(", ")));
    }
    parts.join("; ")
}

/// How many reasons of each rule lead to `action`, in the order of the rules.
fn counts(config: &Config, reasons: &[Weighed], action: Action) -> String {
    let of = |rule: &str| reasons.iter().filter(|w| w.action == action && w.reason.rule_id == rule).count();
    let counted = RULES.iter().filter_map(|rule| Some((rule.id, of(rule.id))).filter(|(_, count)| *count > 0));
    counted.map(|(rule, count)| words(config, rule, count)).collect::<Vec<_>>().join(", ")
}

fn words(config: &Config, rule: &str, count: usize) -> String {
    let many = |one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    match rule {
        id if id == MALICIOUS.id => many("malicious component", "malicious components"),
        id if id == SEVERITY_THRESHOLD.id => {
            format!("{} rated {} or worse", many("finding", "findings"), config.fail_on.word())
        }
        id if id == KNOWN_EXPLOITED.id => many("finding known to be exploited", "findings known to be exploited"),
        id if id == EPSS_THRESHOLD.id => many("finding likely to be exploited", "findings likely to be exploited"),
        id if id == LICENSE_DENIED.id => {
            many("component under a licence that is not allowed", "components under licences that are not allowed")
        }
        id if id == LICENSE_UNKNOWN.id => "components without a known licence".to_owned(),
        id if id == UNKNOWN_SEVERITY.id => many("unrated finding", "unrated findings"),
        id if id == UNKNOWN_STATUS.id => {
            many("finding that could not be decided", "findings that could not be decided")
        }
        id if id == INFORMATIONAL.id => many("informational finding", "informational findings"),
        id if id == QUORUM.id => many("finding below the quorum", "findings below the quorum"),
        id if id == MISSING_SBOM.id => "no component was found".to_owned(),
        id if id == COVERAGE.id => many("gap in coverage", "gaps in coverage"),
        other => many(other, other),
    }
}
