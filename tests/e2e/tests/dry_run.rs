//! `--dry-run`: the plan, and nothing else.

use chiron_e2e::{Folder, bom, guests, keys, osv, wheel};

const PIPELINE: &str = r#"[pipeline]
name = "plan"
subjects = ["app.cdx.json"]
[[step]]
id = "sbom"
uses = "cyclonedx"
limits = { deadline = "7s", memory = "99 MiB" }
[[step]]
id = "scan"
uses = "osv"
required = false
from = ["sbom"]
[[step]]
id = "sign"
uses = "cosign"
[step.bind]
keys.signing = "release"
[keys.release]
file = "release.key"
[databases.main]
path = "db"
[gate]
fail_on = "low"
"#;

#[test]
fn a_run_prints_plan_grants_and_limits_and_touches_nothing() {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", PIPELINE);
    if keys::openssl_is_there() {
        keys::make(&work.path("."), "release", "P-256");
    }
    let temporary = tempfile::tempdir().unwrap();
    let before = work.listing();
    let inside = temporary.path().to_str().unwrap();
    let ended = work.chiron_with(&[("TMPDIR", inside)], &["run", "--dry-run", "-o", "json=report.json"]).with_code(0);
    assert_eq!(work.listing(), before);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    ended.shows(&[
        "PLAN of plan",
        "app.cdx.json  application/vnd.cyclonedx+json  sha256:",
        "sbom (sbom-generator)",
        "deadline 7 s",
        "memory 99 MiB",
        "may use  log, progress, content",
        "scan (scanner, not required)",
        "advisories",
        "from     sbom",
        "sign (signer)",
        "signing",
        "gate (policy)",
        r#"with     {"fail_on":"low"}"#,
        "entries 100000",
        "json to report.json",
        "statements to attestations",
    ]);
}

#[test]
fn a_lock_is_printed_and_not_written() {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&[]))
        .write("pipeline.toml", "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n");
    let before = work.listing();
    work.chiron(&["lock", "--dry-run"]).with_code(0).shows(&["version = 1", "name = \"gate\""]);
    assert_eq!(work.listing(), before);
}

#[test]
fn an_import_is_counted_and_not_written() {
    let work = Folder::new();
    work.write("osv/a.json", osv::demo());
    let temporary = tempfile::tempdir().unwrap();
    let before = work.listing();
    let environment = [("TMPDIR", temporary.path().to_str().unwrap())];
    work.chiron_with(&environment, &["db", "import", "osv", "--db", "db", "--dry-run"])
        .with_code(0)
        .says(&["would import 1 records"]);
    work.chiron_with(&environment, &["db", "import", "osv", "--dry-run"])
        .with_code(0)
        .says(&["would import 1 records"]);
    assert_eq!(work.listing(), before);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn a_plugin_is_encoded_and_not_written() {
    let Some(module) = guests::module("gate") else { return };
    let work = Folder::new();
    let ended =
        work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", "gate.wasm", "--dry-run"]).with_code(0);
    ended.says(&["would write gate.wasm (policy", "imports chiron:telemetry/log@0.1.0"]);
    assert!(work.listing().is_empty());
}

#[test]
fn a_plan_shows_what_a_wheel_is() {
    let work = Folder::new();
    work.write("dist/demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"))
        .write("pipeline.toml", "[pipeline]\nname = \"p\"\nsubjects = [\"dist/*.whl\", \"dist\"]\n");
    work.chiron(&["run", "--dry-run"]).with_code(0).shows(&["application/vnd.pypa.wheel+zip", "inode/directory"]);
}
