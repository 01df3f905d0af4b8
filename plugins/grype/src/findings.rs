//! From grype's matches to findings.

use std::collections::BTreeSet;

use chiron_plugin_report::{Components, Package, cvss, from_word, upgrade, word};
use chiron_sdk::PluginError;
use chiron_sdk::scan::{Finding, Proof, Score};

use crate::document::{Artifact, Database, Document, Match, Rating, Rule, Vulnerability};

/// What a report says, about these components. What grype was told to ignore is set aside, with the reason.
///
/// # Errors
/// For a report that proves nothing, or that holds too much.
pub(crate) fn of(document: Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
    let database = document.checked()?;
    let version = document.descriptor.version;
    let mut findings = Vec::new();
    for found in document.matches {
        components.add(&mut findings, &package(&found.artifact), finding(&found, &database, &version))?;
    }
    for ignored in document.ignored {
        let id = identified(&ignored.vulnerability)?;
        components.set_aside(&mut findings, &package(&ignored.artifact), id, &why(&ignored.rules))?;
    }
    match findings.iter().find(|finding| finding.rule_id.trim().is_empty()) {
        Some(_) => Err(PluginError::BadInput("a match names no vulnerability".to_owned())),
        None => Ok(findings),
    }
}

fn identified(vulnerability: &Vulnerability) -> Result<&str, PluginError> {
    let id = vulnerability.id.trim();
    if id.is_empty() { Err(PluginError::BadInput("a match names no vulnerability".to_owned())) } else { Ok(id) }
}

fn package(artifact: &Artifact) -> Package {
    let Artifact { name, version, purl } = artifact;
    Package { purl: purl.to_string(), name: name.to_string(), version: version.to_string() }
}

/// Severity, scores and fix as grype says them, not as they could be worked out from its parts.
fn finding(found: &Match, database: &Database, version: &str) -> Finding {
    let Vulnerability { id, source, namespace, severity, description, fix, .. } = &found.vulnerability;
    let fixed: Vec<String> =
        fix.versions.iter().map(ToString::to_string).filter(|version| !version.is_empty()).collect();
    let title = if description.is_empty() { id } else { description };
    let what = package(&found.artifact).words();
    let message = format!("{what} is affected by {id}, says grype{}", upgrade(&fixed));
    let mut finding = Finding::new(id, title, &message);
    finding.severity = from_word(severity);
    finding.scores = scores(found);
    finding.fixed_versions = fixed;
    finding.aliases = aliases(found);
    if source.starts_with("https://") || source.starts_with("http://") {
        finding.proofs.push(Proof::Uri(source.to_string()));
    }
    let matched_by: BTreeSet<String> = found
        .details
        .iter()
        .filter(|detail| !detail.kind.is_empty())
        .map(|detail| format!("{} by {}", detail.kind, detail.matcher))
        .collect();
    let facts = [
        ("chiron:matched-by", matched_by.into_iter().collect::<Vec<_>>().join(", ")),
        ("chiron:url", source.to_string()),
        ("grype:namespace", namespace.to_string()),
        ("grype:fix-state", fix.state.to_string()),
        ("grype:version", version.to_owned()),
        ("grype:database-built", database.built.clone()),
        ("grype:database-schema", database.schema.clone()),
    ];
    let said = facts.into_iter().filter(|(_, value)| !value.is_empty());
    finding.properties = said.map(|(key, value)| (key.to_owned(), value)).collect();
    finding
}

/// The record's own ratings, then those of the records that say the same, then grype's word.
fn scores(found: &Match) -> Vec<Score> {
    let related = found.related.iter().flat_map(|related| related.cvss.iter());
    let ratings = found.vulnerability.cvss.iter().chain(related);
    let rating = |rating: &Rating| cvss(&rating.vector, &rating.version, rating.metrics.base);
    let mut scores: Vec<Score> = Vec::new();
    for score in ratings.filter_map(rating).chain(word(&found.vulnerability.severity)) {
        if !scores.contains(&score) {
            scores.push(score);
        }
    }
    scores
}

fn aliases(found: &Match) -> Vec<String> {
    let related = found.related.iter().map(|related| related.id.to_string());
    let others = related.filter(|id| !id.is_empty() && *id != *found.vulnerability.id);
    others.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The first reason that somebody gave.
fn why(rules: &[Rule]) -> String {
    let reason = |rule: &Rule| {
        let vex = format!("VEX: {} {}", rule.vex_status, rule.vex_justification).trim_end().to_owned();
        let state = format!("grype was told to ignore what is {}", rule.fix_state);
        [(&rule.reason, rule.reason.to_string()), (&rule.vex_status, vex), (&rule.fix_state, state)]
            .into_iter()
            .find_map(|(said, words)| (!said.is_empty()).then_some(words))
    };
    rules.iter().find_map(reason).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use chiron_plugin_report::SET_ASIDE;
    use chiron_sdk::fake;
    use chiron_sdk::scan::{Component, Severity};

    use super::*;
    use crate::document::tests::{RECORDED, read};

    fn scan(text: &str, components: &[Component]) -> Vec<Finding> {
        of(read(text).unwrap(), &Components::new(components)).unwrap()
    }

    fn property<'a>(finding: &'a Finding, key: &str) -> Option<&'a str> {
        finding.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_match_becomes_a_finding_about_its_component_as_grype_rates_it() {
        let requests = fake::component("Requests", "2.31.0");
        let findings = scan(RECORDED, std::slice::from_ref(&requests));
        let finding = findings.iter().find(|finding| finding.rule_id == "GHSA-9wx4-h78v-vm56").unwrap();
        assert_eq!(finding.component.as_deref(), Some(requests.id.as_str()));
        assert_eq!((finding.severity, finding.discriminator.as_str()), (Severity::Medium, ""));
        assert_eq!(
            (&finding.aliases, &finding.fixed_versions),
            (&vec!["CVE-2024-35195".into()], &vec!["2.32.0".into()])
        );
        let scores: Vec<_> = finding.scores.iter().map(|score| (score.system.as_str(), score.value)).collect();
        assert_eq!(scores, [("CVSS_V3", Some(5.6)), ("text", None)]);
        assert_eq!(property(finding, "chiron:matched-by"), Some("exact-direct-match by python-matcher"));
        assert_eq!(property(finding, "grype:database-schema"), Some("v6.1.10"));
        assert!(finding.message.ends_with("says grype: upgrade to 2.32.0"), "{}", finding.message);
    }

    #[test]
    fn a_match_of_what_is_no_component_keeps_its_purl_and_a_negligible_one_is_low() {
        let findings = scan(RECORDED, &[]);
        let git = findings.iter().find(|finding| finding.rule_id == "CVE-2024-32002").unwrap();
        assert_eq!((git.severity, git.component.as_ref()), (Severity::Low, None));
        assert!(property(git, "chiron:unmatched-purl").unwrap().starts_with("pkg:deb/debian/git@"));
        assert_eq!((property(git, "grype:fix-state"), git.fixed_versions.len()), (Some("wont-fix"), 0));
        assert!(git.aliases.is_empty(), "grype relates a record to itself: {:?}", git.aliases);
    }

    #[test]
    fn what_was_ignored_is_set_aside_with_its_reason() {
        let findings = scan(RECORDED, &[]);
        let aside: Vec<_> = findings.iter().filter_map(|finding| property(finding, SET_ASIDE)).collect();
        assert_eq!(aside, ["never called with foreign text"]);
        let vex =
            RECORDED.replace("\"reason\": \"never called with foreign text\"", "\"vex-status\": \"not_affected\"");
        let findings = scan(&vex, &[]);
        assert!(findings.iter().any(|finding| property(finding, SET_ASIDE) == Some("VEX: not_affected")));
    }

    #[test]
    fn hostile_texts_stay_texts_and_a_match_of_nothing_is_refused() {
        let hostile = RECORDED
            .replace("pkg:pypi/requests@2.31.0", "pkg:%ff\\u0000/\\u202e@@//??##")
            .replace("\"Medium\"", "\"\\u001b[31m\"")
            .replace("CVSS:3.1/AV:L", "=cmd()|'");
        assert_eq!(scan(&hostile, &[fake::component("Requests", "2.31.0")]).len(), 4);
        let nothing = RECORDED.replace("GHSA-9wx4-h78v-vm56", " ");
        assert!(of(read(&nothing).unwrap(), &Components::new(&[])).is_err());
    }
}
