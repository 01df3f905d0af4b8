//! Running a pipeline, and what its report says of a step.

use chiron_e2e::{Ended, Folder};
use serde_json::{Value, json};

/// Runs pipeline.toml; the report and how it ended. Nothing that was written may act on whoever reads it.
pub(crate) fn run(work: &Folder) -> (Value, Ended) {
    let outputs = ["run", "-v", "-o", "table", "-o", "json=report.json", "-o", "cyclonedx-json=bom.json"];
    let ended = work.chiron(&outputs);
    let report = if work.has("report.json") { work.read("report.json") } else { "null".to_owned() };
    let bom = if work.has("bom.json") { work.read("bom.json") } else { String::new() };
    for (name, text) in
        [("stdout", &ended.stdout), ("stderr", &ended.stderr), ("report.json", &report), ("bom.json", &bom)]
    {
        assert!(chiron_model::text::inert(text) == *text, "{name} is alive: {text:?}");
        for text in strings(&serde_json::from_str(text).unwrap_or_default()) {
            assert!(chiron_model::text::inert(text) == *text, "a text in {name} is alive: {text:?}");
        }
        // The table on standard output is a case of its own below.
        let command = text.lines().find(|line| name != "stdout" && line.trim_start().starts_with("::"));
        assert!(command.is_none(), "{name} commands a CI runner: {command:?}");
    }
    (serde_json::from_str(&report).unwrap(), ended)
}

pub(crate) fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(map) => map.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// How a step ended.
pub(crate) fn step<'a>(report: &'a Value, id: &str) -> &'a Value {
    let steps = report["steps"].as_array().unwrap_or_else(|| panic!("no report"));
    &steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {steps:#?}"))["ending"]
}

#[track_caller]
pub(crate) fn failed(report: &Value, id: &str, code: &str) {
    let ending = step(report, id);
    assert_eq!((&ending["status"], &ending["code"]), (&json!("failed"), &json!(code)), "{ending:#}");
}

#[track_caller]
pub(crate) fn succeeded(report: &Value, id: &str) {
    let ending = step(report, id);
    assert_eq!(ending["status"], "succeeded", "{ending:#}");
}
