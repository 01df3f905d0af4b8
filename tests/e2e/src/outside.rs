//! Programs of the machine that some tests need. Where one is missing the test says that it is skipped; in CI, which installs
//! them and sets `CHIRON_PROGRAMS` to their names, it fails.

use std::path::PathBuf;

/// A judge that `tests/fixtures/judges/build` leaves in a folder of its own below `CHIRON_JUDGES`, or below `target/judges`. Where the variable
/// is set, it has to be there.
///
/// # Panics
/// When `CHIRON_JUDGES` promises it.
#[must_use]
pub fn judge(name: &str) -> Option<PathBuf> {
    let given = std::env::var_os("CHIRON_JUDGES").map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| crate::binary::root().join("target/judges")).join(name);
    if folder.exists() {
        return Some(folder);
    }
    assert!(given.is_none(), "{} was promised, and is not there: run tests/fixtures/judges/build", folder.display());
    eprintln!("skipped: the judge {name} is not there (tests/fixtures/judges/build)");
    None
}

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
