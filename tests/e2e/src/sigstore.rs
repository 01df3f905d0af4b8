//! What else verifies Sigstore bundles: npm's `@sigstore/verify` and sigstore-python, as `tests/fixtures/judges/build` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary::root;

/// The recorded bundles.
#[must_use]
pub fn recorded(name: &str) -> PathBuf {
    root().join("tests/fixtures/sigstore").join(name)
}

/// Where the judges are: what `CHIRON_JUDGES` names, and there they have to be, or where the script leaves them.
#[must_use]
pub fn judges() -> Option<PathBuf> {
    let given = std::env::var_os("CHIRON_JUDGES").map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| root().join("target/judges"));
    if folder.join("sigstore/bin/python").exists() && folder.join("node_modules/@sigstore/verify").exists() {
        return Some(folder);
    }
    assert!(given.is_none(), "the judges of bundles were promised, and are not in {}", folder.display());
    eprintln!("skipped: the judges of bundles are not there (tests/fixtures/judges/build)");
    None
}

/// npm's word on a bundle; with a key, on one that a local key signed.
#[must_use]
pub fn npm(judges: &Path, bundle: &Path, file: &Path, trusted: &Path, key: Option<&Path>) -> (bool, String) {
    let mut node = Command::new("node");
    node.arg(root().join("tests/fixtures/judges/judge_sigstore.js")).arg(judges.join("node_modules"));
    node.args([bundle, file, trusted]).args(key);
    said(node)
}

/// npm's word on a bundle that a local key signed, with so many log entries and witnesses of time at least.
#[must_use]
pub fn npm_witnessed(
    judges: &Path,
    bundle: &Path,
    file: &Path,
    trusted: &Path,
    key: &Path,
    (logged, times): (usize, usize),
) -> (bool, String) {
    let mut node = Command::new("node");
    node.arg(root().join("tests/fixtures/judges/judge_sigstore.js")).arg(judges.join("node_modules"));
    node.args([bundle, file, trusted, key]).args([logged.to_string(), times.to_string()]);
    said(node)
}

/// What sigstore-python signs, or pypi-attestations in its name (`attest`): see `sign_sigstore.py`.
///
/// # Panics
/// When it signs nothing.
#[must_use]
pub fn signed_by_python(python: &Path, work: &str, paths: &[&Path; 4], more: &[&str]) -> String {
    let mut signer = Command::new(python);
    signer.arg(root().join("tests/fixtures/judges/sign_sigstore.py")).arg(work).args(paths).args(more);
    let output = signer.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What npm's `@sigstore/sign` signs with a token or a private key: see `sign_sigstore.js`.
///
/// # Panics
/// When it signs nothing, or was promised and is not there.
#[must_use]
pub fn signed_by_npm(
    judges: &Path,
    work: &str,
    file: &Path,
    services: &str,
    version: u32,
    secret: &Path,
) -> Option<String> {
    let modules = judges.join("node_modules");
    if !modules.join("@sigstore/sign").exists() {
        assert!(std::env::var_os("CHIRON_JUDGES").is_none(), "npm's @sigstore/sign was promised, and is not there");
        eprintln!("skipped: npm's @sigstore/sign is not there (tests/fixtures/judges/build)");
        return None;
    }
    let mut signer = Command::new("node");
    signer.arg(root().join("tests/fixtures/judges/sign_sigstore.js")).arg(modules).arg(work).arg(file);
    let output = signer.args([services, &version.to_string(), "1"]).arg(secret).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

/// sigstore-python's word on a bundle.
#[must_use]
pub fn python(
    judges: &Path,
    bundle: &Path,
    file: &Path,
    trusted: &Path,
    identity: &str,
    issuer: &str,
) -> (bool, String) {
    let mut python = Command::new(judges.join("sigstore/bin/python"));
    python.arg(root().join("tests/fixtures/judges/judge_sigstore.py"));
    python.args([bundle, file, trusted]).args([identity, issuer]);
    said(python)
}

fn said(mut judge: Command) -> (bool, String) {
    let output = judge.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}
