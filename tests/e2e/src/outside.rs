//! Programs of the machine that some tests need. Where one is missing the test says that it is skipped; in CI, which installs
//! them and sets `CHIRON_PROGRAMS` to their names, it fails.

/// Says that a program is missing.
///
/// # Panics
/// When `CHIRON_PROGRAMS` promises it.
pub fn missing(program: &str) {
    let promised = std::env::var("CHIRON_PROGRAMS").unwrap_or_default();
    assert!(!promised.split_whitespace().any(|name| name == program), "{program} was promised, and is not there");
    eprintln!("skipped: {program} is not there");
}
