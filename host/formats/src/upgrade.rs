//! The smallest version that ends all findings of a component.
//!
//! This crate has no version engine and claims no more than it can know: plain dotted numbers (`4.2.17`) compare alike in
//! every ecosystem, and a finding's own list is ascending. Where that is not enough, each finding names its own fix.

use std::cmp::Ordering;

use chiron_model::finding::Finding;

/// What to do about a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Upgrade<'a> {
    /// The version; None where no fix is known or the fixes cannot be compared.
    pub(crate) to: Option<&'a str>,
    /// How many of the findings it ends.
    pub(crate) clears: usize,
}

/// The way out for these findings of one component.
pub(crate) fn upgrade<'a>(findings: &[&'a Finding]) -> Upgrade<'a> {
    let fixable: Vec<&'a Finding> = findings.iter().copied().filter(|f| !f.fixed_versions.is_empty()).collect();
    let mut candidates: Vec<&'a str> =
        fixable.iter().flat_map(|f| f.fixed_versions.iter().map(String::as_str)).collect();
    candidates.sort_unstable();
    candidates.dedup();
    let good = candidates.into_iter().filter(|version| fixable.iter().all(|finding| clears(version, finding)));
    // Among those that end all: the one that no other is known to be below.
    let to = good.reduce(|best, next| match compare(next, best) {
        Some(Ordering::Less) => next,
        _ => best,
    });
    Upgrade { to, clears: if to.is_some() { fixable.len() } else { 0 } }
}

/// Whether a version is known to end a finding: it is one of the fixes, or not below the last. Between two fixes it may
/// lie in a later range that is affected again.
pub(crate) fn clears(version: &str, finding: &Finding) -> bool {
    let fixes = &finding.fixed_versions;
    fixes.iter().any(|fix| fix == version)
        || fixes.last().and_then(|last| compare(version, last)).is_some_and(Ordering::is_ge)
}

/// The order of two plain versions; None for any other.
fn compare(left: &str, right: &str) -> Option<Ordering> {
    if left == right {
        return Some(Ordering::Equal);
    }
    let (mut left, mut right) = (numbers(left)?, numbers(right)?);
    // 4.2 and 4.2.0 are equal in PEP 440, and in the others the shorter form does not exist.
    let length = left.len().max(right.len());
    left.resize(length, 0);
    right.resize(length, 0);
    Some(left.cmp(&right))
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    version.split('.').map(|part| if plain(part) { part.parse().ok() } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use chiron_model::severity::Severity;

    use super::*;
    use crate::sample;

    fn of(fixes: &[&str]) -> (Option<String>, usize) {
        let findings: Vec<Finding> =
            fixes.iter().map(|fixed| sample::finding("X", "c", Severity::High, fixed)).collect();
        let found = upgrade(&findings.iter().collect::<Vec<_>>());
        (found.to.map(str::to_owned), found.clears)
    }

    fn to(version: &str, clears: usize) -> (Option<String>, usize) {
        (Some(version.to_owned()), clears)
    }

    #[test]
    fn the_smallest_version_that_ends_all() {
        assert_eq!(of(&["4.2.16", "4.2.17"]), to("4.2.17", 2));
        assert_eq!(of(&["4.2.9", "4.2.10"]), to("4.2.10", 2));
        assert_eq!(of(&["1.10", "1.9.3 2.0"]), to("2.0", 2));
        assert_eq!(of(&["4.2.16", "4.2.17 5.0.10"]), to("4.2.17", 2));
        assert_eq!(of(&["1.0", "1.0.0"]).1, 2);
    }

    #[test]
    fn a_version_between_two_fixes_is_not_trusted() {
        // 5.0.1 is above 4.2.16 and may lie in [5.0, 5.0.9).
        assert_eq!(of(&["5.0.1", "4.2.16 5.0.9"]), to("5.0.9", 2));
    }

    #[test]
    fn without_a_fix_the_others_are_still_ended() {
        assert_eq!(of(&["1.1", ""]), to("1.1", 1));
        assert_eq!(of(&[""]), (None, 0));
        assert_eq!(of(&[]), (None, 0));
    }

    #[test]
    fn what_cannot_be_compared_is_not_guessed() {
        assert_eq!(of(&["2.0rc1", "2.0.0-beta"]), (None, 0));
        assert_eq!(of(&["2.0rc1", "2.0rc1"]), to("2.0rc1", 2));
        assert_eq!(of(&["99999999999999999999999", "1.0"]), (None, 0));
    }
}
