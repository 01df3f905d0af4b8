//! A report of two scanners, one on databases and one on data of its own, and what a database says about it.

use chiron_advisories::Database;
use serde_json::{Value, json};

use super::*;

/// A finding as its id, the version of `demo`, reporters, silent scanners, fixes.
type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

fn report(findings: &[Row<'_>]) -> Report {
    let step = |id: &str, grants: Value| {
        json!({"id": id, "kind": "scanner", "required": true, "calls": 1, "fallback_for": [], "ending": {"status": "succeeded"},
            "plugin": {"name": id, "version": "1", "digest": "sha256:00", "imports": [], "grants": grants}})
    };
    let purl = |version: &str| format!("pkg:pypi/demo@{version}");
    let component = |version: &str| {
        json!({"id": purl(version), "purl": purl(version), "name": "demo", "version": version, "kind": "library",
            "scope": "runtime", "licenses": [], "digests": [], "locations": [], "step": "sbom", "subject": "app", "properties": []})
    };
    let finding = |(id, version, by, silent, fixes): &(&str, &str, &[&str], &[&str], &[&str])| {
        let matched = |step: &&str| json!({"id": id, "step": step, "severity": "high", "fixed_versions": fixes});
        json!({"id": id, "advisories": [id], "status": "affected", "severity": "high", "category": "vulnerability",
            "title": "", "message": "", "component": {"id": purl(version), "purl": purl(version), "name": "demo",
            "version": version}, "fixed_versions": fixes, "scores": [], "matched": by.iter().map(matched).collect::<Vec<_>>(),
            "silent": silent, "unsure": [], "vex": [], "locations": [], "proofs": [], "fingerprint": format!("{id} {version}"), "subjects": ["app"]})
    };
    let versions: std::collections::BTreeSet<_> = findings.iter().map(|finding| finding.1).collect();
    let document = json!({
        "schema": chiron_formats::json::SCHEMA, "chiron_version": "0", "pipeline": "p", "evaluated_at": "", "printed_at": "",
        "verdict": {"decision": "allow", "judged": true, "policies": []},
        "summary": chiron_formats::json::Summary::default(),
        "subjects": [], "findings": findings.iter().map(finding).collect::<Vec<_>>(), "advice": [],
        "components": versions.into_iter().map(component).collect::<Vec<_>>(), "relations": [], "files": [],
        "databases": [{"name": "public", "digest": "sha256:00", "built_at": "2024-06-01T00:00:00Z", "records": 1}],
        "enrichments": [], "vex": [], "steps": [step("osv", json!(["advisories"])), step("grype", json!([]))], "notes": [], "settings": []
    });
    serde_json::from_value(document).unwrap()
}

fn database(records: &[Value]) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    // A database without records is none.
    let other = json!({"id": "OTHER-1", "modified": "2024-01-01T00:00:00Z", "affected": [{
        "package": {"ecosystem": "PyPI", "name": "other"}, "versions": ["1"]}]});
    for (number, record) in records.iter().chain([&other]).enumerate() {
        std::fs::write(folder.path().join(format!("{number}.json")), record.to_string()).unwrap();
    }
    let index = folder.path().join("db");
    let _ = chiron_advisories::import(&[folder.path().to_owned()], &index, &|_| {}).unwrap();
    let database = Database::open(&index, "public").unwrap();
    (folder, database)
}

/// A record about `demo` below 2.
fn record(id: &str) -> Value {
    json!({"id": id, "modified": "2024-01-01T00:00:00Z", "summary": "x", "affected": [{
        "package": {"ecosystem": "PyPI", "name": "demo"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2"}]}]}]})
}

fn with(mut record: Value, key: &str, value: Value) -> Value {
    record[key] = value;
    record
}

/// Causes and texts of the first explanation.
fn told(report: &Report, records: &[Value]) -> Vec<(Cause, String)> {
    let (_folder, database) = database(records);
    let databases = if records.is_empty() { Vec::new() } else { vec![database] };
    let found = explain(Some(report), &databases, &About::default()).unwrap();
    found[0].reasons.iter().map(|reason| (reason.cause, reason.text.clone())).collect()
}

/// A finding that grype reports and osv does not.
fn by_grype(version: &str, fixes: &[&str]) -> Report {
    report(&[("CVE-1", version, &["grype"], &["osv"], fixes)])
}

#[test]
fn what_all_say_alike_is_explained_only_when_it_is_asked_for() {
    let report = report(&[("CVE-1", "1", &["grype", "osv"], &[], &["2"])]);
    assert_eq!(explain(Some(&report), &[], &About::default()).unwrap(), []);
    let about = About::new(Some("CVE-1".to_owned()), Some(Purl::parse("pkg:pypi/Demo").unwrap()));
    let found = explain(Some(&report), &[], &about).unwrap();
    assert_eq!((found.len(), found[0].opinions.len(), found[0].reasons.len()), (1, 2, 0));
    let about = About::new(None, Some(Purl::parse("pkg:pypi/demo@9").unwrap()));
    // A package that the report does not list: nobody looked at it.
    let found = explain(Some(&report), &[], &about).unwrap();
    assert_eq!((found.len(), found[0].answer), (1, Answer::CannotTell));
}

#[test]
fn a_range_that_leaves_the_version_out() {
    let told = told(&by_grype("2.1", &["3"]), &[record("CVE-1")]);
    assert_eq!(told, [(Cause::Range, "the record CVE-1 of `public` leaves 2.1 out of its ranges".to_owned())]);
}

#[test]
fn an_order_of_versions_that_puts_the_fix_before() {
    let told = told(&by_grype("2024.7.4", &["2024.07.04"]), &[]);
    assert_eq!(told[0].0, Cause::VersionOrder, "{told:?}");
}

#[test]
fn a_record_that_was_withdrawn_and_one_that_names_another_package() {
    let withdrawn = with(record("CVE-1"), "withdrawn", json!("2024-02-01T00:00:00Z"));
    assert_eq!(told(&by_grype("1", &[]), &[withdrawn])[0].0, Cause::Withdrawn);
    let mut other = record("CVE-1");
    other["affected"][0]["package"]["name"] = json!("demo-core");
    let told = told(&by_grype("1", &[]), &[other, record("X-1")]);
    let expected = "the record CVE-1 is about demo-core of PyPI, and the component is pkg:pypi/demo@1";
    assert_eq!(told, [(Cause::Name, expected.to_owned())]);
}

#[test]
fn a_record_of_a_distribution() {
    let mut debian = record("CVE-1");
    debian["affected"][0]["package"] = json!({"ecosystem": "Debian:12", "name": "demo"});
    assert_eq!(told(&by_grype("1", &[]), &[debian, record("X-1")])[0].0, Cause::Distribution);
}

#[test]
fn a_record_that_is_newer_than_the_runs_database() {
    let newer = with(record("CVE-1"), "modified", json!("2024-09-01T00:00:00Z"));
    let expected = "CVE-1 changed on 2024-09-01, after the run's database of 2024-06-01";
    assert_eq!(told(&by_grype("1", &[]), &[newer]), [(Cause::DatabaseDate, expected.to_owned())]);
    // Not held at all.
    assert_eq!(told(&by_grype("1", &[]), &[record("X-1")])[0].0, Cause::DatabaseDate);
}

#[test]
fn the_same_problem_under_another_id() {
    let report = report(&[("CVE-1", "1", &["grype"], &["osv"], &[]), ("PYSEC-1", "1", &["osv"], &["grype"], &[])]);
    assert!(told(&report, &[])[0].1.contains("PYSEC-1"), "{:?}", told(&report, &[]));
    let told = told(&report, &[with(record("PYSEC-1"), "aliases", json!(["CVE-1"]))]);
    let expected = "it reports PYSEC-1, and the database `public` asserts that it is CVE-1; no database of the run asserts that they are one";
    assert_eq!(told[0], (Cause::Alias, expected.to_owned()));
}

#[test]
fn what_cannot_be_told_is_said_so() {
    let told = told(&by_grype("1", &["2"]), &[]);
    assert_eq!(told[0].0, Cause::Unknown);
    assert!(told[0].1.contains("--db"));
}

#[test]
fn another_rating_and_another_fix() {
    let mut report = report(&[("CVE-1", "1", &["grype", "osv"], &[], &["2"])]);
    report.findings[0].matched[1].severity = Severity::Low;
    report.findings[0].matched[1].fixed_versions = vec!["2.0".to_owned()];
    let told = told(&report, &[]);
    assert_eq!(
        told[0],
        (Cause::Rating, "osv rates it low, and grype high: the report holds no ratings of the record".to_owned())
    );
    assert_eq!(told[1].0, Cause::VersionOrder, "{told:?}");
}
