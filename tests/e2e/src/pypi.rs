//! PyPI's own reader of PEP 740 attestations, as `tests/fixtures/judges/build` installs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary::root;

/// The recorded files and attestations.
#[must_use]
pub fn recorded(name: &str) -> PathBuf {
    root().join("tests/fixtures/pep740").join(name)
}

/// Its Python: below what `CHIRON_JUDGES` names, and there it has to be, or where the script leaves it.
#[must_use]
pub fn judge() -> Option<PathBuf> {
    let given = std::env::var_os("CHIRON_JUDGES").map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| root().join("target/judges"));
    let python = folder.join("pypi/bin/python");
    if python.exists() {
        return Some(python);
    }
    assert!(given.is_none(), "PyPI's reader was promised, and is not in {}", folder.display());
    eprintln!("skipped: PyPI's reader of attestations is not there (tests/fixtures/judges/build)");
    None
}

/// What it says: whether it accepts, and its words.
#[must_use]
pub fn asked(python: &Path, arguments: &[&str]) -> (bool, String) {
    let mut judge = Command::new(python);
    judge.arg(root().join("tests/fixtures/judges/judge_pep740.py")).args(arguments);
    let output = judge.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}
