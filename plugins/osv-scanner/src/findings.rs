//! From osv-scanner's groups to findings.

use std::collections::BTreeSet;

use chiron_plugin_report::{Components, Package, Text, cvss, from_score, from_word, plain, upgrade, word};
use chiron_sdk::PluginError;
use chiron_sdk::scan::{Finding, Proof, Score, Severity};

use crate::document::{Document, Found, Group, Named, Record, Specific};
use crate::package;

/// What a report says, about these components: one finding for each group of records, as osv-scanner counts.
///
/// # Errors
/// For a report that names no package: osv-scanner writes the same where it could not look.
pub(crate) fn of(document: Document, components: &Components<'_>) -> Result<Vec<Finding>, PluginError> {
    let mut findings = Vec::new();
    let mut packages = 0_usize;
    for found in document.results.into_iter().flat_map(|source| source.packages) {
        packages += 1;
        let package = package::of(&found.package, found.vulnerabilities.iter());
        let mut told = BTreeSet::new();
        for group in found.groups.iter() {
            let records = records(&found, group)?;
            told.extend(records.iter().map(|record| record.id.clone()));
            components.add(&mut findings, &package, finding(&package, &found.package, &records, Some(group)))?;
        }
        // What is in no group is no less found.
        for record in found.vulnerabilities.iter().filter(|record| !told.contains(&record.id)) {
            components.add(&mut findings, &package, finding(&package, &found.package, &[record], None))?;
        }
        for license in found.violations.iter() {
            let why = format!("the licence {} is not allowed there; licences are not taken up", plain(license));
            components.set_aside(&mut findings, &package, "osv-scanner-license", &why)?;
        }
    }
    if packages == 0 {
        let why = "it names no package, which osv-scanner writes too where it could not look: have it list all (--all-packages)";
        return Err(PluginError::BadInput(why.to_owned()));
    }
    match findings.iter().find(|finding| finding.rule_id.trim().is_empty()) {
        Some(_) => Err(PluginError::BadInput("a record has no id".to_owned())),
        None => Ok(findings),
    }
}

/// The records of a group, as far as they are there; the first of its ids has to be.
fn records<'a>(found: &'a Found, group: &Group) -> Result<Vec<&'a Record>, PluginError> {
    let record = |id: &Text| found.vulnerabilities.iter().find(|record| record.id == *id);
    let records: Vec<_> = group.ids.iter().filter_map(record).collect();
    match (group.ids.first(), records.first()) {
        (Some(id), Some(first)) if *id == first.id => Ok(records),
        (id, _) => {
            let id = id.map_or_else(String::new, |id| plain(id));
            Err(PluginError::BadInput(format!("a group names the record `{id}`, which is not there")))
        }
    }
}

/// Named after the first record; the others are its aliases.
fn finding(package: &Package, named: &Named, records: &[&Record], group: Option<&Group>) -> Finding {
    let id = records.first().map(|record| record.id.to_string()).unwrap_or_default();
    let text = records.iter().map(|record| &record.summary).find(|text| !text.is_empty());
    let text = text.or_else(|| records.iter().map(|record| &record.details).find(|text| !text.is_empty()));
    let title = text.map_or_else(|| id.clone(), ToString::to_string);
    let fixed = fixes(named, records);
    let what = package.words();
    let mut finding =
        Finding::new(&id, &title, &format!("{what} is affected by {id}, says osv-scanner{}", upgrade(&fixed)));
    finding.scores = scores(records);
    finding.severity = severity(&finding.scores, group);
    finding.fixed_versions = fixed;
    let ids = records.iter().map(|record| record.id.to_string());
    let aliases =
        group.into_iter().flat_map(|group| group.ids.iter().chain(group.aliases.iter())).map(ToString::to_string);
    let aliases: BTreeSet<_> = ids.chain(aliases).filter(|alias| *alias != id).collect();
    finding.aliases = aliases.into_iter().collect();
    finding.proofs = vec![Proof::Uri(format!("https://osv.dev/{id}"))];
    let malicious = id.starts_with("MAL-");
    let withdrawn = records.iter().all(|record| !record.withdrawn.is_empty());
    for (is_so, category) in [(malicious, "malicious"), (withdrawn && !malicious, "withdrawn")] {
        if is_so {
            finding = finding.property("chiron:category", category);
        }
    }
    finding.property("chiron:url", &format!("https://osv.dev/{id}"))
}

/// Every fix that the records name for the package. Which of several branches applied the report does not say.
fn fixes(named: &Named, records: &[&Record]) -> Vec<String> {
    let entries = records.iter().flat_map(|record| record.affected.iter());
    let own = entries.filter(|entry| entry.package.as_ref().is_some_and(|concerned| package::is_it(concerned, named)));
    let events = own.flat_map(|entry| entry.ranges.iter()).filter(|range| &*range.kind != "GIT");
    let fixed = events.flat_map(|range| range.events.iter()).map(|event| event.fixed.to_string());
    fixed.filter(|version| !version.is_empty()).collect::<BTreeSet<_>>().into_iter().collect()
}

fn scores(records: &[&Record]) -> Vec<Score> {
    let mut scores: Vec<Score> = Vec::new();
    for record in records {
        let rated = record
            .severity
            .iter()
            .filter_map(|rating| cvss(&rating.score, rating.system.trim_start_matches("CVSS_V"), None));
        let said = match &record.database_specific {
            Some(Specific::Rated { severity }) => word(severity),
            Some(Specific::Other(_)) | None => None,
        };
        for score in rated.chain(said) {
            if !scores.contains(&score) {
                scores.push(score);
            }
        }
    }
    scores
}

/// osv-scanner's own number for the group, else the publisher's word.
fn severity(scores: &[Score], group: Option<&Group>) -> Severity {
    let number = group.and_then(|group| group.max_severity.parse::<f64>().ok());
    let words = scores.iter().filter(|score| score.system == "text").map(|score| from_word(&score.vector));
    match number.map(from_score) {
        Some(severity) => severity,
        None => words.into_iter().next().unwrap_or(Severity::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use chiron_plugin_report::{Report as _, SET_ASIDE, read};
    use chiron_sdk::content::reason;
    use chiron_sdk::fake::{self, FakeBlob};
    use chiron_sdk::scan::Component;

    use super::*;
    use crate::OsvScanner;

    /// Recorded from the real osv-scanner 1.9.2 and 2.2.4; see the README beside them.
    const RECORDED: [&str; 2] = [
        include_str!("../tests/fixtures/osv-scanner-1.9.json"),
        include_str!("../tests/fixtures/osv-scanner-2.2.json"),
    ];

    fn scan(text: &str, components: &[Component]) -> Result<Vec<Finding>, String> {
        let document = read(&FakeBlob::new(text), OsvScanner::WHAT).map_err(|error| reason(&error))?;
        of(document, &Components::new(components)).map_err(|error| reason(&error))
    }

    #[test]
    fn a_group_becomes_a_finding_about_its_component_in_both_versions() {
        for recorded in RECORDED {
            let jinja = fake::component("Jinja2", "3.1.4");
            let findings = scan(recorded, std::slice::from_ref(&jinja)).unwrap();
            assert_eq!(findings.len(), 3, "{findings:?}");
            let finding = findings.iter().find(|finding| finding.rule_id == "PYSEC-2026-1475").unwrap();
            assert_eq!(finding.component.as_deref(), Some(jinja.id.as_str()));
            assert_eq!((finding.severity, &finding.fixed_versions), (Severity::High, &vec!["3.1.5".to_owned()]));
            assert_eq!(finding.aliases, ["CVE-2024-56326", "GHSA-q2x7-8rv6-6q7h"]);
            assert_eq!(finding.scores[0].system, "CVSS_V3");
            let lodash = findings.iter().find(|finding| finding.rule_id.starts_with("GHSA")).unwrap();
            assert!(lodash.properties.contains(&("chiron:unmatched-purl".into(), "pkg:npm/lodash@4.17.15".into())));
        }
    }

    #[test]
    fn a_report_of_nothing_tells_nothing_and_one_of_clean_packages_is_clean() {
        let empty = r#"{"results": [], "experimental_config": {}}"#;
        assert!(scan(empty, &[]).unwrap_err().contains("--all-packages"));
        let clean = r#"{"results": [{"source": {"path": "x", "type": "lockfile"},
            "packages": [{"package": {"name": "a", "version": "1", "ecosystem": "PyPI"}}]}]}"#;
        assert_eq!(scan(clean, &[]).unwrap().len(), 0);
    }

    #[test]
    fn several_records_of_one_problem_are_one_finding_with_the_publishers_word() {
        let text = r#"{"results": [{"source": {}, "packages": [{
            "package": {"name": "a", "version": "1", "ecosystem": "PyPI"},
            "license_violations": ["GPL-3.0"],
            "vulnerabilities": [
                {"id": "GHSA-1", "database_specific": {"severity": "MODERATE"}, "affected": [
                    {"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": [
                        {"type": "GIT", "events": [{"fixed": "abcdef"}]},
                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]},
                    {"package": {"ecosystem": "PyPI", "name": "b"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "9"}]}]}]},
                {"id": "PYSEC-1", "database_specific": {"severity": 7}},
                {"id": "MAL-1"}],
            "groups": [{"ids": ["GHSA-1", "PYSEC-1"], "aliases": ["CVE-1", "GHSA-1"], "max_severity": ""}]}]}]}"#;
        let findings = scan(text, &[]).unwrap();
        let ids: Vec<_> = findings.iter().map(|finding| finding.rule_id.as_str()).collect();
        assert_eq!(ids, ["GHSA-1", "MAL-1", "osv-scanner-license"]);
        assert_eq!(findings[0].aliases, ["CVE-1", "PYSEC-1"]);
        assert_eq!((findings[0].severity, &findings[0].fixed_versions), (Severity::Medium, &vec!["2".to_owned()]));
        assert!(findings[1].properties.contains(&("chiron:category".to_owned(), "malicious".to_owned())));
        assert!(findings[2].properties.iter().any(|(key, _)| key == SET_ASIDE));
    }

    #[test]
    fn half_a_report_anothers_and_one_that_misses_a_record_are_refused_by_name() {
        let recorded = RECORDED[1];
        assert!(scan(&recorded[..recorded.len() / 2], &[]).unwrap_err().starts_with("not a report of osv-scanner"));
        assert!(scan("{\"matches\": []}", &[]).unwrap_err().contains("missing field `results`"));
        let missing = recorded.replacen("\"id\": \"PYSEC-2026-1475\"", "\"id\": \"PYSEC-0\"", 1);
        assert!(scan(&missing, &[]).unwrap_err().contains("names the record `PYSEC-2026-1475`"));
        let many = r#"{"package": {"name": "a"}, "vulnerabilities": [{"id": "X"}], "groups": [{"ids": ["X"]}]},"#
            .repeat(100_000);
        let many = format!(r#"{{"results": [{{"packages": [{}]}}]}}"#, many.trim_end_matches(','));
        assert!(scan(&many, &[]).unwrap_err().contains("more than the 20000 findings"));
    }
}
