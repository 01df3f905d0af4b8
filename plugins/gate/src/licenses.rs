//! Licences: SPDX expressions held against what is allowed and what is not.

use chiron_sdk::PluginError;
use chiron_sdk::policy::{Component, License, Reason};
use serde::Deserialize;
use spdx::{Expression, LicenseReq, Licensee, ParseMode};

use crate::config::Action;
use crate::findings::named;
use crate::reasons::{LICENSE_DENIED, LICENSE_UNKNOWN, Weighed};

/// Names listed in one reason; the rest is counted.
const NAMES_LISTED: usize = 5;

/// The component that an SBOM is about: its licence is for others to judge.
const ROOT: &str = "chiron:sbom-root";

/// `licenses`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Licenses {
    allow: Vec<String>,
    deny: Vec<String>,
    unknown: Option<Action>,
    exceptions: Vec<Exception>,
}

/// A package that is allowed whatever its licence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    purl: String,
    reason: String,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    pub(crate) reasons: Vec<Weighed>,
    /// `purl: reason`, of those that a component needed.
    pub(crate) exceptions: Vec<String>,
}

/// How a component stands.
enum Stand {
    Fine,
    /// No choice in this expression is allowed.
    Denied(String),
    Unknown,
}

impl Licenses {
    /// Every name must be one: a misspelt `deny` would let everything pass.
    pub(crate) fn checked(self) -> Result<Self, PluginError> {
        for (key, names) in [("allow", &self.allow), ("deny", &self.deny)] {
            for (index, name) in names.iter().enumerate() {
                if Licensee::parse(name).is_err() {
                    let pointer = format!("/licenses/{key}/{index}");
                    let message = format!(
                        "`{name}` is no SPDX licence id, such as `MIT` or `GPL-2.0-only WITH Classpath-exception-2.0`"
                    );
                    return Err(PluginError::BadConfig((pointer, message)));
                }
            }
        }
        if let Some(index) = self.exceptions.iter().position(|exception| exception.reason.trim().is_empty()) {
            let pointer = format!("/licenses/exceptions/{index}/reason");
            return Err(PluginError::BadConfig((pointer, "an exception needs a reason".to_owned())));
        }
        Ok(self)
    }

    /// Whether a licence that an expression asks for is allowed.
    fn permits(&self, required: &LicenseReq) -> bool {
        let licensees =
            |names: &[String]| names.iter().filter_map(|name| Licensee::parse(name).ok()).collect::<Vec<_>>();
        let is_denied = |denied: Licensee| is_of_one_text(&denied.into_req(), required);
        let is_allowed = |allowed: &Licensee| allowed.satisfies(required);
        !licensees(&self.deny).into_iter().any(is_denied)
            && (self.allow.is_empty() || licensees(&self.allow).iter().any(is_allowed))
    }

    /// Each licence that is declared must be permitted: several without a word between them may all apply.
    fn stand(&self, component: &Component) -> Stand {
        let mut unknown = component.licenses.is_empty();
        for license in &component.licenses {
            let (License::Expression(text) | License::Text(text)) = license;
            match Expression::parse_mode(text, ParseMode::LAX) {
                Ok(expression) if expression.evaluate(|required| self.permits(required)) => {}
                Ok(_) => return Stand::Denied(text.clone()),
                Err(_) => unknown = true,
            }
        }
        if unknown { Stand::Unknown } else { Stand::Fine }
    }

    fn exception(&self, component: &Component) -> Option<&Exception> {
        let purl = component.purl.as_deref()?;
        self.exceptions.iter().find(|exception| is_of(&exception.purl, purl))
    }
}

/// Whether two are one licence text under one exception: who denies a version means it also where later ones may be chosen.
fn is_of_one_text(denied: &LicenseReq, required: &LicenseReq) -> bool {
    let text = |request: &LicenseReq| {
        let name = request.license.to_string();
        let plain = name.trim_end_matches('+');
        plain.strip_suffix("-or-later").or_else(|| plain.strip_suffix("-only")).unwrap_or(plain).to_owned()
    };
    text(denied) == text(required) && denied.addition == required.addition
}

/// Whether a purl without qualifiers means a package: in all versions where it names none.
fn is_of(wanted: &str, purl: &str) -> bool {
    let whole = purl.split(['?', '#']).next().unwrap_or(purl);
    let package = match whole.rfind('@') {
        // An `@` before the last slash belongs to a scope.
        Some(at) if whole.rfind('/').is_none_or(|slash| slash < at) => &whole[..at],
        _ => whole,
    };
    wanted == whole || wanted == package
}

/// Holds every component against the policy.
pub(crate) fn judge(policy: &Licenses, components: &[Component]) -> Judged {
    let mut judged = Judged::default();
    let mut unknown = Vec::new();
    for component in components.iter().filter(|component| !is_root(component)) {
        let stand = policy.stand(component);
        match (stand, policy.exception(component)) {
            (Stand::Fine, _) => {}
            (Stand::Denied(_) | Stand::Unknown, Some(exception)) => {
                judged.exceptions.push(format!("{}: {}", exception.purl, exception.reason));
            }
            (Stand::Denied(expression), None) => judged.reasons.extend(denied(component, &expression)),
            (Stand::Unknown, None) => unknown.push(component.name.as_str()),
        }
    }
    judged.exceptions.sort();
    judged.exceptions.dedup();
    judged.reasons.extend(unknown_reason(policy, unknown));
    judged
}

fn is_root(component: &Component) -> bool {
    component.properties.iter().any(|(key, value)| key == ROOT && value == "true")
}

fn denied(component: &Component, expression: &str) -> Option<Weighed> {
    let message = format!("{} comes under {expression}, which is not allowed", named(component));
    let remedy = format!(
        "take another package than {}, or record why it may stay: licenses.exceptions = [{{ purl, reason }}]",
        component.name
    );
    let mut reason = Reason::new(LICENSE_DENIED.id, message).remedy(remedy).property("chiron:license", expression);
    reason.component = Some(component.id.clone());
    Weighed::new(Action::Deny, 0, reason)
}

/// One reason for all: thousands of components without a licence are one fact.
fn unknown_reason(policy: &Licenses, mut names: Vec<&str>) -> Option<Weighed> {
    if names.is_empty() {
        return None;
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(NAMES_LISTED);
    names.truncate(NAMES_LISTED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let noun = if count == 1 { "component declares" } else { "components declare" };
    let message = format!("{count} {noun} no licence that is an SPDX expression: {}{more}", names.join(", "));
    let remedy = "find out under which licence they come, and record it: licenses.exceptions = [{ purl, reason }]";
    let reason = Reason::new(LICENSE_UNKNOWN.id, message).remedy(remedy).property("chiron:count", &count.to_string());
    Weighed::new(policy.unknown.unwrap_or(Action::Warn), 0, reason)
}

#[cfg(test)]
mod tests {
    use chiron_sdk::fake;

    use super::*;

    fn component(name: &str, licenses: &[&str]) -> Component {
        let mut component = fake::component(name, "1");
        component.licenses = licenses.iter().map(|text| License::Expression((*text).to_owned())).collect();
        component
    }

    /// (rule, action) of one component under a policy.
    fn judged(policy: &str, licenses: &[&str]) -> Option<(String, Action)> {
        let policy: Licenses = serde_json::from_str(policy).unwrap();
        let judged = judge(&policy.checked().unwrap(), &[component("demo", licenses)]);
        judged.reasons.into_iter().next().map(|weighed| (weighed.reason.rule_id, weighed.action))
    }

    #[test]
    fn expressions_are_held_against_what_is_allowed_and_denied() {
        let denied = || Some(("license-denied".to_owned(), Action::Deny));
        let unknown = || Some(("license-unknown".to_owned(), Action::Warn));
        let allow = r#"{"allow": ["MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"]}"#;
        let deny = r#"{"deny": ["GPL-3.0-only", "AGPL-3.0-or-later"]}"#;
        for (policy, licenses, expected) in [
            (allow, ["MIT"].as_slice(), None),
            (allow, &["MIT OR GPL-3.0-only"], None),
            (allow, &["MIT AND GPL-3.0-only"], denied()),
            (allow, &["(MIT OR GPL-2.0-only) AND Apache-2.0"], None),
            (allow, &["GPL-2.0-only WITH Classpath-exception-2.0"], None),
            (allow, &["GPL-2.0-only"], denied()),
            (allow, &["BSD-3-Clause"], denied()),
            (allow, &["MIT", "BSD-3-Clause"], denied()),
            (allow, &["Apache-2.0/MIT"], None),
            (allow, &["LicenseRef-acme"], denied()),
            (allow, &["see the file LICENSE"], unknown()),
            (allow, &[], unknown()),
            (deny, &["MIT"], None),
            (deny, &["GPL-3.0-only"], denied()),
            (deny, &["GPL-3.0-or-later"], denied()),
            (deny, &["MIT OR GPL-3.0-only"], None),
            (deny, &["MIT", "see the file"], unknown()),
            (r#"{"deny": ["MIT"], "unknown": "allow"}"#, &[], None),
            (r#"{"deny": ["MIT"], "unknown": "deny"}"#, &[], Some(("license-unknown".to_owned(), Action::Deny))),
            ("{}", &["AGPL-3.0-only"], None),
        ] {
            assert_eq!(judged(policy, licenses), expected, "{policy} {licenses:?}");
        }
    }

    #[test]
    fn an_exception_is_named_with_its_reason() {
        let policy: Licenses = serde_json::from_str(
            r#"{"allow": ["MIT"], "exceptions": [{"purl": "pkg:pypi/demo", "reason": "bought"}, {"purl": "pkg:pypi/other", "reason": "x"}]}"#,
        )
        .unwrap();
        let found = judge(&policy, &[component("demo", &["GPL-3.0-only"]), component("free", &["MIT"])]);
        assert!(found.reasons.is_empty());
        assert_eq!(found.exceptions, ["pkg:pypi/demo: bought"]);
        assert!(is_of("pkg:npm/%40a/b", "pkg:npm/%40a/b@1?x=y") && is_of("pkg:npm/@a/b@1", "pkg:npm/@a/b@1"));
        assert!(is_of("pkg:npm/@a/b", "pkg:npm/@a/b") && !is_of("pkg:npm/@a/b@2", "pkg:npm/@a/b@1"));
    }

    #[test]
    fn a_misspelt_licence_is_a_mistake() {
        for policy in [
            r#"{"deny": ["GPL"]}"#,
            r#"{"allow": ["MIT OR Apache-2.0"]}"#,
            r#"{"exceptions": [{"purl": "pkg:a/b", "reason": " "}]}"#,
        ] {
            let policy: Licenses = serde_json::from_str(policy).unwrap();
            assert!(matches!(policy.checked(), Err(PluginError::BadConfig(_))));
        }
    }
}
