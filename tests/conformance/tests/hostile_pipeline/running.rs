//! Running a pipeline, and what its report says of a step.

use chiron_e2e::{Ended, FORMATS, Folder};
use serde_json::{Value, json};

use crate::readers;

/// Runs pipeline.toml, with the table on standard output and every other format in a file `report.FORMAT`; the report and how it
/// ended. Nothing that was written may act on whoever reads it.
pub(crate) fn run(work: &Folder) -> (Value, Ended) {
    let files = || FORMATS.into_iter().filter(|format| *format != "table");
    let outputs: Vec<String> = files().map(|format| format!("{format}=report.{format}")).collect();
    let mut arguments = vec!["run", "-v", "-o", "table"];
    outputs.iter().for_each(|output| arguments.extend(["-o", output]));
    let ended = work.chiron(&arguments);
    readers::check("table", &ended.stdout);
    readers::check("stderr", &ended.stderr);
    if !work.has("report.json") {
        return (Value::Null, ended);
    }
    for format in files() {
        readers::check(format, &work.read(&format!("report.{format}")));
    }
    (serde_json::from_str(&work.read("report.json")).unwrap(), ended)
}

/// Fails unless a text of a plugin's reached these formats: what was not heard proves nothing.
#[track_caller]
pub(crate) fn heard(work: &Folder, formats: &[&str]) {
    for format in formats {
        let text = work.read(&format!("report.{format}"));
        assert!(text.contains("forged"), "{format} does not tell it:\n{text}");
    }
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
