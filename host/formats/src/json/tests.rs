use serde_json::{Value, json};

use super::*;
use crate::sample;

fn value(report: &ModelReport) -> Value {
    serde_json::from_slice(&encode(report).unwrap()).unwrap()
}

#[test]
fn reads_what_it_writes() {
    let report = sample::report();
    let read: Report = serde_json::from_slice(&encode(&report).unwrap()).unwrap();
    assert_eq!(read, Report::from(&report));
}

#[test]
fn a_finding_says_all_that_is_known() {
    let json = value(&sample::report());
    let finding = &json["findings"][0];
    assert_eq!(finding["id"], "CVE-2024-45230");
    assert_eq!(finding["advisories"], json!(["CVE-2024-45230", "GHSA-5hgc-2vfp-mqvc", "PYSEC-2024-102"]));
    assert_eq!(
        finding["component"],
        json!({"id": "c1", "purl": "pkg:pypi/django@4.2.0", "name": "Django", "version": "4.2.0"})
    );
    assert_eq!(finding["severity"], "high");
    assert_eq!(finding["status"], "affected");
    assert_eq!(finding["fixed_versions"], json!(["4.2.16"]));
    let matched = json!([{
        "id": "CVE-2024-45230", "step": "scan", "database": "osv", "severity": "high", "fixed_versions": ["4.2.16"],
        "claimed_aliases": [],
    }]);
    assert_eq!(finding["matched"], matched);
    assert_eq!((&finding["silent"], &finding["unsure"]), (&json!([]), &json!([])));
    assert_eq!(finding["scores"][0]["value"], 7.5);
    assert_eq!(json["findings"][2]["last_affected"], "9.5.0");
    assert_eq!(json["findings"][3]["status"], "suppressed");
    assert_eq!(json["findings"][3]["suppression"]["expires"], "2026-12-31");
    assert_eq!(json["findings"][4]["unknown_reason"], "the component has no version");
    assert_eq!(json["findings"][1]["proofs"][3]["base64"], "AP8=");
}

#[test]
fn the_rest_is_there_too() {
    let json = value(&sample::report());
    assert_eq!(json["schema"], SCHEMA);
    assert_eq!(json["summary"]["by_severity"]["high"], 2);
    assert_eq!(json["summary"]["suppressed"], 1);
    assert_eq!(json["summary"]["files"]["failed"], 1);
    assert_eq!(json["files"][1]["status"], "partly");
    assert_eq!(json["files"][1]["entries_dropped"], 3);
    assert_eq!(json["verdict"]["decision"], "deny");
    assert_eq!(json["databases"][0]["records"], 214_377);
    assert_eq!(json["steps"][2]["ending"]["status"], "failed");
    assert_eq!(json["steps"][2]["ending"]["code"], "deadline");
    assert_eq!(json["components"][2]["licenses"][0]["expression"], "MIT OR Apache-2.0");
    assert_eq!(json["settings"][0]["source"], "pipeline.toml");
}

#[test]
fn no_value_is_null() {
    fn check(value: &Value) {
        match value {
            Value::Null => panic!("a value is null"),
            Value::Array(items) => items.iter().for_each(check),
            Value::Object(fields) => fields.values().for_each(check),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    check(&value(&sample::report()));
    check(&value(&sample::with_text("x")));
    check(&value(&sample::empty()));
}

#[test]
fn every_report_follows_the_schema() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    for report in [sample::report(), sample::empty(), sample::with_text("\u{1b}[31m\u{202e}")] {
        let json = value(&report);
        let errors: Vec<_> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let mut wrong = value(&sample::report());
    wrong["findings"][0]["severity"] = json!("urgent");
    assert!(!schema.is_valid(&wrong));
}

#[test]
fn the_schema_describes_what_is_always_there() {
    let schema = schema();
    assert_eq!(schema["title"], "Chiron report");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let required = schema["required"].as_array().unwrap();
    assert_eq!(required.len(), schema["properties"].as_object().unwrap().len());
}

#[test]
fn a_finding_about_an_absent_component_keeps_its_id() {
    let mut report = sample::report();
    report.components.clear();
    let json = value(&report);
    assert_eq!(json["findings"][0]["component"], json!({"id": "c1", "name": ""}));
}

#[test]
fn twenty_thousand_components_and_findings_are_written() {
    let mut report = sample::report();
    report.components = (0..20_000).map(|n| sample::component(&format!("c{n}"), "package", "1.0")).collect();
    report.findings = (0..20_000)
        .map(|n| sample::finding("CVE-2024-1", &format!("c{n}"), chiron_model::severity::Severity::High, "2"))
        .collect();
    assert!(encode(&report).unwrap().len() > 10_000_000);
}

#[test]
fn what_is_known_of_exploits_stands_with_the_finding() {
    let json = value(&sample::enriched());
    let finding = &json["findings"][0];
    assert_eq!(finding["epss"], json!({"cve": "CVE-2024-45230", "score": 0.943_58, "percentile": 0.999_57}));
    assert_eq!(finding["kev"]["ransomware"], true);
    assert_eq!(finding["matched"][0]["database"], "acme");
    assert_eq!(json["enrichments"][0]["date"], "2026-06-30T12:55:00+0000");
    assert!(json["findings"][1].get("epss").is_none() && json["findings"][1].get("kev").is_none());
}
