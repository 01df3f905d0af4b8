use std::collections::HashSet;

use serde_json::{Value, json};

use super::*;
use crate::{official, sample};

fn value(report: &Report, contents: Contents) -> Value {
    serde_json::from_slice(&encode(report, contents).unwrap()).unwrap()
}

fn reports() -> Vec<Report> {
    let mut reports = vec![sample::report(), sample::empty(), sample::with_text(&"x".repeat(10_000))];
    reports.extend(sample::NASTY.iter().map(|text| sample::with_text(text)));
    reports
}

/// The ids that a node refers to.
fn references(node: &Value) -> Vec<&str> {
    let lists = ["to", "rootElement", "element", "createdBy"]
        .into_iter()
        .flat_map(|key| node[key].as_array().into_iter().flatten());
    let singles = ["from", "dataLicense", "creationInfo"].into_iter().map(|key| &node[key]);
    lists.chain(singles).filter_map(Value::as_str).collect()
}

#[test]
fn whatever_is_referred_to_is_there_once() {
    for report in reports() {
        for contents in [Contents::WithVulnerabilities, Contents::ComponentsOnly] {
            let document = value(&report, contents);
            assert_eq!(document["@context"], "https://spdx.org/rdf/3.0.1/spdx-context.jsonld");
            let graph = document["@graph"].as_array().unwrap();
            let ids: Vec<&str> =
                graph.iter().map(|node| node["spdxId"].as_str().or(node["@id"].as_str()).unwrap()).collect();
            let known: HashSet<&str> = ids.iter().copied().collect();
            assert_eq!(known.len(), ids.len());
            assert!(graph.iter().flat_map(references).all(|id| known.contains(id)));
            assert_eq!(graph.iter().filter(|node| node["type"] == "SpdxDocument").count(), 1);
            let packages = graph.iter().filter(|node| node["type"] == "software_Package").count();
            assert_eq!(packages, report.subjects.len() + report.components.len());
        }
    }
}

#[test]
fn the_model_of_spdx_3_takes_it() {
    let documents: Vec<Vec<u8>> = reports()
        .iter()
        .flat_map(|report| {
            [Contents::WithVulnerabilities, Contents::ComponentsOnly].map(|contents| encode(report, contents))
        })
        .map(Result::unwrap)
        .collect();
    official::judge("spdx-json-3", &documents, "the_model_of_spdx_3_takes_it");
}

#[test]
fn a_component_is_a_package_with_its_licence_and_what_applies() {
    let document = value(&sample::report(), Contents::WithVulnerabilities);
    let graph = document["@graph"].as_array().unwrap();
    let named = |name: &str| graph.iter().find(|node| node["name"] == name).unwrap();
    let django = named("Django");
    assert_eq!(django["software_packageUrl"], "pkg:pypi/django@4.2.0");
    assert_eq!(
        (&django["software_packageVersion"], &django["software_primaryPurpose"]),
        (&json!("4.2.0"), &json!("library"))
    );
    let related = |from: &Value, kind: &str| -> Vec<&Value> {
        let relations = graph.iter().filter(|node| node["from"] == from["spdxId"] && node["relationshipType"] == kind);
        relations.flat_map(|node| node["to"].as_array().unwrap()).collect()
    };
    assert!(related(django, "hasAssociatedVulnerability").contains(&&named("CVE-2024-45230")["spdxId"]));
    let license = graph.iter().find(|node| node["spdxId"] == *related(django, "hasDeclaredLicense")[0]).unwrap();
    assert_eq!(license["simplelicensing_licenseExpression"], "BSD-3-Clause");
    assert!(related(django, "dependsOn").contains(&&named("sqlparse")["spdxId"]));
    // What was set aside is named nowhere.
    assert!(!document.to_string().contains("PYSEC-2024-1\""));
    assert!(!value(&sample::report(), Contents::ComponentsOnly).to_string().contains("CVE-"));
}
