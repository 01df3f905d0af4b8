use std::collections::HashSet;

use chiron_model::component::License;
use chiron_model::purl::Purl;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{official, sample};

const VERSIONS: [(Version, &str); 3] = [
    (Version::V1_5, "bom-1.5.schema.json"),
    (Version::V1_6, "bom-1.6.schema.json"),
    (Version::V1_7, "bom-1.7.schema.json"),
];

fn value(report: &Report, contents: Contents) -> Value {
    value_in(report, contents, Version::V1_6)
}

fn value_in(report: &Report, contents: Contents, version: Version) -> Value {
    serde_json::from_slice(&encode(report, contents, version).unwrap()).unwrap()
}

fn validators(test: &str) -> Option<Vec<(Version, Validator)>> {
    VERSIONS
        .map(|(version, schema)| Some((version, official::validator("cyclonedx", schema, test)?)))
        .into_iter()
        .collect()
}

fn check(validators: &[(Version, Validator)], report: &Report) {
    for (version, validator) in validators {
        for contents in [Contents::WithVulnerabilities, Contents::ComponentsOnly] {
            let json = value_in(report, contents, *version);
            official::check(validator, &json);
            refs_are_unique_and_known(&json);
        }
    }
}

fn refs_are_unique_and_known(json: &Value) {
    let list = |key: &str| json[key].as_array().cloned().unwrap_or_default();
    let mut refs: Vec<Value> = list("components").iter().map(|c| c["bom-ref"].clone()).collect();
    let components: HashSet<Value> = refs.iter().cloned().collect();
    refs.extend(list("vulnerabilities").iter().map(|v| v["bom-ref"].clone()));
    refs.extend(json["metadata"]["component"].get("bom-ref").cloned());
    assert_eq!(refs.iter().collect::<HashSet<_>>().len(), refs.len());
    for vulnerability in list("vulnerabilities") {
        for affected in vulnerability["affects"].as_array().into_iter().flatten() {
            assert!(components.contains(&affected["ref"]));
        }
    }
}

#[test]
fn rich_and_odd_reports_follow_the_official_schema() {
    let Some(validators) = validators("rich_and_odd_reports_follow_the_official_schema") else {
        return;
    };
    check(&validators, &sample::report());
    check(&validators, &sample::empty());
    for text in ["", " ", "\u{1b}[31m\u{202e}\0", "urn:cdx:x", "MIT", "a/b", "\u{fffd}"] {
        check(&validators, &sample::with_text(text));
    }
    check(&validators, &sample::with_text(&"x".repeat(5000)));
    let mut report = sample::report();
    for component in &mut report.components {
        component.id = "same".to_owned();
        component.purl = Purl::parse("pkg:pypi/same@1").ok();
        component.licenses = vec![License::Expression("GPL-2.0-only AND (".to_owned())];
    }
    report.findings.extend(report.findings.clone());
    report.relations.extend(report.relations.clone());
    report.subjects.extend(report.subjects.clone());
    check(&validators, &report);
}

#[test]
fn licence_ids_are_those_of_the_schema() {
    let Some(folder) = official::folder("cyclonedx", "licence_ids_are_those_of_the_schema") else {
        return;
    };
    let schema: Value = serde_json::from_slice(&std::fs::read(folder.join("spdx.schema.json")).unwrap()).unwrap();
    let listed: HashSet<&str> = schema["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for license in spdx::identifiers::LICENSES {
        let written = license::choices(&[License::Text(license.name.to_owned())]);
        let as_id = matches!(&written[..], [wire::LicenseChoice::License(wire::License::Id(_))]);
        assert_eq!(as_id, listed.contains(license.name), "{}", license.name);
    }
}

#[test]
fn a_component_is_described_in_the_words_of_cyclonedx() {
    let json = value(&sample::report(), Contents::ComponentsOnly);
    let babel = &json["components"][3];
    assert_eq!(babel["group"], "@babel");
    assert_eq!(babel["name"], "core");
    assert_eq!(babel["purl"], "pkg:npm/%40babel/core@7.11.0");
    assert_eq!(babel["scope"], "optional");
    assert_eq!(babel["hashes"][0]["alg"], "SHA-256");
    assert_eq!(babel["evidence"]["occurrences"][0]["line"], 17);
    assert_eq!(json["components"][0]["scope"], "required");
    assert_eq!(json["components"][2]["scope"], "excluded");
    assert!(json["components"][4].get("version").is_none());
    assert_eq!(json["dependencies"], json!([{"ref": "c1", "dependsOn": ["c3"]}]));
    assert_eq!(json["metadata"]["component"]["name"], "dist/app.whl");
    assert_eq!(json["metadata"]["tools"]["components"][0]["name"], "chiron");
    assert!(json.get("vulnerabilities").is_none());
}

#[test]
fn a_vulnerability_says_how_bad_it_is_and_what_to_do() {
    let json = value(&sample::report(), Contents::WithVulnerabilities);
    let first = &json["vulnerabilities"][0];
    assert_eq!(first["id"], "CVE-2024-45230");
    assert_eq!(first["source"]["url"], "https://nvd.nist.gov/vuln/detail/CVE-2024-45230");
    assert_eq!(first["references"][0]["id"], "GHSA-5hgc-2vfp-mqvc");
    assert_eq!(first["ratings"][0]["method"], "CVSSv31");
    assert_eq!(first["ratings"][0]["score"], 7.5);
    assert_eq!(first["ratings"][1]["method"], "CVSSv4");
    assert_eq!(first["ratings"][2], json!({"severity": "medium", "method": "other"}));
    assert_eq!(first["recommendation"], "Upgrade to 4.2.16.");
    assert_eq!(first["affects"], json!([{"ref": "c1", "versions": [{"version": "4.2.0", "status": "affected"}]}]));
    let no_fix = &json["vulnerabilities"][2]["recommendation"];
    assert_eq!(no_fix, "No fixed version is known; the last affected one is 9.5.0.");
}

#[test]
fn a_suppression_is_no_vex_statement() {
    let json = value(&sample::report(), Contents::WithVulnerabilities);
    let suppressed = &json["vulnerabilities"][3];
    assert!(suppressed.get("analysis").is_none());
    let properties = suppressed["properties"].as_array().unwrap();
    assert!(properties.contains(&json!({"name": "chiron:status", "value": "suppressed"})));
    let reason = json!({"name": "chiron:suppression:reason", "value": "we never parse SQL from users"});
    assert!(properties.contains(&reason));
}

#[test]
fn an_older_version_keeps_lines_as_properties() {
    let mut report = sample::report();
    report.components[3].kind = "cryptographic-asset".to_owned();
    let json = value_in(&report, Contents::ComponentsOnly, Version::V1_5);
    assert_eq!(json["specVersion"], "1.5");
    let babel = &json["components"][3];
    assert_eq!(babel["type"], "library");
    assert_eq!(babel["evidence"]["occurrences"][0], json!({"location": "@babel/core-7.11.0.dist-info/METADATA"}));
    let properties = babel["properties"].as_array().unwrap();
    let value = "@babel/core-7.11.0.dist-info/METADATA:17";
    assert!(properties.contains(&json!({"name": "chiron:occurrence", "value": value})));
    assert!(properties.contains(&json!({"name": "chiron:type", "value": "cryptographic-asset"})));
}

#[test]
fn every_file_with_the_package_is_affected() {
    let mut report = sample::report();
    let mut copy = report.components[0].clone();
    copy.id = "copy".to_owned();
    let mut elsewhere = copy.clone();
    elsewhere.id = "elsewhere".to_owned();
    elsewhere.origin.subject = "another.whl".to_owned();
    report.components.extend([copy, elsewhere]);
    let json = value(&report, Contents::WithVulnerabilities);
    let refs: Vec<&Value> =
        json["vulnerabilities"][0]["affects"].as_array().unwrap().iter().map(|affected| &affected["ref"]).collect();
    assert_eq!(refs, ["c1", "copy"]);
}

#[test]
fn the_serial_number_is_that_of_the_content() {
    let serial = |report: &Report| value(report, Contents::ComponentsOnly)["serialNumber"].clone();
    let report = sample::report();
    assert_eq!(serial(&report), serial(&report));
    let mut other = report.clone();
    other.components[0].version = Some("4.2.1".to_owned());
    assert_ne!(serial(&report), serial(&other));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_anywhere_gives_a_valid_document(text: String) {
        if let Some(validators) = validators("any_text_anywhere_gives_a_valid_document") {
            check(&validators, &sample::with_text(&text));
        }
    }
}

#[test]
fn a_probability_of_an_exploit_is_no_rating() {
    let report = sample::enriched();
    let json = value(&report, Contents::WithVulnerabilities);
    let found = &json["vulnerabilities"][0];
    let properties = found["properties"].as_array().unwrap();
    let of =
        |name: &str| properties.iter().find(|property| property["name"] == name).map(|found| found["value"].clone());
    assert_eq!(of("chiron:epss").unwrap(), "0.94358");
    assert_eq!(of("chiron:kev").unwrap(), "2026-05-01");
    assert_eq!(of("chiron:database").unwrap(), "acme");
    assert!(found["ratings"].as_array().unwrap().iter().all(|rating| rating["score"] != 0.943_58));
    let Some(validators) = validators("a_probability_of_an_exploit_is_no_rating") else { return };
    check(&validators, &report);
}

#[test]
fn the_outside_validator_takes_every_version_and_form() {
    let test = "the_outside_validator_takes_every_version_and_form";
    let mut reports = vec![sample::report(), sample::empty(), sample::with_text(&"x".repeat(5000))];
    reports.extend(sample::NASTY.iter().map(|text| sample::with_text(text)));
    for contents in [Contents::WithVulnerabilities, Contents::ComponentsOnly] {
        let xml: Vec<_> = reports.iter().map(|report| encode_xml(report, contents).unwrap()).collect();
        official::judge("cyclonedx-xml", &xml, test);
        for (version, format) in [
            (Version::V1_5, "cyclonedx-json-1.5"),
            (Version::V1_6, "cyclonedx-json"),
            (Version::V1_7, "cyclonedx-json-1.7"),
        ] {
            let json: Vec<_> = reports.iter().map(|report| encode(report, contents, version).unwrap()).collect();
            official::judge(format, &json, test);
        }
    }
}

#[test]
fn both_forms_say_the_same() {
    let json = value(&sample::report(), Contents::WithVulnerabilities);
    let bytes = encode_xml(&sample::report(), Contents::WithVulnerabilities).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let xml = roxmltree::Document::parse(&text).unwrap();
    let root = xml.root_element();
    assert_eq!(root.tag_name().namespace(), Some("http://cyclonedx.org/schema/bom/1.6"));
    assert_eq!(root.attribute("serialNumber"), json["serialNumber"].as_str());
    let all = |list: &str, tag: &str| -> Vec<roxmltree::Node<'_, '_>> {
        let list = root.children().find(|child| child.has_tag_name(list)).unwrap();
        list.children().filter(|child| child.has_tag_name(tag)).collect()
    };
    let components = all("components", "component");
    assert_eq!(components.len(), json["components"].as_array().unwrap().len());
    for (element, member) in components.iter().zip(json["components"].as_array().unwrap()) {
        let text = |tag: &str| element.children().find(|child| child.has_tag_name(tag)).and_then(|child| child.text());
        assert_eq!(element.attribute("bom-ref"), member["bom-ref"].as_str());
        for tag in ["group", "name", "version", "scope", "purl"] {
            assert_eq!(text(tag), member[tag].as_str(), "{tag}");
        }
    }
    let vulnerabilities = all("vulnerabilities", "vulnerability");
    assert_eq!(vulnerabilities.len(), json["vulnerabilities"].as_array().unwrap().len());
    assert_eq!(all("dependencies", "dependency").len(), json["dependencies"].as_array().unwrap().len());
}

#[test]
fn the_source_package_and_the_distribution_stand_in_the_purl() {
    let mut report = sample::report();
    report.components[0].purl = Purl::parse("pkg:deb/debian/libssl3@3.0.11-1?arch=amd64").ok();
    report.components[0].properties = vec![
        ("chiron:upstream".to_owned(), "openssl@3.0.11-1".to_owned()),
        ("chiron:distro".to_owned(), "debian-12.5".to_owned()),
    ];
    let json = value(&report, Contents::ComponentsOnly);
    let expected = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.5&upstream=openssl%403.0.11-1";
    assert_eq!(json["components"][0]["purl"], expected);
}
