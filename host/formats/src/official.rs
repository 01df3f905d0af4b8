//! Official schemas, where they are at hand: tests check documents against them and say so where they cannot.

use std::path::PathBuf;

use jsonschema::{Retrieve, Uri, Validator};
use serde_json::Value;

/// A folder of schemas beside the repository.
pub(crate) fn folder(name: &str, test: &str) -> Option<PathBuf> {
    let shared = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");
    let folder = PathBuf::from(shared).join("conformance").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("{test}: skipped, no schemas at {}", folder.display());
    None
}

/// A schema of that folder. What it refers to is looked for in the folder, and nowhere else.
pub(crate) fn validator(name: &str, schema: &str, test: &str) -> Option<Validator> {
    let folder = folder(name, test)?;
    let schema: Value = serde_json::from_slice(&std::fs::read(folder.join(schema)).unwrap()).unwrap();
    Some(jsonschema::options().with_retriever(Local(folder)).build(&schema).unwrap())
}

/// Fails with every error and its place.
pub(crate) fn check(validator: &Validator, json: &Value) {
    let errors = validator.iter_errors(json).map(|error| format!("{} at {}", error, error.instance_path()));
    let errors: Vec<String> = errors.take(20).map(|error| error.chars().take(600).collect()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

struct Local(PathBuf);

impl Retrieve for Local {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.as_str().rsplit('/').next().ok_or("no file name")?;
        Ok(serde_json::from_slice(&std::fs::read(self.0.join(name))?)?)
    }
}
