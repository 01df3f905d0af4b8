//! Scanners: beside the first-party one, over a document with one vulnerable component.

use chiron_e2e::{Ended, Folder, bom, osv};
use serde_json::{Value, json};

use crate::hostile::behaviours::Scanner;
use crate::hostile::guests;
use crate::running::{failed, heard, run, succeeded};

fn scanner(behaviour: Scanner, more: &str) -> (Value, Ended) {
    scanner_in(&Folder::new(), behaviour, more)
}

fn scanner_in(work: &Folder, behaviour: Scanner, more: &str) -> (Value, Ended) {
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work.write("hostile.wasm", guests::component("scanner")).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ behaviour = \"{}\" }}\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n{more}",
            behaviour.word()
        ),
    );
    let (report, ended) = run(work);
    succeeded(&report, "osv");
    assert!(finding(&report, "PYSEC-2024-1").is_some(), "{report:#}");
    (report, ended)
}

pub(crate) fn finding<'a>(report: &'a Value, id: &str) -> Option<&'a Value> {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id)
}

const SUPPRESSED: &str = "[[suppress]]\nid = \"PYSEC-2024-1\"\nreason = \"known\"\n[gate]\nfail_on = \"high\"\n";

#[test]
fn an_honest_scanner_is_heard() {
    let (report, _) = scanner(Scanner::Honest, "");
    assert_eq!(finding(&report, "HOSTILE-1").unwrap()["status"], "affected");
}

#[test]
fn a_claimed_alias_carries_no_suppression_over() {
    let (report, ended) = scanner(Scanner::AliasOfSuppressed, SUPPRESSED);
    assert_eq!(finding(&report, "PYSEC-2024-1").unwrap()["status"], "suppressed");
    assert_eq!(finding(&report, "HOSTILE-1").unwrap()["status"], "affected");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_claimed_alias_carries_no_vex_statement_over() {
    let work = Folder::new();
    let statement = json!({ "vulnerability": { "name": "PYSEC-2024-1", "aliases": ["HOSTILE-1"] },
        "products": [{ "@id": "pkg:pypi/demo" }], "status": "not_affected", "justification": "component_not_present" });
    let document = json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "A", "version": 1,
        "timestamp": "2024-01-01T00:00:00Z", "statements": [statement] });
    work.write("vex.json", document.to_string());
    let more = "[vex]\nfiles = [\"vex.json\"]\n[gate]\nfail_on = \"high\"\n";
    let (report, ended) = scanner_in(&work, Scanner::AliasOfSuppressed, more);
    assert_eq!(finding(&report, "PYSEC-2024-1").unwrap()["status"], "suppressed");
    assert_eq!(finding(&report, "HOSTILE-1").unwrap()["status"], "affected");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_claimed_alias_is_no_entry_of_a_baseline() {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json=base.json"]).with_code(0);
    let more = "[gate]\nfail_on = \"high\"\nbaseline = \"base.json\"\n";
    let (report, ended) = scanner_in(&work, Scanner::AliasOfSuppressed, more);
    assert_eq!(finding(&report, "PYSEC-2024-1").unwrap()["suppression"]["by"], "baseline");
    assert_eq!(finding(&report, "HOSTILE-1").unwrap()["status"], "affected");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_copy_of_a_suppressed_finding_is_not_suppressed() {
    let (report, ended) = scanner(Scanner::CopySuppressed, SUPPRESSED);
    let (own, copied) = (finding(&report, "HOSTILE-1").unwrap(), finding(&report, "PYSEC-2024-1").unwrap());
    assert_eq!((&own["status"], &copied["status"]), (&json!("affected"), &json!("suppressed")));
    assert_ne!(own["fingerprint"], copied["fingerprint"]);
    assert_eq!(own["advisories"], json!(["HOSTILE-1"]));
    assert_eq!(ended.code, 1);
}

#[test]
fn a_rating_of_nothing_does_not_lower_what_another_scanner_said() {
    let (report, ended) = scanner(Scanner::RateDown, "[gate]\nfail_on = \"high\"\n");
    assert_eq!(finding(&report, "PYSEC-2024-1").unwrap()["severity"], "high");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_finding_about_nobody_is_an_invalid_answer() {
    let (report, ended) = scanner(Scanner::UnknownComponent, "");
    failed(&report, "hostile", "invalid-output");
    assert_eq!(ended.code, 6);
}

#[test]
fn a_finding_without_a_rule_is_an_invalid_answer() {
    failed(&scanner(Scanner::EmptyRule, "").0, "hostile", "invalid-output");
}

#[test]
fn a_proof_outside_the_subject_is_an_invalid_answer() {
    failed(&scanner(Scanner::ProofOutside, "").0, "hostile", "invalid-output");
}

#[test]
fn texts_of_findings_reach_nobody_alive() {
    let work = Folder::new();
    let (report, ended) = scanner_in(&work, Scanner::Escapes, "");
    succeeded(&report, "hostile");
    let documents = ["cyclonedx-json", "cyclonedx-json-1.5", "cyclonedx-json-1.7", "cyclonedx-xml", "openvex"];
    heard(&work, &documents);
    heard(&work, &["json", "sarif", "csv", "markdown", "junit", "github", "gitlab", "html"]);
    assert!(ended.stdout.contains("forged"), "{}", ended.stdout);
}

#[test]
fn nonsense_asked_of_the_advisory_engine_gets_no_record() {
    let (report, _) = scanner(Scanner::Nonsense, "");
    succeeded(&report, "hostile");
    let message = finding(&report, "HOSTILE-1").unwrap()["message"].to_string();
    assert!(message.contains("[false, false, false]"), "{message}");
}
