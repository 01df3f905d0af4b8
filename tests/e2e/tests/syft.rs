//! The real syft, through the adapter and through a report of its own.

use std::path::PathBuf;
use std::process::Command;

use chiron_e2e::Folder;

/// A lock file of two packages, which both syft and Chiron read.
const LOCK: &str = r#"{
  "name": "app", "version": "1.0.0", "lockfileVersion": 3,
  "packages": {
    "": {"name": "app", "version": "1.0.0", "dependencies": {"lodash": "4.17.15", "left-pad": "1.3.0"}},
    "node_modules/lodash": {"version": "4.17.15"},
    "node_modules/left-pad": {"version": "1.3.0"}
  }
}"#;

/// The program that `CHIRON_SYFT` names, else the one in `PATH`. In CI it has to be there.
fn syft() -> Option<PathBuf> {
    let named = std::env::var_os("CHIRON_SYFT").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named
        .clone()
        .or_else(|| std::env::split_paths(&path).map(|folder| folder.join("syft")).find(|file| file.is_file()));
    match found {
        Some(program) => Some(program),
        None => {
            eprintln!("skipped: no syft in PATH, and CHIRON_SYFT names none");
            None
        }
    }
}

fn pipeline(program: &str) -> String {
    format!(
        r#"
[pipeline]
name = "swap"
subjects = ["project"]

[[step]]
id = "inventory"
uses = "syft-adapter"
[step.bind]
tools.syft = "syft"

[tools.syft]
path = "{program}"
version = ["version"]
profiles.directory = ["scan", "dir:{{input}}", "-o", "syft-json", "-q"]
profiles.file = ["scan", "file:{{input}}", "-o", "syft-json", "-q"]
env = {{ SYFT_CHECK_FOR_APP_UPDATE = "false", SYFT_CACHE_DIR = "{{scratch}}/cache", TMPDIR = "{{scratch}}" }}
"#
    )
}

fn purls(report: &serde_json::Value) -> Vec<String> {
    let components = report["components"].as_array().unwrap();
    let mut purls: Vec<_> =
        components.iter().filter_map(|component| component["purl"].as_str()).map(str::to_owned).collect();
    purls.sort();
    purls
}

#[test]
fn the_real_syft_runs_pinned_and_confined_and_its_packages_are_components() {
    let Some(syft) = syft() else { return };
    let work = Folder::new();
    work.write("project/package-lock.json", LOCK).write("pipeline.toml", pipeline(syft.to_str().unwrap()));
    let _ = work.chiron(&["lock"]).with_code(0);
    let lock = work.read("chiron.lock");
    assert!(lock.contains("name = \"syft\"") && lock.contains("digest = \"sha256:"), "{lock}");
    let report = work.chiron(&["run", "--locked", "-o", "json"]).json();
    let found = purls(&report);
    for purl in ["pkg:npm/left-pad@1.3.0", "pkg:npm/lodash@4.17.15"] {
        assert!(found.iter().any(|found| found == purl), "{purl}: {found:?}");
    }
}

#[test]
fn a_report_made_elsewhere_holds_what_the_program_would_find() {
    let Some(syft) = syft() else { return };
    let work = Folder::new();
    work.write("project/package-lock.json", LOCK);
    let made = Command::new(syft)
        .args(["scan", "dir:project", "-q", "-o", "syft-json=made.json"])
        .current_dir(work.path("."))
        .output();
    assert!(made.unwrap().status.success());
    work.write(
        "pipeline.toml",
        "[pipeline]\nname = \"x\"\nsubjects = [\"made.json\"]\n[[step]]\nid = \"s\"\nuses = \"syft-report\"\n",
    );
    let report = work.chiron(&["run", "-o", "json"]).json();
    assert!(purls(&report).contains(&"pkg:npm/lodash@4.17.15".to_owned()), "{:?}", purls(&report));
}

#[test]
fn a_missing_program_and_one_that_says_nothing_are_failures_never_an_empty_inventory() {
    let work = Folder::new();
    work.write("project/package-lock.json", LOCK).write("pipeline.toml", pipeline("./absent/syft"));
    let ended = work.chiron(&["run"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("syft"), "{}", ended.stderr);
    work.write("pipeline.toml", pipeline("true"));
    let report = work.chiron(&["run", "-o", "json"]).with_code(6).json();
    assert_eq!(report["steps"][0]["ending"]["status"], "failed", "{}", report["steps"]);
    assert_eq!(report["components"].as_array().map(Vec::len), Some(0));
}
