//! The gate's rules, and a reason with what it leads to.

use chiron_sdk::policy::Reason;

use crate::config::Action;

/// One rule of the gate. Ids are never reused for something else.
pub(crate) struct Rule {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
}

/// Every rule, in the order in which reasons of one weight are listed.
pub(crate) const RULES: [Rule; 12] = [
    MALICIOUS,
    KNOWN_EXPLOITED,
    SEVERITY_THRESHOLD,
    EPSS_THRESHOLD,
    UNKNOWN_SEVERITY,
    UNKNOWN_STATUS,
    INFORMATIONAL,
    QUORUM,
    LICENSE_DENIED,
    LICENSE_UNKNOWN,
    MISSING_SBOM,
    COVERAGE,
];

pub(crate) const MALICIOUS: Rule = Rule {
    id: "malicious",
    title: "Malicious package",
    description: "A component was published to do harm. Set by `malicious`, whatever its severity.",
};
pub(crate) const SEVERITY_THRESHOLD: Rule = Rule {
    id: "severity-threshold",
    title: "Severity at or above the threshold",
    description: "A finding that applies is as bad as `fail_on`, or worse.",
};
pub(crate) const KNOWN_EXPLOITED: Rule = Rule {
    id: "known-exploited",
    title: "Known to be exploited",
    description: "A finding applies that CISA's catalogue lists. Set by `kev`, whatever its severity.",
};
pub(crate) const EPSS_THRESHOLD: Rule = Rule {
    id: "epss-threshold",
    title: "Likely to be exploited",
    description: "A finding applies whose EPSS score is `epss` or more, whatever its severity.",
};
pub(crate) const LICENSE_DENIED: Rule = Rule {
    id: "license-denied",
    title: "Licence not allowed",
    description: "A component comes only under licences that `licenses.deny` names or `licenses.allow` does not.",
};
pub(crate) const LICENSE_UNKNOWN: Rule = Rule {
    id: "license-unknown",
    title: "Licence unknown",
    description: "A component declares no licence, or none that is an SPDX expression. Set by `licenses.unknown`.",
};
pub(crate) const UNKNOWN_SEVERITY: Rule = Rule {
    id: "unknown-severity",
    title: "Severity unknown",
    description: "A finding applies, and nobody rated it. Set by `unknown_severity`.",
};
pub(crate) const UNKNOWN_STATUS: Rule = Rule {
    id: "unknown-status",
    title: "Cannot tell whether it applies",
    description: "No version, an unorderable one, or only commit ranges: not the same as unaffected. Set by `unknown_status`.",
};
pub(crate) const INFORMATIONAL: Rule = Rule {
    id: "informational",
    title: "Informational record",
    description: "A component is unmaintained, unsound or has a notice. Set by `informational`.",
};
pub(crate) const QUORUM: Rule = Rule {
    id: "quorum",
    title: "Fewer scanners report it than the quorum asks",
    description: "A finding would deny, and scanners that could judge the component do not report it. Set by `quorum`.",
};
pub(crate) const MISSING_SBOM: Rule = Rule {
    id: "missing-sbom",
    title: "No component found",
    description: "No generator found a component, so nothing was judged. Set by `require_sbom`.",
};
pub(crate) const COVERAGE: Rule = Rule {
    id: "coverage",
    title: "Not everything could be judged",
    description: "A file could not be read whole, or no scanner could judge a component. Set by `coverage`.",
};

/// A reason that warns or denies, and where it stands among the others.
#[derive(Debug)]
pub(crate) struct Weighed {
    pub(crate) action: Action,
    /// Within a rule: larger first.
    pub(crate) weight: u8,
    pub(crate) reason: Reason,
}

impl Weighed {
    /// None for what is allowed: that is no reason for anything.
    pub(crate) fn new(action: Action, weight: u8, reason: Reason) -> Option<Self> {
        let word = match action {
            Action::Allow => return None,
            Action::Warn => "warn",
            Action::Deny => "deny",
        };
        Some(Self { action, weight, reason: reason.property("chiron:decision", word) })
    }
}

/// Denials first, then by rule, the worst first, and by name: the same evidence gives the same bytes.
pub(crate) fn sort(reasons: &mut [Weighed]) {
    let place = |id: &str| RULES.iter().position(|rule| rule.id == id);
    reasons.sort_by(|a, b| {
        (b.action.cmp(&a.action))
            .then_with(|| place(&a.reason.rule_id).cmp(&place(&b.reason.rule_id)))
            .then_with(|| b.weight.cmp(&a.weight))
            .then_with(|| a.reason.message.cmp(&b.reason.message))
            .then_with(|| a.reason.component.cmp(&b.reason.component))
    });
}
