//! Findings that people set aside: in files of our own and of other tools, until a date, with a reason.

use chiron_e2e::{Folder, bom, osv};

const PIPELINE: &str = "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
     [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n";

fn folder(more: &str) -> Folder {
    let mut record = osv::record("PYSEC-2024-1", "demo", "2.0", "HIGH");
    record["aliases"] = serde_json::json!(["CVE-2024-1"]);
    let work = Folder::new();
    work.database(&[record.to_string()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", format!("{PIPELINE}{more}"));
    work
}

#[test]
fn every_tools_file_sets_aside_by_asserted_alias() {
    for (name, text) in [
        ("ignore.toml", "[[suppress]]\nid = \"CVE-2024-1\"\npurl = \"pkg:pypi/d*\"\nreason = \"r\"\nowner = \"web\"\n"),
        (".trivyignore", "CVE-2024-1\n"),
        (".trivyignore.yaml", "vulnerabilities:\n  - id: CVE-2024-1\n    statement: r\n"),
        ("osv-scanner.toml", "[[IgnoredVulns]]\nid = \"CVE-2024-1\"\n"),
        (".grype.yaml", "ignore:\n  - vulnerability: CVE-2024-1\n    include-aliases: true\n"),
    ] {
        let work = folder(&format!("[ignore]\nfiles = [\"{name}\"]\n"));
        work.write(name, text);
        let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
        let suppression = &report["findings"][0]["suppression"];
        assert!(suppression["source"].as_str().unwrap().starts_with(&format!("{name}:")), "{name}: {report:#}");
        let settings = report["settings"].as_array().unwrap();
        assert!(settings.iter().any(|s| s["key"] == "ignore-file" && s["value"].as_str().unwrap().contains("sha256:")));
        let scan = ["scan", "app.cdx.json", "--db", "db", "--fail-on", "high", "--ignore-file", name];
        let _ = work.chiron(&scan).with_code(0);
        let _ = work.chiron(&scan[..6]).with_code(1);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_named_with_its_line() {
    let work = folder("[ignore]\nfiles = [\"i.toml\"]\n");
    for (text, words) in [
        ("[[suppress]]\nid = \"A\"\nreason = \"r\"\nexpires = \"31.1.2027\"\n", "i.toml:1: `31.1.2027` is not a date"),
        (
            "[[suppress]]\nid = \"A\"\nreason = \"r\"\n[[suppress]]\nid = \"A\"\nreason = \"r\"\n",
            "i.toml:4: the same as in line 1",
        ),
        ("[[suppress]]\npurl = \"pkg:*/*\"\nreason = \"r\"\n", "i.toml:1: it would set everything aside"),
    ] {
        work.write("i.toml", text);
        work.chiron(&["run"]).with_code(2).says(&[words]);
    }
    std::fs::remove_file(work.path("i.toml")).unwrap();
    work.chiron(&["run"]).with_code(2).says(&["i.toml cannot be read"]);
    let wrong = folder("[[suppress]]\nid = \"A\"\nreason = \"r\"\n[[suppress]]\nid = \"A\"\nreason = \"r\"\n");
    wrong.chiron(&["run"]).with_code(2).says(&["the same is suppressed above"]);
}

#[test]
fn what_expired_is_shown_and_holds_no_more() {
    let work = folder("[ignore]\nfiles = [\"i.toml\"]\n");
    work.write("i.toml", "[[suppress]]\nid = \"CVE-2024-1\"\nreason = \"r\"\nexpires = 2026-01-31\n[[suppress]]\nid = \"ZZZ\"\nreason = \"r\"\n");
    let held = work.chiron(&["run", "--at", "2026-01-31T23:00:00Z", "-o", "json"]).with_code(0).json();
    assert_eq!(held["findings"][0]["suppression"]["expires"], "2026-01-31");
    let over = work.chiron(&["run", "--at", "2026-02-01T00:00:00Z", "-o", "json"]).with_code(1).json();
    let codes: Vec<_> = over["notes"].as_array().unwrap().iter().map(|note| note["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"suppression-expired") && codes.contains(&"suppression-unused"), "{codes:?}");
}

#[test]
fn entries_are_added_listed_and_pruned() {
    let work = folder("[ignore]\nfiles = [\"chiron-ignore.toml\"]\n");
    let add = ["ignore", "add", "CVE-2024-1", "--purl", "pkg:pypi/demo", "--reason", "not reached", "--owner", "web"];
    let _ = work.chiron(&add).with_code(0);
    let _ = work.chiron(&["run"]).with_code(0);
    work.chiron(&add).with_code(2).says(&["the same as in line 1"]);
    let _ = work.chiron(&["ignore", "add", "OLD-1", "--reason", "r", "--expires", "2020-01-31"]).with_code(0);
    let _ = work.chiron(&["ignore", "add", "ZZZ-1", "--reason", "r"]).with_code(0);
    work.chiron(&["ignore", "add", "--purl", "pkg:pypi/*", "--reason", "r"])
        .with_code(2)
        .says(&["set everything aside"]);
    work.chiron(&["ignore", "list"]).with_code(0).shows(&["CVE-2024-1", "expired", "not reached", "by web"]);
    let before = work.read("chiron-ignore.toml");
    let _ = work.chiron(&["ignore", "prune", "--dry-run"]).with_code(0);
    assert_eq!(work.read("chiron-ignore.toml"), before);
    let _ = work.chiron(&["run", "-o", "json=report.json"]).with_code(0);
    let pruned = work.chiron(&["ignore", "prune", "--unused-in", "report.json"]).with_code(0);
    pruned.says(&["expired: OLD-1", "unused: ZZZ-1"]);
    let after = work.read("chiron-ignore.toml");
    assert!(after.contains("CVE-2024-1") && !after.contains("OLD-1") && !after.contains("ZZZ-1"), "{after}");
}
