//! The schemas that are published are the ones that the types make. `CHIRON_BLESS=1 cargo test` rewrites them.

use std::path::PathBuf;

use chiron_e2e::{Folder, bom, osv};
use serde_json::Value;

fn published(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas")).join(name)
}

fn compare(name: &str, made: &Value) {
    let text = format!("{made:#}\n");
    let file = published(name);
    if std::env::var_os("CHIRON_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &text).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == text,
        "schemas/{name} is not what the types make: run the tests with CHIRON_BLESS=1, and review the difference"
    );
}

#[test]
fn the_schema_of_pipelines_is_the_one_of_the_types() {
    compare("pipeline.schema.json", &chiron_pipeline::config::file::schema());
}

#[test]
fn the_schema_of_operators_files_is_the_one_of_the_types() {
    compare("operator.schema.json", &chiron_pipeline::operator::file::schema());
}

#[test]
fn the_schema_of_reports_is_the_one_of_the_types() {
    compare("report.schema.json", &chiron_formats::json::schema());
}

#[test]
fn the_schema_of_differences_is_the_one_of_the_types() {
    compare("diff.schema.json", &chiron_formats::diff::schema());
}

#[test]
fn the_schema_of_explanations_is_the_one_of_the_types() {
    compare("explanation.schema.json", &chiron_pipeline::explain::schema());
}

#[test]
fn the_schema_of_packs_is_the_one_of_the_types() {
    compare("pack.schema.json", &chiron_verify::pack::schema());
}

#[test]
fn a_pack_keeps_to_the_published_schema() {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(published("pack.schema.json")).unwrap()).unwrap();
    let work = Folder::new();
    work.write("dist/a.whl", "a").write("r.txt", "r");
    let _ = work.chiron(&["pack", "create", "dist", "-o", "x.tar.gz", "--report", "r.txt"]).with_code(0);
    let unpacked = std::process::Command::new("tar").current_dir(work.path(".")).args(["xzf", "x.tar.gz"]).status();
    assert!(unpacked.unwrap().success());
    let mut manifest: Value = serde_json::from_str(&work.read("manifest.json")).unwrap();
    assert_eq!(errors(&schema, &manifest), Vec::<String>::new());
    manifest["members"][0]["role"] = "secret".into();
    assert_ne!(errors(&schema, &manifest), Vec::<String>::new(), "the schema refuses something");
}

#[test]
fn the_schemas_of_predicates_are_those_of_the_types() {
    for (name, schema) in chiron_pipeline::attest::schemas() {
        compare(name, &schema);
    }
}

fn errors(schema: &Value, instance: &Value) -> Vec<String> {
    let validator = jsonschema::options().build(schema).unwrap();
    validator.iter_errors(instance).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn a_report_of_a_run_keeps_to_the_published_schema() {
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(published("report.schema.json")).unwrap()).unwrap();
    let work = Folder::new();
    let unrated = osv::record("PYSEC-2024-2", "demo", "3.0", "nonsense").to_string();
    work.database(&[osv::demo(), unrated])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:generic/thing@1", "pkg:pypi/unversioned"]))
        .write("broken.whl", "no zip")
        .write("notes.txt", "no package");
    for arguments in [
        &["scan", ".", "--db", "db", "-o", "json"][..],
        &["scan", ".", "--db", "nowhere", "-o", "json"],
        &["scan", ".", "--db", "db", "--fail-on", "low", "-o", "json"],
        &["sbom", "app.cdx.json", "-o", "json"],
    ] {
        let report = work.chiron(arguments).json();
        assert_eq!(errors(&schema, &report), Vec::<String>::new(), "{arguments:?}");
    }
    let mut wrong = work.chiron(&["sbom", "app.cdx.json", "-o", "json"]).json();
    wrong["verdict"]["decision"] = "maybe".into();
    assert_ne!(errors(&schema, &wrong), Vec::<String>::new(), "the schema refuses something");
}
