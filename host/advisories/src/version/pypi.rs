//! PyPI: PEP 440, by `pep440_rs`.

use pep440_rs::{LocalSegment, PrereleaseKind, Version};

use super::number;

/// Reads a version with PEP 440's own tolerance (`v` in front, `-1` for a post release, leading zeros). Legacy
/// versions, and numbers beyond 64 bits, are none.
pub(super) fn parse(text: &str) -> Option<Version> {
    text.trim().parse().ok()
}

/// The version's place in PEP 440's order ("Summary of permitted suffixes and relative ordering"). Trailing zeros of the
/// release are gone: "1.0" and "1.0.0" are equal. A blank, which is below everything, ends what has no fixed length.
pub(super) fn key(version: &Version) -> String {
    let release = version.release();
    let length = release.iter().rposition(|&number| number != 0).map_or(0, |last| last + 1);
    let mut key = String::with_capacity(24);
    number::push_u64(&mut key, version.epoch());
    for &number in &release[..length] {
        number::push_u64(&mut key, number);
    }
    key.push(' ');
    suffix(&mut key, version);
    for segment in version.local() {
        // "Comparison and ordering of local versions": numbers follow words, which compare by ASCII.
        match segment {
            LocalSegment::String(text) => {
                key.push('#');
                key.push_str(text);
                key.push(' ');
            }
            LocalSegment::Number(number) => {
                key.push('$');
                number::push_u64(&mut key, *number);
            }
        }
    }
    key.push(' ');
    key
}

/// Development releases come first, then alpha, beta and candidate, the release, and post releases. Within each, no post
/// release comes before one, and a development release before what it leads to.
fn suffix(key: &mut String, version: &Version) {
    match version.pre() {
        Some(pre) => {
            key.push(match pre.kind {
                PrereleaseKind::Alpha => '2',
                PrereleaseKind::Beta => '3',
                PrereleaseKind::Rc => '4',
            });
            number::push_u64(key, pre.number);
        }
        None => key.push(match (version.post(), version.dev()) {
            (None, Some(_)) => '1',
            (None, None) => '5',
            (Some(_), _) => '6',
        }),
    }
    match version.post() {
        Some(post) => number::push_u64(key, post),
        None => key.push(' '),
    }
    match version.dev() {
        Some(dev) => number::push_u64(key, dev),
        None => key.push('~'),
    }
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
