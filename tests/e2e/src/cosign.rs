//! The real cosign. `tests/fixtures/cosign/build` makes it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Ended, Folder, outside};

/// The password of its keys.
pub const PASSWORD: &str = "correct horse battery";

/// What `CHIRON_COSIGN` names. In CI it has to be there.
#[must_use]
pub fn program() -> Option<PathBuf> {
    let found = std::env::var_os("CHIRON_COSIGN").map(PathBuf::from).filter(|path| path.is_file());
    if found.is_none() {
        outside::missing("cosign");
    }
    found
}

/// Runs it in a folder.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn ask(work: &Folder, cosign: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(cosign);
    command.current_dir(work.path(".")).env_clear().env("HOME", work.home()).env("COSIGN_PASSWORD", PASSWORD);
    // It asks the network for trust roots even where none is needed; here it need not wait for an answer.
    command
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("HTTP_PROXY", "http://127.0.0.1:1")
        .env("NO_PROXY", "127.0.0.1");
    Ended::of(&command.args(arguments).stdin(Stdio::null()).output().unwrap())
}
