//! Only what is new denies.

use chiron_e2e::{Folder, bom, osv};

const PIPELINE: &str = "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
     [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n";

fn record(id: &str, name: &str, severity: &str) -> String {
    let mut record = osv::record(id, name, "9.0", severity);
    record["aliases"] = serde_json::json!(["CVE-2024-1"]);
    record.to_string()
}

#[test]
fn what_was_there_before_is_set_aside_and_what_is_new_or_worse_is_not() {
    let work = Folder::new();
    work.database(&[record("PYSEC-2024-1", "demo", "MEDIUM")])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", format!("{PIPELINE}[gate]\nfail_on = \"medium\"\n"));
    let _ = work.chiron(&["run", "-o", "json=base.json"]).with_code(1);
    let known = work.chiron(&["run", "--baseline", "base.json", "-o", "json"]).with_code(0).json();
    assert_eq!(known["findings"][0]["suppression"]["by"], "baseline");
    // Another version, and another record of the same group: nothing new.
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.1"]));
    std::fs::remove_dir_all(work.path("osv")).unwrap();
    work.database(&[record("GHSA-aaaa-bbbb-cccc", "demo", "MEDIUM")]);
    work.write("pipeline.toml", format!("{PIPELINE}[gate]\nfail_on = \"medium\"\nbaseline = \"base.json\"\n"));
    let _ = work.chiron(&["run"]).with_code(0);
    let _ = work
        .chiron(&["scan", "app.cdx.json", "--db", "db", "--fail-on", "medium", "--baseline", "base.json"])
        .with_code(0);
    // Rated worse.
    work.database(&[record("GHSA-aaaa-bbbb-cccc", "demo", "HIGH")]);
    let worse = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    assert!(worse["notes"].as_array().unwrap().iter().any(|note| note["code"] == "baseline-worse"), "{worse:#}");
    // In one more package.
    work.database(&[record("GHSA-aaaa-bbbb-cccc", "demo", "MEDIUM"), record("GHSA-aaaa-bbbb-dddd", "other", "MEDIUM")]);
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:pypi/other@1.0"]));
    let _ = work.chiron(&["run"]).with_code(1);
}

#[test]
fn what_is_no_report_is_refused() {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("base.json", "{}");
    work.chiron(&["scan", "app.cdx.json", "--db", "db", "--baseline", "base.json"])
        .with_code(2)
        .says(&["base.json is no baseline"]);
}
