//! Wheels and folders of them, real ones and small ones.

use std::collections::BTreeMap;

use chiron_e2e::{Folder, shared, wheel, zip};
use serde_json::Value;

/// Status by path.
fn files(report: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    report["files"].as_array().unwrap().iter().map(|file| (text(&file["path"]), text(&file["status"]))).collect()
}

fn purls(report: &Value) -> Vec<String> {
    let mut purls: Vec<_> =
        report["components"].as_array().unwrap().iter().map(|part| part["purl"].as_str().unwrap().to_owned()).collect();
    purls.sort();
    purls
}

/// PEP 503.
fn normalized(name: &str) -> String {
    name.to_ascii_lowercase().split(['-', '_', '.']).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

#[test]
fn every_package_of_a_real_wheelhouse_is_found_under_its_own_name() {
    let Some(house) = shared::path("data/wheelhouse-small") else { return };
    let sources = std::fs::read_to_string(house.join("SOURCES.tsv")).unwrap();
    let (mut expected, mut digests) = (Vec::new(), Vec::new());
    for row in sources.lines().skip(1) {
        let cells: Vec<_> = row.split('\t').collect();
        expected.push(format!("pkg:pypi/{}@{}", normalized(cells[1]), cells[2]));
        digests.push(format!("sha256:{}", cells[5]));
    }
    expected.sort();
    digests.sort();
    assert_eq!(expected.len(), 27, "25 wheels and 2 source distributions");
    let work = Folder::new();
    let _ = work.chiron(&["sbom", house.to_str().unwrap(), "-o", "json=report.json"]).with_code(0);
    let report: Value = serde_json::from_str(&work.read("report.json")).unwrap();
    assert_eq!(purls(&report), expected);
    let mut found: Vec<_> = report["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["digests"][0].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, digests);
    let files = files(&report);
    assert_eq!(files["SOURCES.tsv"], "unsupported");
    assert_eq!(files.values().filter(|status| *status == "read").count(), 27);
}

#[test]
fn a_vendored_dist_info_is_not_taken_for_the_wheels_own() {
    let work = Folder::new();
    let inner =
        zip::deflated("outer/_vendor/inner-9.dist-info/METADATA", b"Metadata-Version: 2.1\nName: inner\nVersion: 9\n");
    work.write("dist/outer-1-py3-none-any.whl", wheel::with("outer", "1", vec![inner]));
    let report = work.chiron(&["sbom", "dist", "-o", "json"]).with_code(0).json();
    assert_eq!(purls(&report), ["pkg:pypi/outer@1"]);
}

#[test]
fn a_wheel_that_is_vulnerable_is_found_with_what_to_upgrade_to() {
    let work = Folder::new();
    work.database(&[chiron_e2e::osv::demo()]).write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"));
    let scan = work
        .chiron(&["scan", "demo-1.0-py3-none-any.whl", "--db", "db", "-o", "table", "-o", "json=r.json"])
        .with_code(0);
    scan.shows(&["1 finding", "1 high", "PYSEC-2024-1", "upgrade to 2.0"]);
    let report: Value = serde_json::from_str(&work.read("r.json")).unwrap();
    let finding = &report["findings"][0];
    assert_eq!(finding["fixed_versions"], serde_json::json!(["2.0"]));
    assert_eq!((&finding["severity"], &finding["status"]), (&"high".into(), &"affected".into()));
    assert_eq!(report["files"][0]["path"], "demo-1.0-py3-none-any.whl");
}

#[test]
fn wheels_are_found_by_a_glob_beside_the_pipeline() {
    let work = Folder::new();
    work.write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0")).write(
        "pipeline.toml",
        "[pipeline]\nname = \"glob\"\nsubjects = [\"*.whl\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n",
    );
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    assert_eq!(purls(&report), ["pkg:pypi/demo@1.0"]);
}
