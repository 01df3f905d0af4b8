//! Programs of the machine that some tests need. Where one is missing the test says that it is skipped; in CI, which installs
//! them and sets `CHIRON_PROGRAMS` to their names, it fails.

use std::path::PathBuf;

/// Where a program of this name is in `PATH`; None, said aloud, where it is missing.
///
/// # Panics
/// When `CHIRON_PROGRAMS` promises it.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let search = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&search).map(|folder| folder.join(name)).find(|path| path.is_file());
    if found.is_none() {
        missing(name);
    }
    found
}

/// Says that a program is missing.
///
/// # Panics
/// When `CHIRON_PROGRAMS` promises it.
pub fn missing(program: &str) {
    let promised = std::env::var("CHIRON_PROGRAMS").unwrap_or_default();
    assert!(!promised.split_whitespace().any(|name| name == program), "{program} was promised, and is not there");
    eprintln!("skipped: {program} is not there");
}
