//! From trivy's results to findings.

use std::collections::BTreeSet;

use chiron_plugin_report::{Components, Package, cvss, from_word, is_inside, plain, upgrade, word};
use chiron_sdk::scan::{Finding, Proof, Score, Status};
use chiron_sdk::{Location, PluginError};

use crate::document::{Changed, Document, Misconfiguration, Modified, Rating, SCHEMA, Secret, Vulnerability};

/// What a report says, about these components.
///
/// # Errors
/// For another schema, and for a report of nothing: trivy found nothing then that it knows how to look at.
pub(crate) fn of(document: Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
    let bad = |why: String| Err(PluginError::BadInput(why));
    if document.schema_version != SCHEMA {
        return bad(format!("schema {} of trivy's JSON is not understood: {SCHEMA} is", document.schema_version));
    }
    if document.results.is_empty() {
        return bad("it holds no result: trivy found nothing that it looks at".to_owned());
    }
    let version = document.trivy.version;
    let mut findings = Vec::new();
    for target in document.results {
        let file = Package { purl: String::new(), name: target.target.to_string(), version: String::new() };
        for found in target.vulnerabilities {
            components.add(&mut findings, &package(&found), vulnerability(&found, &version))?;
        }
        for found in target.misconfigurations.iter().filter(|found| !matches!(&*found.status, "PASS" | "EXCEPTION")) {
            components.about_source(&mut findings, misconfiguration(found, &target.target))?;
        }
        for found in target.secrets.iter() {
            components.about_source(&mut findings, secret(found, &target.target))?;
        }
        for found in target.modified {
            modified(components, &mut findings, &found, &file)?;
        }
        if !target.licenses.is_empty() {
            let why = format!("{} licences, which are not taken up", target.licenses.len());
            components.set_aside(&mut findings, &file, "trivy-license", &why)?;
        }
    }
    match findings.iter().find(|finding| finding.rule_id.trim().is_empty()) {
        Some(_) => bad("a finding has no id".to_owned()),
        None => Ok(findings),
    }
}

fn package(found: &Vulnerability) -> Package {
    let Vulnerability { pkg_identifier, pkg_name, installed_version, .. } = found;
    let (purl, name, version) = (&pkg_identifier.purl, pkg_name, installed_version);
    Package { purl: purl.to_string(), name: name.to_string(), version: version.to_string() }
}

/// Severity and fix as trivy says them.
fn vulnerability(found: &Vulnerability, version: &str) -> Finding {
    let Vulnerability { id, status, severity, title, description, url, .. } = found;
    let fixed: Vec<String> = found
        .fixed_version
        .split(',')
        .map(|version| version.trim().to_owned())
        .filter(|version| !version.is_empty())
        .collect();
    let title = [title, description].into_iter().find(|text| !text.is_empty()).unwrap_or(id);
    let what = package(found).words();
    let mut finding = Finding::new(id, title, &format!("{what} is affected by {id}, says trivy{}", upgrade(&fixed)));
    finding.severity = from_word(severity);
    finding.scores = scores(found);
    finding.fixed_versions = fixed;
    finding.aliases = found.vendor_ids.iter().map(ToString::to_string).filter(|alias| **alias != **id).collect();
    finding.proofs = link(url);
    // Nobody has said yet whether it applies: never the same as "it does not".
    if &**status == "under_investigation" {
        finding.status = Status::Unknown;
        finding = finding.property("chiron:unknown-reason", "under investigation, says trivy");
    }
    let source = found.data_source.as_ref().map_or("", |source| &source.id);
    let facts = [
        ("chiron:matched-by", source),
        ("chiron:url", url),
        ("trivy:status", status),
        ("trivy:severity-source", &found.severity_source),
        ("trivy:version", version),
    ];
    facts
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .fold(finding, |finding, (key, value)| finding.property(key, value))
}

fn scores(found: &Vulnerability) -> Vec<Score> {
    let of = |rating: &Rating| {
        let Rating { v2_vector, v3_vector, v40_vector, v2_score, v3_score, v40_score } = rating;
        [cvss(v40_vector, "4", *v40_score), cvss(v3_vector, "3", *v3_score), cvss(v2_vector, "2", *v2_score)]
    };
    let mut scores: Vec<Score> = Vec::new();
    for score in found.cvss.values().flat_map(of).flatten().chain(word(&found.severity)) {
        if !scores.contains(&score) {
            scores.push(score);
        }
    }
    scores
}

fn misconfiguration(found: &Misconfiguration, target: &str) -> Finding {
    let mut finding =
        Finding::new(&found.id, &found.title, &found.message).property("chiron:category", "misconfiguration");
    finding.severity = from_word(&found.severity);
    finding.scores = word(&found.severity).into_iter().collect();
    finding.proofs = link(&found.url);
    place(finding, target, found.cause_metadata.start_line)
}

/// What was matched stays in the report: a secret is not carried any further.
fn secret(found: &Secret, target: &str) -> Finding {
    let message = format!("{} in {}", found.title, plain(target));
    let mut finding = Finding::new(&found.id, &found.title, &message).property("chiron:category", "secret");
    finding.severity = from_word(&found.severity);
    finding.scores = word(&found.severity).into_iter().collect();
    place(finding, target, found.start_line)
}

/// A place in what trivy looked at, which the subject may hold too.
fn place(mut finding: Finding, target: &str, line: Option<u32>) -> Finding {
    let line = line.filter(|line| *line > 0);
    let shown = line.map_or_else(|| target.to_owned(), |line| format!("{target}:{line}"));
    if is_inside(target) {
        finding.locations.push(Location { path: target.to_owned(), line, layer: None });
    }
    finding.discriminator = shown.clone();
    finding.proofs.push(Proof::Text(shown));
    finding
}

fn modified(
    components: &Components<'_>,
    findings: &mut Vec<Finding>,
    found: &Modified,
    file: &Package,
) -> Result<(), PluginError> {
    let Changed { vulnerability, secret, misconfiguration, pkg_name, pkg_identifier, installed_version } =
        &found.finding;
    let ids = [vulnerability, secret, misconfiguration];
    let id = ids.into_iter().find(|id| !id.is_empty()).map_or("trivy-ignored", |id| id);
    let said = [&found.status, &found.statement, &found.source].into_iter().filter(|text| !text.is_empty());
    let why = said.map(ToString::to_string).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
    let package = Package {
        purl: pkg_identifier.purl.to_string(),
        name: pkg_name.to_string(),
        version: installed_version.to_string(),
    };
    components.set_aside(findings, if pkg_name.is_empty() { file } else { &package }, id, &why)
}

fn link(url: &str) -> Vec<Proof> {
    if url.starts_with("https://") { vec![Proof::Uri(url.to_owned())] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use chiron_plugin_report::{Report as _, SET_ASIDE, read};
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::scan::{Component, Severity};

    use super::*;
    use crate::Trivy;

    /// Written by hand; see the README beside it.
    const REPORT: &str = include_str!("../tests/fixtures/by-hand.json");

    /// Recorded from the real trivy 0.65.0: over an SBOM, and over a folder.
    const RECORDED: [&str; 2] =
        [include_str!("../tests/fixtures/trivy-0.65-sbom.json"), include_str!("../tests/fixtures/trivy-0.65-fs.json")];

    fn scan(text: &str, components: &[Component]) -> Result<Vec<Finding>, String> {
        let document = read(&FakeBlob::new(text), Trivy::WHAT).map_err(|error| reason(&error))?;
        of(document, &Components::new(components)).map_err(|error| reason(&error))
    }

    fn find<'a>(findings: &'a [Finding], id: &str) -> &'a Finding {
        findings.iter().find(|finding| finding.rule_id == id).unwrap()
    }

    #[test]
    fn a_vulnerability_becomes_a_finding_about_its_component() {
        let requests = fake::component("Requests", "2.31.0");
        let findings = scan(REPORT, std::slice::from_ref(&requests)).unwrap();
        let finding = find(&findings, "CVE-2024-35195");
        assert_eq!(finding.component.as_deref(), Some(requests.id.as_str()));
        assert_eq!((finding.severity, &finding.fixed_versions), (Severity::Medium, &vec!["2.32.0".to_owned()]));
        assert_eq!((finding.scores[0].system.as_str(), finding.scores[0].value), ("CVSS_V3", Some(5.6)));
        let unmatched = find(&findings, "CVE-2024-32002");
        assert_eq!((unmatched.component.as_ref(), unmatched.status), (None, Status::Unknown));
        assert!(
            unmatched.properties.iter().any(|(key, value)| key == "chiron:unmatched-purl" && value.contains("git@"))
        );
    }

    #[test]
    fn recorded_reports_are_read() {
        let [sbom, folder] = RECORDED.map(|recorded| scan(recorded, &[fake::component("requests", "2.31.0")]).unwrap());
        let rated: Vec<_> = sbom.iter().map(|finding| (finding.rule_id.as_str(), finding.severity)).collect();
        let (git, lodash, requests) = ("CVE-2024-32002", "CVE-2021-23337", "CVE-2024-35195");
        assert_eq!(rated, [(git, Severity::Low), (lodash, Severity::High), (requests, Severity::Medium)]);
        assert_eq!(sbom.iter().filter(|finding| finding.component.is_some()).count(), 1);
        let systems: Vec<_> = sbom[1].scores.iter().map(|score| score.system.as_str()).collect();
        assert_eq!(systems, ["CVSS_V3", "CVSS_V2", "text"]);
        let found: Vec<_> = folder.iter().map(|finding| finding.rule_id.as_str()).collect();
        assert_eq!(found, [lodash, requests, "aws-access-key-id"]);
        assert!(folder[0].properties.iter().any(|(key, value)| key == SET_ASIDE && value.contains("never called")));
    }

    #[test]
    fn the_epoch_of_a_package_is_found_where_trivy_writes_it() {
        let mut git = fake::component("git", "1:2.39.5-0+deb12u1");
        git.purl = Some("pkg:deb/debian/git@1%3A2.39.5-0%2Bdeb12u1?arch=amd64&distro=debian-12".to_owned());
        let findings = scan(REPORT, &[git]).unwrap();
        assert!(find(&findings, "CVE-2024-32002").component.is_some());
    }

    #[test]
    fn secrets_and_misconfigurations_have_places_and_what_passed_is_no_finding() {
        let findings = scan(REPORT, &[]).unwrap();
        let secret = find(&findings, "aws-access-key-id");
        assert_eq!((secret.locations[0].path.as_str(), secret.locations[0].line), ("deploy.sh", Some(3)));
        assert!(!format!("{secret:?}").contains("export"), "the line that holds it is not carried further");
        assert_eq!(find(&findings, "DS002").severity, Severity::High);
        assert!(findings.iter().all(|finding| finding.rule_id != "DS001"));
    }

    #[test]
    fn what_was_ignored_and_licences_are_set_aside() {
        let findings = scan(REPORT, &[]).unwrap();
        let aside = |id: &str| {
            let properties = &find(&findings, id).properties;
            properties.iter().find(|(key, _)| key == SET_ASIDE).map(|(_, value)| value.clone())
        };
        assert!(aside("CVE-2021-23337").unwrap().contains("never called"));
        assert!(aside("trivy-license").unwrap().starts_with("1 licences"));
    }

    #[test]
    fn another_schema_a_report_of_nothing_and_half_a_report_are_refused_by_name() {
        assert!(
            scan(&REPORT.replace("\"SchemaVersion\": 2", "\"SchemaVersion\": 3"), &[])
                .unwrap_err()
                .contains("schema 3")
        );
        assert!(scan(r#"{"SchemaVersion": 2, "ArtifactName": "x"}"#, &[]).unwrap_err().contains("no result"));
        assert!(scan("[]", &[]).unwrap_err().starts_with("not a report of trivy"));
        assert!(scan(&REPORT[..REPORT.len() / 2], &[]).unwrap_err().starts_with("not a report of trivy"));
        assert!(scan(&REPORT.replace("CVE-2024-35195", ""), &[]).unwrap_err().contains("no id"));
        let many = r#"{"VulnerabilityID": "CVE-1"},"#.repeat(100_000);
        let many =
            format!(r#"{{"SchemaVersion": 2, "Results": [{{"Vulnerabilities": [{}]}}]}}"#, many.trim_end_matches(','));
        assert!(scan(&many, &[]).unwrap_err().contains("more than the 20000 entries"));
    }
}
