//! What some tests need of the machine: programs, and a kernel that lets us confine them. Where something is missing the test says
//! that it is skipped; in CI, which installs and tries it and sets `CHIRON_PROGRAMS` and `CHIRON_CONFINES` to what is there, it fails.

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

/// For whom this machine can confine programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The user who runs the tests.
    Us,
    /// Somebody who has no right, where the tests may become them.
    Nobody,
}

impl Whom {
    /// The word in `CHIRON_CONFINES`.
    const fn word(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Nobody => "nobody",
        }
    }
}

/// Says that programs were not confined, and that a test is skipped for it.
///
/// # Panics
/// When `CHIRON_CONFINES` promises that they are: it is set by what tried the kernel with a program of others, so that the fault is
/// then our own.
pub fn unconfined(whom: Whom, test: &str, why: &str) {
    let promised = std::env::var("CHIRON_CONFINES").unwrap_or_default();
    let promised = promised.split_whitespace().any(|word| word == whom.word());
    assert!(
        !promised,
        "{test}: this machine makes namespaces for {}, and programs are not confined:\n{why}",
        whom.word()
    );
    eprintln!("SKIPPED {test}: this machine confines no programs for {}:\n{why}", whom.word());
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
