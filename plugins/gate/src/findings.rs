//! What the gate makes of one finding.

use std::collections::BTreeMap;

use chiron_sdk::policy::{Component, Finding, Reason, Severity, Standing};

use crate::config::{Action, Config, rank};
use crate::reasons::{
    EPSS_THRESHOLD, INFORMATIONAL, KNOWN_EXPLOITED, MALICIOUS, QUORUM, Rule, SEVERITY_THRESHOLD, UNKNOWN_SEVERITY,
    UNKNOWN_STATUS, Weighed,
};

/// Components by id, to name what a finding is about.
pub(crate) type Names<'a> = BTreeMap<&'a str, &'a Component>;

/// The reason that a finding is, if any. A suppressed finding is none. What is no vulnerability, cannot be told, or is malware,
/// has one rule; of the rules for vulnerabilities the worst decides, and of equal ones the first.
pub(crate) fn judge(config: &Config, finding: &Finding, names: &Names<'_>) -> Option<Weighed> {
    let (rule, action) = match finding.standing {
        Standing::Suppressed => return None,
        _ if is_informational(&finding.category) => (&INFORMATIONAL, config.informational),
        Standing::Unknown => (&UNKNOWN_STATUS, config.unknown_status),
        Standing::Affected if finding.category == "malicious" => (&MALICIOUS, config.malicious),
        Standing::Affected => vulnerability(config, finding)?,
    };
    // Malware is not outvoted: few databases know of it, and none of them needs a second opinion.
    let votes = finding.standing == Standing::Affected && finding.category != "malicious";
    let outvoted = action == Action::Deny && votes && !is_quorate(config, finding);
    let (rule, action) = if outvoted { (&QUORUM, Action::Warn) } else { (rule, action) };
    Weighed::new(action, rank(finding.severity), reason(rule, config, finding, names))
}

/// The rule that a vulnerability meets.
fn vulnerability(config: &Config, finding: &Finding) -> Option<(&'static Rule, Action)> {
    let unrated = finding.severity == Severity::Unknown;
    let likely = config.epss.is_some_and(|limit| epss(finding).is_some_and(|score| score >= limit));
    let met = [
        (property(finding, KEV).is_some(), &KNOWN_EXPLOITED, config.kev),
        (config.fail_on.is_reached_by(finding.severity), &SEVERITY_THRESHOLD, Action::Deny),
        (likely, &EPSS_THRESHOLD, Action::Deny),
        (unrated, &UNKNOWN_SEVERITY, config.unknown_severity),
    ];
    // What nobody can fix yet leads to no more than `unfixed`.
    let most = if finding.fixed_versions.is_empty() { config.unfixed } else { Action::Deny };
    let met = met.into_iter().filter(|(met, ..)| *met).map(|(_, rule, action)| (rule, action.min(most)));
    met.reduce(|worst, next| if next.1 > worst.1 { next } else { worst })
}

/// Set by the host; see `wit/PROPERTIES.md`.
const KEV: &str = "chiron:kev";
const EPSS: &str = "chiron:epss";

fn property<'a>(finding: &'a Finding, key: &str) -> Option<&'a str> {
    finding.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
}

fn epss(finding: &Finding) -> Option<f64> {
    property(finding, EPSS)?.parse().ok().filter(|score: &f64| score.is_finite())
}

/// Set by the host, once for each scanner that could judge the component and did not report the finding.
const SILENT: &str = "chiron:silent-scanner";

fn is_quorate(config: &Config, finding: &Finding) -> bool {
    let silent = silent(finding).count();
    config.quorum.is_met(finding.steps.len(), finding.steps.len() + silent)
}

fn silent(finding: &Finding) -> impl Iterator<Item = &str> {
    finding.properties.iter().filter(|(key, _)| key == SILENT).map(|(_, step)| step.as_str())
}

/// About a component's state, not about a hole in it.
fn is_informational(category: &str) -> bool {
    matches!(category, "unmaintained" | "unsound" | "notice" | "unimportant" | "withdrawn")
}

fn reason(rule: &Rule, config: &Config, finding: &Finding, names: &Names<'_>) -> Reason {
    let component = finding.component.as_deref().and_then(|id| names.get(id).copied());
    let what = component.map_or_else(|| finding.component.clone().unwrap_or_else(|| "the subject".to_owned()), named);
    let (id, severity) = (&finding.id, word(finding.severity));
    let message = match rule.id {
        "malicious" => format!("{what} is malicious: {id}"),
        "informational" => format!("{what} is reported as {}: {id}", finding.category),
        "unknown-status" => format!("cannot tell whether {what} is affected by {id}"),
        "quorum" => {
            let silent: Vec<_> = silent(finding).collect();
            let able = finding.steps.len() + silent.len();
            let (by, not) = (finding.steps.join(", "), silent.join(", "));
            let reported = finding.steps.len();
            format!(
                "{what} is affected by {id} ({severity}) by the word of {reported} of {able} scanners ({by}; not {not}); the quorum is {}",
                config.quorum
            )
        }
        "unknown-severity" => format!("{what} is affected by {id}, which nobody rated"),
        "known-exploited" => {
            let since = property(finding, KEV).unwrap_or_default();
            format!("{what} is affected by {id} ({severity}), which is known to be exploited; catalogued {since}")
        }
        "epss-threshold" => {
            let (score, limit) = (property(finding, EPSS).unwrap_or_default(), config.epss.unwrap_or_default());
            format!("{what} is affected by {id} ({severity}; its EPSS score is {score}, the threshold {limit})")
        }
        _ => format!("{what} is affected by {id} ({severity}; the threshold is {})", config.fail_on.word()),
    };
    let mut reason = Reason::new(rule.id, message).property("chiron:finding", id).property("chiron:severity", severity);
    reason.component.clone_from(&finding.component);
    reason.remedy = remedy(finding, component);
    reason
}

fn remedy(finding: &Finding, component: Option<&Component>) -> Option<String> {
    let name = component.map_or("it", |component| component.name.as_str());
    match (finding.category.as_str(), finding.fixed_versions.as_slice(), &finding.last_affected) {
        ("malicious", ..) => Some(format!("remove {name}, and treat what it could reach as compromised")),
        ("unmaintained" | "unsound" | "notice", [], _) => {
            Some(format!("look for another package than {name}, or {RECORD}"))
        }
        (_, [], Some(last)) => {
            Some(format!("no fix is known; the last version known to be affected is {last}; {RECORD}"))
        }
        (_, [], None) => Some(format!("no fix is known: find out whether it applies, and {RECORD}")),
        // The host lists fixes in ascending order; those after the first belong to later release lines.
        (_, [first, ..], _) => Some(format!("upgrade {name} to {first}")),
    }
}

/// What to do with a judgement.
const RECORD: &str = "record why it may stay (`chiron ignore add`, `chiron vex add`)";

pub(crate) fn named(component: &Component) -> String {
    match &component.version {
        Some(version) => format!("{} {version}", component.name),
        None => component.name.clone(),
    }
}

/// The word in reports.
pub(crate) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Unknown => "unknown",
        Severity::None => "none",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;

    use super::*;

    /// (rule id, action) of a finding under a configuration.
    fn judged(config: &str, finding: &Finding) -> Option<(String, Action)> {
        let config = Config::parse(config).unwrap();
        judge(&config, finding, &Names::new()).map(|weighed| (weighed.reason.rule_id, weighed.action))
    }

    fn of(category: &str, standing: Standing, severity: Severity) -> Finding {
        Finding { category: category.to_owned(), standing, ..fake::finding("G", "c", severity) }
    }

    fn some(rule: &str, action: Action) -> Option<(String, Action)> {
        Some((rule.to_owned(), action))
    }

    #[test]
    fn a_severity_at_the_threshold_denies_and_one_below_does_not() {
        let high = fake::finding("G", "c", Severity::High);
        assert_eq!(judged("{}", &high), some("severity-threshold", Action::Deny));
        assert_eq!(judged("{}", &fake::finding("G", "c", Severity::Medium)), None);
        assert_eq!(judged(r#"{"fail_on": "never"}"#, &high), None);
    }

    #[test]
    fn what_nobody_rated_has_a_setting_of_its_own() {
        let unrated = fake::finding("G", "c", Severity::Unknown);
        assert_eq!(judged("{}", &unrated), some("unknown-severity", Action::Deny));
        assert_eq!(
            judged(r#"{"unknown": "deny", "fail_on": "never"}"#, &unrated),
            some("unknown-severity", Action::Deny)
        );
        assert_eq!(judged(r#"{"unknown_severity": "allow"}"#, &unrated), None);
    }

    #[test]
    fn what_cannot_be_told_is_not_judged_by_its_severity() {
        let unknown = of("vulnerability", Standing::Unknown, Severity::Critical);
        assert_eq!(judged("{}", &unknown), some("unknown-status", Action::Deny));
        assert_eq!(judged(r#"{"unknown_status": "deny"}"#, &unknown), some("unknown-status", Action::Deny));
    }

    #[test]
    fn malware_denies_whatever_its_severity() {
        let malware = of("malicious", Standing::Affected, Severity::Unknown);
        assert_eq!(judged(r#"{"fail_on": "never"}"#, &malware), some("malicious", Action::Deny));
        assert_eq!(judged(r#"{"malicious": "warn"}"#, &malware), some("malicious", Action::Warn));
    }

    #[test]
    fn informational_records_only_show_unless_asked() {
        let note = of("unmaintained", Standing::Affected, Severity::High);
        assert_eq!(judged("{}", &note), None);
        assert_eq!(judged(r#"{"informational": "deny"}"#, &note), some("informational", Action::Deny));
    }

    #[test]
    fn what_too_few_scanners_report_warns_and_malware_denies_all_the_same() {
        let mut high = fake::finding("G", "c", Severity::High);
        high.properties = vec![("chiron:silent-scanner".to_owned(), "grype".to_owned())];
        assert_eq!(judged("{}", &high), some("severity-threshold", Action::Deny));
        assert_eq!(judged(r#"{"quorum": "all"}"#, &high), some("quorum", Action::Warn));
        assert_eq!(judged(r#"{"quorum": 2}"#, &high), some("quorum", Action::Warn));
        let message = judge(&Config::parse(r#"{"quorum": 2}"#).unwrap(), &high, &Names::new()).unwrap().reason.message;
        let expected = "c is affected by G (high) by the word of 1 of 2 scanners (scan; not grype); the quorum is 2";
        assert_eq!(message, expected);
        let malware = Finding { category: "malicious".to_owned(), ..high.clone() };
        assert_eq!(judged(r#"{"quorum": "all"}"#, &malware), some("malicious", Action::Deny));
        // Who could not judge is no voice against.
        high.properties = vec![("chiron:unsure-scanner".to_owned(), "grype".to_owned())];
        assert_eq!(judged(r#"{"quorum": "all"}"#, &high), some("severity-threshold", Action::Deny));
    }

    #[test]
    fn a_suppressed_finding_is_no_reason() {
        let suppressed = of("malicious", Standing::Suppressed, Severity::Critical);
        assert_eq!(judged(r#"{"unknown": "deny"}"#, &suppressed), None);
    }

    #[test]
    fn a_reason_names_the_component_and_the_fix() {
        let flask = fake::component("flask", "1.0");
        let names = Names::from([(flask.id.as_str(), &flask)]);
        let fixed =
            Finding { fixed_versions: vec!["2.2.5".to_owned()], ..fake::finding("G", &flask.id, Severity::High) };
        let reason = judge(&Config::parse("{}").unwrap(), &fixed, &names).unwrap().reason;
        assert_eq!(reason.message, "flask 1.0 is affected by G (high; the threshold is high)");
        assert_eq!(reason.remedy.as_deref(), Some("upgrade flask to 2.2.5"));
        assert_eq!(reason.component, Some(flask.id.clone()));
    }
}
