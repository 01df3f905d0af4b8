use chiron_model::report::Report;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{official, sample};

fn value(report: &Report) -> Value {
    serde_json::from_slice(&encode(report).unwrap()).unwrap()
}

fn check(report: &Report, test: &str) {
    let json = value(report);
    if let Some(validator) = official::validator("sarif", "sarif-schema-2.1.0.json", test) {
        official::check(&validator, &json);
    }
    let run = &json["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len() + crate::objection::all(report).len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
}

#[test]
fn rich_and_odd_reports_follow_the_official_schema() {
    let test = "rich_and_odd_reports_follow_the_official_schema";
    check(&sample::report(), test);
    check(&sample::empty(), test);
    for text in sample::NASTY {
        check(&sample::with_text(text), test);
    }
    check(&sample::with_text(&"x".repeat(100_000)), test);
    let mut report = sample::report();
    report.findings.extend(report.findings.clone());
    check(&report, test);
}

#[test]
fn a_finding_is_a_result_with_a_rule() {
    let json = value(&sample::report());
    let run = &json["runs"][0];
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "CVE-2024-45230");
    assert_eq!(result["level"], "error");
    assert_eq!(result["partialFingerprints"]["chironFinding/v1"], "fp-CVE-2024-45230-c1");
    assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], "fp-CVE-2024-45230-c1");
    let place = &result["locations"][0];
    assert_eq!(
        place["physicalLocation"],
        json!({"artifactLocation": {"uri": "dist/app.whl", "uriBaseId": "%SRCROOT%"}})
    );
    assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "dist/app.whl!/Django-4.2.0.dist-info/METADATA");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["properties"]["security-severity"], "7.5");
    assert_eq!(rule["properties"]["tags"], json!(["security", "supply-chain", "vulnerability"]));
    assert_eq!(rule["helpUri"], "https://nvd.nist.gov/vuln/detail/CVE-2024-45230");
    let markdown = rule["help"]["markdown"].as_str().unwrap();
    assert!(markdown.contains("- [GHSA\\-5hgc\\-2vfp\\-mqvc](https://github.com/advisories/GHSA-5hgc-2vfp-mqvc)"));
    assert_eq!(run["tool"]["driver"]["rules"][4]["properties"].get("security-severity"), None);
    assert_eq!(run["tool"]["driver"]["rules"][4]["defaultConfiguration"]["level"], "warning");
}

#[test]
fn a_line_of_a_file_in_a_folder_is_a_region() {
    let mut report = sample::report();
    report.subjects[0].name = "app".to_owned();
    report.subjects[0].digests = vec![Digest::new("chironDirV1", report.subjects[0].digests[0].hex()).unwrap()];
    report.findings[0].subjects = vec!["app".to_owned()];
    report.findings[0].component = Some("c4".to_owned());
    report.components[3].origin.subject = "app".to_owned();
    report.components[3].locations[0].path = "web/package-lock.json".to_owned();
    let json = value(&report);
    assert_eq!(
        json["runs"][0]["results"][0]["locations"],
        json!([{"physicalLocation": {
            "artifactLocation": {"uri": "app/web/package-lock.json", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 17}
        }}])
    );
    assert_eq!(json["runs"][0]["artifacts"][0]["hashes"].as_object().unwrap().keys().next().unwrap(), "chironDirV1");
}

#[test]
fn a_suppression_has_its_reason() {
    let json = value(&sample::report());
    let results = &json["runs"][0]["results"];
    assert_eq!(results[0].get("suppressions"), None);
    assert_eq!(
        results[3]["suppressions"],
        json!([{
            "kind": "external", "status": "accepted", "justification": "we never parse SQL from users",
            "properties": {"chiron:expires": "2026-12-31"}
        }])
    );
}

#[test]
fn what_went_wrong_is_a_notification() {
    let json = value(&sample::report());
    let invocation = &json["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], true);
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    let ids: Vec<_> = notifications.iter().map(|n| (n["descriptor"]["id"].as_str(), n["level"].as_str())).collect();
    let expected = [("step", "warning"), ("coverage", "warning"), ("coverage", "error"), ("unlocked", "note")];
    assert_eq!(ids, expected.map(|(id, level)| (Some(id), Some(level))));
    let mut broken = sample::report();
    broken.verdict.judged = false;
    assert_eq!(value(&broken)["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn an_objection_of_a_policy_is_a_result() {
    let json = value(&sample::report());
    let result = &json["runs"][0]["results"][5];
    assert_eq!(result["ruleId"], "policy/gate/severity-at-or-above");
    assert_eq!(result["message"]["text"], "GHSA-m9g8-fxxm-xg86 is critical; upgrade to 4.2.17");
    assert_eq!(result["properties"]["chiron:purl"], "pkg:pypi/django@4.2.0");
}

#[test]
fn foreign_text_makes_no_link_and_no_placeholder() {
    let json = value(&sample::with_text("[a](javascript:alert(1)) {0} <img src=x>"));
    let run = &json["runs"][0];
    let shown = run["results"][0]["message"]["text"].as_str().unwrap();
    assert!(!shown.contains("](") && !shown.replace("{{", "").contains('{'));
    let markdown = run["tool"]["driver"]["rules"][0]["help"]["markdown"].as_str().unwrap();
    assert!(!markdown.replace("\\<", "").contains('<') && !markdown.replace("\\]", "").contains("]("));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_text_anywhere_gives_a_valid_document(text: String) {
        check(&sample::with_text(&text), "any_text_anywhere_gives_a_valid_document");
    }
}

#[test]
fn exploits_and_databases_are_properties() {
    let report = sample::enriched();
    let json = value(&report);
    let properties = &json["runs"][0]["results"][0]["properties"];
    assert_eq!((&properties["chiron:epss"], &properties["chiron:kev"]), (&"0.94358".into(), &"2026-05-01".into()));
    assert_eq!(properties["chiron:databases"], "acme");
    assert_eq!(json["runs"][0]["properties"]["chiron:enrichments"][1]["kind"], "kev");
    check(&report, "exploits_and_databases_are_properties");
}
