//! Reports of other scanners, judged as Chiron's own findings are.

use chiron_e2e::{Ended, Folder, binary, bom, osv};
use serde_json::Value;

/// A report that was recorded from a real tool, or written by hand after its form.
fn recorded(path: &str) -> String {
    std::fs::read_to_string(binary::root().join("plugins").join(path)).unwrap()
}

fn pipeline(subjects: &str, uses: &str) -> String {
    format!(
        "[pipeline]\nname = \"swap\"\nsubjects = [{subjects}]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"scan\"\nuses = \"{uses}\"\n[databases.default]\npath = \"db\"\n[gate]\nfail_on = \"medium\"\n"
    )
}

/// One SBOM, and beside it what three scanners said of the same packages elsewhere.
fn several() -> Folder {
    let work = Folder::new();
    let record = osv::record("GHSA-9wx4-h78v-vm56", "requests", "2.32.0", "MODERATE").to_string();
    work.database(&[record, osv::record("PYSEC-2026-1475", "jinja2", "3.1.5", "HIGH").to_string()]);
    work.write("app.cdx.json", bom::of(&["pkg:pypi/Requests@2.31.0", "pkg:pypi/jinja2@3.1.4"]))
        .write("grype.json", recorded("grype/tests/fixtures/grype-0.121.json"))
        .write("trivy.json", recorded("trivy/tests/fixtures/trivy-0.65-sbom.json"))
        .write("osv.json", recorded("osv-scanner/tests/fixtures/osv-scanner-2.2.json"));
    work
}

const SEVERAL: &str = "\"app.cdx.json\", \"grype.json\", \"trivy.json\", \"osv.json\"";

fn run(work: &Folder) -> (Value, Ended) {
    let ended = work.chiron(&["run", "-o", "json"]);
    (ended.json(), ended)
}

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let all = report["findings"].as_array().unwrap();
    all.iter().find(|finding| finding["id"] == id).unwrap_or_else(|| panic!("{id}: {all:#?}"))
}

fn scan(report: &Value) -> &Value {
    report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "scan").unwrap()
}

fn notes(report: &Value) -> Vec<&str> {
    report["notes"].as_array().unwrap().iter().filter_map(|note| note["message"].as_str()).collect()
}

#[test]
fn one_line_swaps_the_scanner_and_the_gate_denies_on_what_each_says() {
    let work = several();
    let mut seen = Vec::new();
    for (uses, id, fixed) in [
        ("osv", "GHSA-9wx4-h78v-vm56", "2.32.0"),
        ("grype-report", "GHSA-9wx4-h78v-vm56", "2.32.0"),
        ("trivy-report", "CVE-2024-35195", "2.32.0"),
        ("osv-scanner-report", "PYSEC-2026-1475", "3.1.5"),
    ] {
        work.write("pipeline.toml", pipeline(SEVERAL, uses));
        let (report, ended) = run(&work);
        assert_eq!(ended.code, 1, "{uses}: {}", ended.stderr);
        let found = finding(&report, id);
        assert!(found["component"]["purl"].as_str().unwrap().starts_with("pkg:pypi/"), "{uses}: {found:#}");
        assert_eq!((&found["fixed_versions"][0], &found["subjects"][0]), (&fixed.into(), &"app.cdx.json".into()));
        assert_eq!(found["matched"][0]["step"], "scan");
        seen.push(found["fingerprint"].clone());
    }
    assert_eq!(seen[0], seen[1], "the same record of the same component is the same finding, whoever says it");
}

#[test]
fn what_matches_no_component_is_a_finding_about_the_report_and_what_was_ignored_is_a_note() {
    let work = several();
    work.write("pipeline.toml", pipeline(SEVERAL, "grype-report"));
    let (report, _) = run(&work);
    let lodash = finding(&report, "GHSA-35jh-r3h4-6jhm");
    assert_eq!((&lodash["component"], &lodash["subjects"][0]), (&Value::Null, &"grype.json".into()));
    assert!(lodash["proofs"].to_string().contains("pkg:npm/lodash@4.17.15, which is no component"), "{lodash:#}");
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["id"] != "GHSA-test-unra-ted0"));
    let notes = notes(&report);
    assert!(
        notes.iter().any(|note| note.contains("GHSA-test-unra-ted0") && note.contains("never called")),
        "{notes:?}"
    );
}

#[test]
fn a_report_that_was_read_is_accounted_for_and_the_others_are_not() {
    let work = several();
    work.write("pipeline.toml", pipeline(SEVERAL, "grype-report"));
    let (report, _) = run(&work);
    let files = report["files"].as_array().unwrap();
    let coverage = |subject: &str| files.iter().find(|file| file["subject"] == subject).map(|file| &file["status"]);
    assert_eq!(coverage("grype.json"), Some(&"read".into()), "{files:#?}");
    assert_eq!(coverage("trivy.json"), Some(&"unsupported".into()));
}

#[test]
fn a_report_that_is_broken_foreign_or_boundless_is_a_failed_step_never_clean() {
    let grype = recorded("grype/tests/fixtures/grype-0.121.json");
    let one = r#"{"vulnerability": {"id": "CVE-1"}, "artifact": {"name": "a"}},"#.repeat(100_000);
    let many = format!("{{\"matches\": [{}], \"descriptor\": {{}}}}", one.trim_end_matches(','));
    for (name, uses, text, said) in [
        ("x.grype.json", "grype-report", grype[..grype.len() / 2].to_owned(), "not a report of grype"),
        ("x.grype.json", "grype-report", "{\"hello\": 1}".to_owned(), "missing field `matches`"),
        ("x.json", "grype-report", grype.replace("0.121.3", "7.0.0"), "grype `7.0.0` is not understood"),
        (
            "x.json",
            "grype-report",
            grype.replace("\"valid\": true", "\"valid\": false"),
            "its database cannot be relied on",
        ),
        ("x.json", "grype-report", many, "more than the 20000 entries"),
        ("x.json", "trivy-report", "{\"SchemaVersion\": 9, \"ArtifactName\": \"\"}".to_owned(), "schema 9"),
        (
            "x.json",
            "osv-scanner-report",
            "{\"results\": [], \"experimental_config\": {}}".to_owned(),
            "names no package",
        ),
        ("x.sarif", "sarif-report", "{\"version\": \"2.1.0\", \"runs\": []}".to_owned(), "holds no run"),
    ] {
        let work = Folder::new();
        work.write("app.cdx.json", bom::of(&["pkg:pypi/requests@2.31.0"])).write(name, text);
        work.write("pipeline.toml", pipeline(&format!("\"app.cdx.json\", \"{name}\""), uses));
        let (report, ended) = run(&work);
        assert_eq!((ended.code, &scan(&report)["ending"]["status"]), (6, &"failed".into()), "{said}: {}", ended.stderr);
        assert!(scan(&report).to_string().contains(said), "{said}: {:#}", scan(&report));
    }
}

#[test]
fn a_step_whose_report_is_not_there_has_failed() {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/requests@2.31.0"]));
    work.write("pipeline.toml", pipeline("\"app.cdx.json\"", "grype-report"));
    let (report, ended) = run(&work);
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    assert!(scan(&report).to_string().contains("nothing-to-read"), "{:#}", scan(&report));
}

#[test]
fn a_sarif_document_is_judged_without_an_sbom_and_keeps_places_that_the_subject_has() {
    let work = Folder::new();
    work.write("project/src/my app.py", "import os\n")
        .write("project/reports/tool.sarif", recorded("sarif/tests/fixtures/tool.sarif"));
    work.write(
        "pipeline.toml",
        "[pipeline]\nname = \"x\"\nsubjects = [\"project\"]\n[[step]]\nid = \"scan\"\nuses = \"sarif-report\"\n",
    );
    let (report, ended) = run(&work);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let injection = finding(&report, "py/sql-injection");
    assert_eq!(
        (&injection["locations"][0]["path"], &injection["locations"][0]["line"]),
        (&"src/my app.py".into(), &12.into())
    );
    assert_eq!((&injection["severity"], &injection["category"]), (&"high".into(), &"code".into()));
    // The recorded place is not in this subject: the finding is about the document.
    assert_eq!(finding(&report, "py/unused")["locations"][0]["path"], "reports/tool.sarif");
    let table = work.chiron(&["run"]);
    assert!(!table.stdout.contains("Nothing to scan"), "{}", table.stdout);
}

#[test]
fn a_reader_of_reports_can_read_and_nothing_else() {
    let work = Folder::new();
    for name in ["grype-report", "trivy-report", "osv-scanner-report", "sarif-report"] {
        let shown = work.chiron(&["plugin", "inspect", name]).with_code(0).stdout;
        assert!(shown.contains("kind     scanner (chiron:scan/content-scanner@0.1.0)"), "{shown}");
        let can: Vec<_> =
            shown.lines().filter(|line| line.trim_end().ends_with(']') && line.starts_with("  ")).collect();
        let words: Vec<_> =
            can.iter().filter_map(|line| line.rsplit_once('[')).map(|(_, word)| word.trim_end_matches(']')).collect();
        assert!(words.contains(&"content"), "{words:?}");
        assert!(words.iter().all(|word| ["log", "progress", "content"].contains(word)), "{words:?}");
    }
}
