//! The real grype, through the adapter, over a small database that is made for these tests (`tests/fixtures/grype-database`).

use std::path::PathBuf;
use std::process::Command;

use chiron_e2e::{Folder, bom, outside};
use serde_json::Value;

/// What an environment variable names: the program, or what makes its database. In CI both have to be there.
fn named(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file());
    if found.is_none() {
        outside::missing(if variable == "CHIRON_GRYPE" { "grype" } else { "grype-database" });
    }
    found
}

fn pipeline(program: &str, database: &str) -> String {
    format!(
        r#"
[pipeline]
name = "swap"
subjects = ["app.cdx.json"]

[[step]]
id = "sbom"
uses = "cyclonedx"

[[step]]
id = "scan"
uses = "grype-adapter"
[step.bind]
tools.grype = "grype"

[tools.grype]
path = "{program}"
version = ["version"]
profiles.components = ["sbom:{{input}}", "-o", "json"]
read.db = "{database}"
env = {{ GRYPE_DB_CACHE_DIR = "{{read.db}}", GRYPE_DB_AUTO_UPDATE = "false", GRYPE_CHECK_FOR_APP_UPDATE = "false", NO_COLOR = "1", TMPDIR = "{{scratch}}", HOME = "{{scratch}}" }}

[gate]
fail_on = "medium"
"#
    )
}

fn work() -> Folder {
    let work = Folder::new();
    work.write(
        "app.cdx.json",
        bom::of(&["pkg:pypi/requests@2.31.0", "pkg:npm/lodash@4.17.15", "pkg:npm/left-pad@1.2.0"]),
    );
    work
}

fn scan(report: &Value) -> &Value {
    report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "scan").unwrap()
}

#[test]
fn the_real_grype_runs_pinned_and_confined_over_the_runs_own_sbom() {
    let (Some(grype), Some(maker)) = (named("CHIRON_GRYPE"), named("CHIRON_GRYPE_DATABASE")) else { return };
    let work = work();
    assert!(Command::new(maker).arg(work.path("db")).status().unwrap().success());
    work.write("pipeline.toml", pipeline(grype.to_str().unwrap(), "db"));
    let _ = work.chiron(&["lock"]).with_code(0);
    let ended = work.chiron(&["run", "--locked", "-o", "json"]);
    let report = ended.json();
    assert_eq!(ended.code, 1, "{}\n{:#}", ended.stderr, scan(&report));
    let findings = report["findings"].as_array().unwrap();
    let purls: Vec<_> = findings.iter().filter_map(|finding| finding["component"]["purl"].as_str()).collect();
    assert_eq!(findings.len(), 3, "{findings:#?}");
    for purl in ["pkg:npm/left-pad@1.2.0", "pkg:npm/lodash@4.17.15", "pkg:pypi/requests@2.31.0"] {
        assert!(purls.contains(&purl), "{purls:?}");
    }
}

#[test]
fn a_database_that_is_absent_or_too_old_is_a_failure_never_no_findings() {
    let (Some(grype), Some(maker)) = (named("CHIRON_GRYPE"), named("CHIRON_GRYPE_DATABASE")) else { return };
    let work = work();
    assert!(Command::new(maker).arg(work.path("old")).arg("30").status().unwrap().success());
    std::fs::create_dir(work.path("absent")).unwrap();
    for (database, said) in [("old", "max allowed age"), ("absent", "does not exist")] {
        work.write("pipeline.toml", pipeline(grype.to_str().unwrap(), database));
        let ended = work.chiron(&["run", "-o", "json"]);
        let report = ended.json();
        assert_eq!(
            (ended.code, &scan(&report)["ending"]["status"]),
            (6, &"failed".into()),
            "{database}: {}",
            ended.stderr
        );
        assert!(scan(&report).to_string().contains(said), "{database}: {:#}", scan(&report));
    }
}

#[test]
fn a_program_that_says_nothing_has_found_nothing_out() {
    let work = work();
    std::fs::create_dir(work.path("db")).unwrap();
    work.write("pipeline.toml", pipeline("true", "db"));
    let ended = work.chiron(&["run", "-o", "json"]);
    let report = ended.json();
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    assert!(scan(&report).to_string().contains("not a report of grype"), "{:#}", scan(&report));
    work.write("pipeline.toml", pipeline("./absent/grype", "db"));
    assert_eq!(work.chiron(&["run"]).code, 3);
}

#[test]
fn a_short_command_takes_grype_and_its_database_from_where_they_usually_are() {
    let (Some(grype), Some(maker)) = (named("CHIRON_GRYPE"), named("CHIRON_GRYPE_DATABASE")) else { return };
    let work = work();
    assert!(Command::new(maker).arg(work.path("db")).status().unwrap().success());
    let folder = grype.parent().unwrap().to_str().unwrap();
    let arguments = ["scan", "app.cdx.json", "--with", "grype-adapter", "-o", "json"];
    let database = work.path("db");
    let ended = work.chiron_with(&[("PATH", folder), ("GRYPE_DB_CACHE_DIR", database.to_str().unwrap())], &arguments);
    let report = ended.json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 3, "{}", ended.stderr);
    assert_eq!(report["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "scanner").count(), 1);

    let ended = work.chiron_with(&[("PATH", folder)], &arguments);
    let _ = ended.with_code(3).says(&["grype/db`, which is not there", "before the run"]);
}
