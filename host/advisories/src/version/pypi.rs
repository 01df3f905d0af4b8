//! PyPI: PEP 440, by `pep440_rs`.

use std::fmt::Write as _;

use pep440_rs::{LocalSegment, Version};

/// Reads a version with PEP 440's own tolerance (`v` in front, `-1` for a post release, leading zeros). Legacy
/// versions, and numbers beyond 64 bits, are none.
pub(super) fn parse(text: &str) -> Option<Version> {
    text.trim().parse().ok()
}

/// Normalised as PEP 440 writes it, and with the release's trailing zeros gone: "1.0" and "1.0.0" are equal.
pub(super) fn key(version: &Version) -> String {
    let release = version.release();
    let length = release.iter().rposition(|&number| number != 0).map_or(0, |last| last + 1);
    let mut key = format!("{}!", version.epoch());
    for number in &release[..length] {
        // Writing to a String cannot fail.
        let _ = write!(key, "{number}.");
    }
    if let Some(pre) = version.pre() {
        let _ = write!(key, "{pre}");
    }
    if let Some(post) = version.post() {
        let _ = write!(key, "post{post}");
    }
    if let Some(dev) = version.dev() {
        let _ = write!(key, "dev{dev}");
    }
    for segment in version.local() {
        let _ = match segment {
            LocalSegment::Number(number) => write!(key, "+{number}"),
            LocalSegment::String(text) => write!(key, "+{text}"),
        };
    }
    key
}

pub(super) fn without_local_label(version: &Version) -> Option<Version> {
    version.is_local().then(|| version.clone().without_local())
}

#[cfg(test)]
mod tests {
    use chiron_model::ecosystem::Ecosystem;

    use crate::version::{Version, VersionError, compare};

    #[test]
    fn spellings_of_one_version_are_equal() {
        for (left, right) in [
            ("2024.7.4", "2024.07.04"),
            ("v1.0", "1.0.0"),
            ("1.0-1", "1.0.post1"),
            ("1.0alpha1", "1.0a1"),
            ("1.0+Local-1", "1.0+local.1"),
            ("0!1.0", "1.0"),
        ] {
            assert!(compare(Ecosystem::PyPi, left, right).unwrap().is_eq(), "{left} {right}");
        }
    }

    #[test]
    fn a_local_version_follows_its_base() {
        assert!(compare(Ecosystem::PyPi, "2.2.0", "2.2.0+cu118").unwrap().is_lt());
        assert!(compare(Ecosystem::PyPi, "2.2.0+cu118", "2.2.0.post1").unwrap().is_lt());
    }

    #[test]
    fn legacy_versions_are_refused_by_name() {
        for text in ["0.1-bulbasaur", "", "2004d", "1.0.x", "99999999999999999999999"] {
            let error = compare(Ecosystem::PyPi, text, "1").unwrap_err();
            assert!(matches!(error, VersionError::NotAVersion { .. }), "{text}");
        }
    }

    #[test]
    fn the_local_label_can_be_taken_off() {
        let version = Version::parse(Ecosystem::PyPi, "2.2.0+cu118").unwrap();
        let base = version.without_local_label().unwrap();
        assert_eq!(base, Version::parse(Ecosystem::PyPi, "2.2.0").unwrap());
        assert_eq!(base.without_local_label(), None);
    }
}
