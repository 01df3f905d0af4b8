//! The account of a run: what nobody read, and what nobody judged, is named.

use chiron_e2e::{Folder, bom, osv};
use serde_json::Value;

fn named<'a>(report: &'a Value, list: &str, path: &str) -> Option<&'a Value> {
    report[list].as_array().unwrap().iter().find(|item| item["path"] == path)
}

#[cfg(unix)]
#[test]
fn a_fifo_and_a_link_in_a_folder_are_named_and_not_opened() {
    let work = Folder::new();
    work.write("tree/app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    std::os::unix::fs::symlink("/etc/passwd", work.path("tree/link")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(work.path("tree/fifo")).status().unwrap();
    assert!(made.success());
    let report = work.chiron(&["sbom", "tree", "-o", "json"]).with_code(0).json();
    for (path, reason) in [("fifo", "FIFO"), ("link", "symbolic link")] {
        let file = named(&report, "files", path).unwrap_or_else(|| panic!("{path} is not in {}", report["files"]));
        assert_eq!(file["status"], "unsupported");
        assert!(file["reason"].as_str().unwrap().contains(reason), "{file}");
    }
}

#[test]
fn components_that_no_scanner_looks_at_are_named_as_not_judged() {
    let work = Folder::new();
    let pipeline = |from: &str| {
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n\
             [[step]]\nid = \"one\"\nuses = \"syft-report\"\n[[step]]\nid = \"two\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"scan\"\nuses = \"osv\"\n{from}\n[databases.main]\npath = \"db\"\n\
             [gate]\nfail_on = \"never\"\n"
        )
    };
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@9.0"]));
    work.write("pipeline.toml", pipeline("from = [\"one\"]"));
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    let note = report["notes"].as_array().unwrap().iter().find(|note| note["code"] == "not-covered").unwrap();
    assert!(note["message"].as_str().unwrap().contains("no scanner looks at what the step `two` found"), "{note}");
    // Whoever asks for full coverage is denied.
    work.write("pipeline.toml", format!("{}coverage = \"deny\"\n", pipeline("from = [\"one\"]")));
    let _ = work.chiron(&["run"]).with_code(1);
    work.write("pipeline.toml", format!("{}coverage = \"deny\"\n", pipeline("")));
    let _ = work.chiron(&["run"]).with_code(0);
}
