//! The operator's file: a pipeline can only be narrower than it.

use chiron_e2e::{Folder, bom, guests, osv};

const PIPELINE: &str = r#"[pipeline]
name = "capped"
subjects = ["app.cdx.json"]
[[step]]
id = "sbom"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "osv"
limits = { memory = "200 MiB" }
[databases.main]
path = "db"
[gate]
fail_on = "never"
unknown = "allow"
"#;

/// Enough for the pipeline above.
const ENOUGH: &str = "[grants]\ncapabilities = [\"content\", \"advisories\"]\n[allow]\nunlocked = true\n";

fn folder(operator: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", PIPELINE)
        .write("operator.toml", operator);
    work
}

#[test]
fn what_the_operator_allows_runs_and_the_report_names_the_file_by_digest() {
    let work = folder(ENOUGH);
    let report = work.chiron(&["run", "--operator", "operator.toml", "-o", "json"]).with_code(0).json();
    let settings = report["settings"].as_array().unwrap();
    let operator = settings.iter().find(|setting| setting["key"] == "operator").unwrap();
    assert!(operator["value"].as_str().unwrap().starts_with("sha256:"), "{operator}");
    assert_eq!(operator["source"], "--operator");
    let scan = ["scan", "app.cdx.json", "--db", "db", "--operator", "operator.toml"];
    work.chiron(&scan).with_code(0).shows(&["PYSEC-2024-1"]);
}

#[test]
fn a_power_that_the_operator_does_not_name_is_refused_with_the_line_to_add() {
    let work = folder("[grants]\ncapabilities = [\"content\"]\n[allow]\nunlocked = true\n");
    let refused = work.chiron(&["run", "--operator", "operator.toml"]).with_code(3);
    refused.says(&[
        "`osv` is refused: no step may have `advisories`",
        "operator.toml",
        "[pipeline.toml:9:",
        "[grants] capabilities = [\"advisories\"]",
    ]);
    // Unset means none.
    work.write("operator.toml", "");
    let refused = work.chiron(&["scan", "app.cdx.json", "--db", "db", "--operator", "operator.toml"]).with_code(3);
    refused.says(&["`cyclonedx` is refused", "`osv` is refused"]);
}

#[test]
fn a_limit_beyond_the_ceiling_is_refused_and_a_default_is_lowered_to_it() {
    let capped = format!("{ENOUGH}[limits]\nmemory = \"100 MiB\"\n");
    let work = folder(&capped);
    let refused = work.chiron(&["run", "--operator", "operator.toml"]).with_code(2);
    refused.says(&["`memory` is 200 MiB, and no more than 100 MiB is allowed", "[pipeline.toml:10:", "operator"]);
    work.write("pipeline.toml", PIPELINE.replace("limits = { memory = \"200 MiB\" }\n", ""));
    let plan = work.chiron(&["run", "--operator", "operator.toml", "--dry-run"]).with_code(0);
    plan.shows(&["memory 100 MiB"]);
    let _ = work.chiron(&["run", "--operator", "operator.toml"]).with_code(0);
}

#[test]
fn running_unlocked_replacing_plugins_and_dating_back_are_the_operators_to_allow() {
    let work = folder("[grants]\ncapabilities = [\"content\", \"advisories\"]\n");
    let operator = ["--operator", "operator.toml"];
    let with = |arguments: &[&'static str]| [arguments, &operator].concat();
    work.chiron(&with(&["run"])).with_code(2).says(&["chiron.lock", "[allow] unlocked = true"]);
    let _ = work.chiron(&with(&["lock"])).with_code(0);
    let _ = work.chiron(&with(&["run"])).with_code(0);
    let at = ["run", "--at", "2026-01-01T00:00:00Z"];
    work.chiron(&with(&at)).with_code(2).says(&["--at", "[allow] at = true"]);
    work.write("osv.wasm", "");
    let replaced = work.chiron(&with(&["run", "--plugin", "osv=osv.wasm"])).with_code(2);
    replaced.says(&["--plugin", "[allow] plugin_overrides = true"]);
    work.write("operator.toml", format!("{ENOUGH}at = true\nplugin_overrides = true\n"));
    let _ = work.chiron_with(&[("CI", "true")], &with(&at)).with_code(0);
    if guests::component(&work, "osv", "osv.wasm").is_some() {
        let _ = work.chiron(&with(&["run", "--plugin", "osv=osv.wasm"])).with_code(0);
    }
}

#[test]
fn the_environment_may_name_the_file_and_a_file_that_is_not_there_is_an_error() {
    let work = folder("");
    let _ = work.chiron_with(&[("CHIRON_OPERATOR", "operator.toml")], &["run"]).with_code(2);
    work.chiron(&["run", "--operator", "nowhere.toml"]).with_code(74).says(&["nowhere.toml"]);
    work.write("operator.toml", "[grants]\ncapabilitys = []\n[limits]\ncpu = \"fast\"\n");
    let wrong = work.chiron(&["run", "--operator", "operator.toml"]).with_code(2);
    wrong.says(&["[operator.toml:2:", "capabilities", "fast"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_or_that_the_subject_brings_along_caps_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let work = folder(ENOUGH);
    let open = std::fs::Permissions::from_mode(0o666);
    std::fs::set_permissions(work.path("operator.toml"), open).unwrap();
    work.chiron(&["run", "--operator", "operator.toml"]).with_code(2).says(&["operator.toml", "others may write"]);
    work.write("tree/operator.toml", ENOUGH);
    let inside = ["sbom", "tree", "--operator", "tree/operator.toml"];
    work.chiron(&inside).with_code(2).says(&["lies inside a subject"]);
}
