//! Official schemas and judges from outside, where they are at hand: tests hold documents against them and say so where
//! they cannot.

use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Has documents judged by what `tests/fixtures/judges/build` fetches. CI does that, and sets `CHIRON_JUDGES`: from then on
/// a judge that is missing fails the test.
pub(crate) fn judge(format: &str, documents: &[Vec<u8>], test: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let given = std::env::var_os("CHIRON_JUDGES").map(PathBuf::from);
    let python = given.clone().unwrap_or_else(|| root.join("target/judges")).join("venv/bin/python");
    if !python.is_file() {
        assert!(given.is_none(), "{test}: no judge at {}", python.display());
        eprintln!("{test}: skipped, no judge at {}; tests/fixtures/judges/build fetches it", python.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(python);
    command.arg(root.join("tests/fixtures/judges/judge.py")).arg(format);
    for (index, document) in documents.iter().enumerate() {
        // Readers of SPDX go by the suffix.
        let suffix = if format.starts_with("spdx") { "spdx.json" } else { "document" };
        let path = folder.path().join(format!("{index}.{suffix}"));
        std::fs::write(&path, document).unwrap();
        command.arg(path);
    }
    let output = command.output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{test}: {}", told.chars().take(5000).collect::<String>());
}

struct Local(PathBuf);

impl Retrieve for Local {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.as_str().rsplit('/').next().ok_or("no file name")?;
        Ok(serde_json::from_slice(&std::fs::read(self.0.join(name))?)?)
    }
}
