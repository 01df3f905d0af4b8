//! What the gate can be set to, and that each decision has a reason and a remedy.

use chiron_e2e::{Folder, bom, osv};
use serde_json::{Value, json};

const PIPELINE: &str = "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
     [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n";

fn folder(components: Vec<Value>, gate: &str) -> Folder {
    let mut unfixed = osv::record("PYSEC-2024-2", "nofix", "3.0", "HIGH");
    unfixed["affected"][0]["ranges"][0]["events"] = json!([{ "introduced": "0" }]);
    let mut low = osv::record("PYSEC-2024-3", "low", "3.0", "LOW");
    low["aliases"] = json!(["CVE-2024-0003"]);
    let work = Folder::new();
    work.database(&[unfixed.to_string(), low.to_string()])
        .write("app.cdx.json", bom::with(components))
        .write("epss.csv", "#model_version:v1,score_date:2026-01-01T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0003,0.90000,0.99000\n")
        .write("kev.json", json!({ "title": "t", "catalogVersion": "2026.01.01", "dateReleased": "2026-01-01T00:00:00Z", "count": 1,
            "vulnerabilities": [{ "cveID": "CVE-2024-0003", "dateAdded": "2025-12-24", "dueDate": "2026-01-14", "knownRansomwareCampaignUse": "Unknown" }] }).to_string())
        .write("pipeline.toml", format!("{PIPELINE}[enrich]\nepss = \"epss.csv\"\nkev = \"kev.json\"\n[gate]\n{gate}"));
    work
}

fn reasons(report: &Value) -> Vec<(String, String)> {
    let policies = report["verdict"]["policies"].as_array().unwrap();
    let gate = policies.iter().find(|policy| policy["step"] == "gate").unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    gate["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| (text(&reason["rule_id"]), text(&reason["remedy"])))
        .collect()
}

fn run(component: &str, gate: &str, code: i32) -> Vec<(String, String)> {
    let work = folder(vec![bom::component("c", component)], gate);
    reasons(&work.chiron(&["run", "-o", "json"]).with_code(code).json())
}

#[test]
fn exploits_deny_whatever_the_severity() {
    assert!(run("pkg:pypi/low@1.0", "", 0).is_empty());
    for (gate, rule) in [("kev = \"deny\"\n", "known-exploited"), ("epss = 0.5\n", "epss-threshold")] {
        let reasons = run("pkg:pypi/low@1.0", gate, 1);
        assert_eq!(reasons, [(rule.to_owned(), "upgrade low to 3.0".to_owned())]);
    }
    assert!(run("pkg:pypi/low@1.0", "epss = 0.95\n", 0).is_empty());
    let work = folder(vec![bom::component("c", "pkg:pypi/low@1.0")], "");
    let scan = ["scan", "app.cdx.json", "--db", "db", "--kev", "kev.json", "--epss", "epss.csv"];
    let _ = work.chiron(&scan).with_code(0);
    let _ = work.chiron(&[&scan[..], &["--fail-on-kev"]].concat()).with_code(1);
    let _ = work.chiron(&[&scan[..], &["--fail-on-epss", "0.5"]].concat()).with_code(1);
}

#[test]
fn what_has_no_fix_may_pass() {
    let [(rule, remedy)] = &run("pkg:pypi/nofix@1.0", "", 1)[..] else { panic!() };
    assert!(rule == "severity-threshold" && remedy.contains("no fix is known"), "{rule} {remedy}");
    assert!(run("pkg:pypi/nofix@1.0", "unfixed = \"allow\"\n", 0).is_empty());
    let work = folder(vec![bom::component("c", "pkg:pypi/nofix@1.0")], "");
    let scan = ["scan", "app.cdx.json", "--db", "db", "--fail-on", "high"];
    let _ = work.chiron(&scan).with_code(1);
    let _ = work.chiron(&[&scan[..], &["--only-fixed"]].concat()).with_code(0);
    let _ = work.chiron(&[&scan[..], &["--ignore-unfixed"]].concat()).with_code(0);
}

#[test]
fn licences_are_judged_with_exceptions() {
    let licensed = |name: &str, license: &str| {
        let mut component = bom::component(name, &format!("pkg:pypi/{name}@1.0"));
        component["licenses"] = json!([{ "expression": license }]);
        component
    };
    let all = || vec![licensed("free", "MIT OR GPL-3.0-only"), licensed("copyleft", "AGPL-3.0-only")];
    let gate = "[gate.licenses]\nallow = [\"MIT\", \"Apache-2.0\"]\n";
    let work = folder(all(), gate);
    let found = reasons(&work.chiron(&["run", "-o", "json"]).with_code(1).json());
    assert_eq!(found.len(), 1);
    assert!(found[0].0 == "license-denied" && found[0].1.contains("licenses.exceptions"), "{found:?}");
    let work = folder(
        all(),
        &format!("{gate}[[gate.licenses.exceptions]]\npurl = \"pkg:pypi/copyleft\"\nreason = \"bought\"\n"),
    );
    let _ = work.chiron(&["run"]).with_code(0);
    let work = folder(all(), "[gate.licenses]\ndeny = [\"GPLv9\"]\n");
    work.chiron(&["run"]).with_code(6).shows(&["`GPLv9` is no SPDX"]);
}

#[test]
fn an_old_database_cannot_judge() {
    let work = folder(vec![bom::component("c", "pkg:pypi/low@1.0")], "max_database_age = \"7d\"\n");
    let _ = work.chiron(&["run"]).with_code(0);
    work.chiron(&["run", "--at", "2099-01-01T00:00:00Z"]).with_code(6).shows(&["chiron db update"]);
    let work = folder(vec![bom::component("c", "pkg:pypi/low@1.0")], "max_database_age = \"7 parsecs\"\n");
    work.chiron(&["run"]).with_code(2).says(&["`7 parsecs` is no age"]);
}
