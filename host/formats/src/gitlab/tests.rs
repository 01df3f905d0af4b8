use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::sample;

fn value(report: &Report) -> Value {
    serde_json::from_slice(&encode(report).unwrap()).unwrap()
}

/// What schema 15.0.7 asks for, as far as any report could break it.
fn check(report: &Report) {
    let json = value(report);
    let filled = |value: &Value| !value.as_str().unwrap().is_empty();
    let at_most = |value: &Value, max: usize| value.as_str().unwrap().chars().count() <= max;
    let applying = report.findings.iter().filter(|f| !matches!(f.status, FindingStatus::Suppressed(_))).count();
    let vulnerabilities = json["vulnerabilities"].as_array().unwrap();
    assert_eq!(vulnerabilities.len(), applying);
    for found in vulnerabilities {
        assert!(filled(&found["id"]) && filled(&found["location"]["file"]));
        assert!(at_most(&found["name"], 255) && at_most(&found["description"], 1_048_576));
        assert!(found.get("solution").is_none_or(|solution| at_most(solution, 7000)));
        assert!(!found["identifiers"].as_array().unwrap().is_empty());
        for identifier in found["identifiers"].as_array().unwrap() {
            assert!(filled(&identifier["type"]) && filled(&identifier["name"]) && filled(&identifier["value"]));
        }
        assert!(found["location"]["dependency"]["package"]["name"].is_string());
        assert!(found["location"]["dependency"]["version"].is_string());
    }
    for file in json["dependency_files"].as_array().unwrap() {
        assert!(filled(&file["path"]) && filled(&file["package_manager"]));
    }
}

#[test]
fn a_finding_is_a_vulnerability() {
    let json = value(&sample::report());
    let first = &json["vulnerabilities"][0];
    assert_eq!(first["severity"], "High");
    assert_eq!(first["solution"], "Upgrade to 4\\.2\\.16\\.");
    assert_eq!(
        first["identifiers"][0],
        json!({
            "type": "cve", "name": "CVE-2024-45230", "value": "CVE-2024-45230",
            "url": "https://nvd.nist.gov/vuln/detail/CVE-2024-45230"
        })
    );
    assert_eq!(
        first["location"],
        json!({"file": "dist/app.whl", "dependency": {"package": {"name": "Django"}, "version": "4.2.0"}})
    );
    assert_eq!(json["scan"]["end_time"], "2026-07-01T12:00:00");
    assert_eq!(json["scan"]["status"], "success");
    let ids: Vec<&Value> = json["vulnerabilities"].as_array().unwrap().iter().map(|v| &v["id"]).collect();
    assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), ids.len());
}

#[test]
fn what_is_left_out_is_said() {
    let json = value(&sample::report());
    let messages = json["scan"]["messages"].as_array().unwrap();
    assert_eq!(messages.last().unwrap(), &json!({"level": "info", "value": "1 suppressed findings are left out"}));
    assert_eq!(messages[0]["level"], "warn");
    assert!(messages[0]["value"].as_str().unwrap().starts_with("step extra failed \\(deadline\\)"));
}

#[test]
fn files_name_their_packages() {
    let json = value(&sample::report());
    let files = json["dependency_files"].as_array().unwrap();
    let kinds: Vec<&str> = files.iter().map(|file| file["package_manager"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["npm", "pypi", "unknown"]);
    assert_eq!(files[0]["dependencies"], json!([{"package": {"name": "@babel/core"}, "version": "7.11.0"}]));
}

#[test]
fn odd_reports_keep_to_the_schema() {
    check(&sample::report());
    check(&sample::empty());
    sample::NASTY.iter().for_each(|text| check(&sample::with_text(text)));
    check(&sample::with_text(&"|x".repeat(600_000)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_keeps_to_the_schema(text: String) {
        check(&sample::with_text(&text));
    }
}
