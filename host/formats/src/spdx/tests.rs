use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{official, sample};

fn value(report: &Report, contents: Contents) -> Value {
    serde_json::from_slice(&encode(report, contents).unwrap()).unwrap()
}

fn check(report: &Report, test: &str) {
    for contents in [Contents::WithVulnerabilities, Contents::ComponentsOnly] {
        let json = value(report, contents);
        if let Some(validator) = official::validator("spdx", "spdx-2.3.schema.json", test) {
            official::check(&validator, &json);
        }
        let packages = json["packages"].as_array().unwrap();
        assert_eq!(packages.len(), report.subjects.len() + report.components.len());
        let mut ids: HashSet<&Value> = packages.iter().map(|package| &package["SPDXID"]).collect();
        assert_eq!(ids.len(), packages.len());
        ids.insert(&json["SPDXID"]);
        let none = Value::from("NONE");
        if packages.is_empty() {
            ids.insert(&none);
        }
        for relation in json["relationships"].as_array().unwrap() {
            assert!(ids.contains(&relation["spdxElementId"]) && ids.contains(&relation["relatedSpdxElement"]));
        }
        for (package, component) in packages[report.subjects.len()..].iter().zip(&report.components) {
            assert_eq!(package["name"], component.name.as_str());
        }
    }
}

#[test]
fn rich_and_odd_reports_follow_the_official_schema() {
    let test = "rich_and_odd_reports_follow_the_official_schema";
    check(&sample::report(), test);
    check(&sample::empty(), test);
    sample::NASTY.iter().for_each(|text| check(&sample::with_text(text), test));
    check(&sample::with_text(&"x".repeat(100_000)), test);
}

#[test]
fn a_component_is_a_package() {
    let json = value(&sample::report(), Contents::WithVulnerabilities);
    let django = &json["packages"][1];
    assert_eq!(django["name"], "Django");
    assert_eq!(django["versionInfo"], "4.2.0");
    assert_eq!(django["licenseDeclared"], "BSD-3-Clause");
    assert_eq!(django["licenseConcluded"], "NOASSERTION");
    assert_eq!(django["primaryPackagePurpose"], "LIBRARY");
    assert_eq!(django["externalRefs"][0]["referenceLocator"], "pkg:pypi/django@4.2.0");
    assert_eq!(
        django["externalRefs"][1],
        json!({
            "referenceCategory": "SECURITY", "referenceType": "advisory",
            "referenceLocator": "https://nvd.nist.gov/vuln/detail/CVE-2024-45230"
        })
    );
    assert_eq!(json["packages"][4]["sourceInfo"], "seen in @babel/core-7.11.0.dist-info/METADATA:17");
    let relations = json["relationships"].as_array().unwrap();
    let relation = |source: &str, kind: &str, target: &str| {
        relations.contains(&json!({"spdxElementId": source, "relationshipType": kind, "relatedSpdxElement": target}))
    };
    assert!(relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Subject-1"));
    assert!(relation("SPDXRef-Subject-1", "CONTAINS", "SPDXRef-Package-1"));
    assert!(relation("SPDXRef-Package-1", "DEPENDS_ON", "SPDXRef-Package-3"));
    assert!(relation("SPDXRef-Package-1", "CONTAINS", "SPDXRef-Package-2"));
}

#[test]
fn an_sbom_alone_names_no_advisory_and_nothing_set_aside_is_named() {
    let has = |contents: Contents, text: &str| value(&sample::report(), contents).to_string().contains(text);
    assert!(has(Contents::WithVulnerabilities, "OSV-2023-77"));
    assert!(!has(Contents::ComponentsOnly, "OSV-2023-77"));
    assert!(!has(Contents::WithVulnerabilities, "PYSEC-2024-1"));
}

#[test]
fn the_namespace_is_that_of_the_content() {
    let namespace = |report: &Report| value(report, Contents::ComponentsOnly)["documentNamespace"].clone();
    let report = sample::report();
    assert_eq!(namespace(&report), namespace(&report));
    let mut other = report.clone();
    other.components[0].version = Some("4.2.1".to_owned());
    assert_ne!(namespace(&report), namespace(&other));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn any_text_anywhere_gives_a_valid_document(text: String) {
        check(&sample::with_text(&text), "any_text_anywhere_gives_a_valid_document");
    }
}

#[test]
fn the_outside_validator_takes_it() {
    let mut reports = vec![sample::report(), sample::empty()];
    reports.extend(sample::NASTY.iter().map(|text| sample::with_text(text)));
    let documents: Vec<_> = reports
        .iter()
        .flat_map(|report| {
            [Contents::WithVulnerabilities, Contents::ComponentsOnly].map(|contents| encode(report, contents))
        })
        .map(Result::unwrap)
        .collect();
    official::judge("spdx-json", &documents, "the_outside_validator_takes_it");
}
