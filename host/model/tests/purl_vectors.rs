//! The purl specification's own vectors, of the specification and of every type. They lie beside the repository; where they
//! are missing, the test says so and is skipped.

#![allow(clippy::unwrap_used, reason = "an integration test is all test, but clippy sees its helper functions as code")]

use std::path::{Path, PathBuf};

use chiron_model::purl::{Parts, Purl};
use serde_json::{Value, json};

/// Vectors that are not passed, and their kind. Both contradict others: the same texts are to be read and written in
/// `validate`, and Maven's `parse` wants the key of a qualifier in lower case, not refused.
const EXCEPTIONS: [(&str, &str); 2] = [
    ("pkg:gem/jruby-launcher@1.1.2?Platform=java", "parse"),
    ("pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25", "parse"),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["spec", "types"]
        .iter()
        .flat_map(|part| std::fs::read_dir(folder.join(part)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

/// What a vector gives, as it would be expected; null where it fails.
fn given(vector: &Value) -> Value {
    let input = &vector["input"];
    let parts = match input.as_str() {
        Some(text) => Purl::parse(text).ok().map(|purl| purl.canonical()),
        None => built(input),
    };
    match (parts, vector["test_type"].as_str()) {
        (None, _) => Value::Null,
        (Some(parts), Some("parse")) => json!({
            "type": parts.kind, "namespace": parts.namespace, "name": parts.name, "version": parts.version,
            "qualifiers": qualifiers(&parts), "subpath": parts.subpath,
        }),
        (Some(parts), _) => {
            let text = parts.to_string();
            assert_eq!(Purl::parse(&text).unwrap().canonical().to_string(), text);
            text.into()
        }
    }
}

fn built(input: &Value) -> Option<Parts> {
    let text = |key: &str| input[key].as_str().unwrap_or_default();
    let qualifiers = input["qualifiers"].as_object().into_iter().flatten();
    let qualifiers = qualifiers.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect();
    let parts = Parts::new(
        text("type"),
        text("namespace"),
        text("name"),
        input["version"].as_str(),
        qualifiers,
        text("subpath"),
    );
    parts.ok().map(Parts::canonical)
}

fn qualifiers(parts: &Parts) -> Value {
    let pairs: serde_json::Map<String, Value> =
        parts.qualifiers.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    if pairs.is_empty() { Value::Null } else { Value::Object(pairs) }
}

#[test]
fn every_vector_of_the_specification_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance/purl/tests");
    if !folder.is_dir() {
        eprintln!("every_vector_of_the_specification_passes: skipped, no vectors at {}", folder.display());
        return;
    }
    let (mut count, mut failed) = (0, Vec::new());
    for file in files(&folder) {
        let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for vector in document["tests"].as_array().unwrap() {
            count += 1;
            let expected = if vector["expected_failure"] == true { &Value::Null } else { &vector["expected_output"] };
            let mut expected = expected.clone();
            // No qualifiers are written as null, as nothing, or as an empty object.
            if expected.get("qualifiers").and_then(Value::as_object).is_some_and(serde_json::Map::is_empty) {
                expected["qualifiers"] = Value::Null;
            }
            let given = given(vector);
            let is_exception =
                EXCEPTIONS.iter().any(|(input, kind)| vector["input"] == *input && vector["test_type"] == *kind);
            if (given != expected) != is_exception {
                failed.push(format!("{}: {} gives {given}, not {expected}", file.display(), vector["input"]));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(count > 500, "{count}");
}
