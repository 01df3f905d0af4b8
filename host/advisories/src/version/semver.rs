//! npm and crates.io: SemVer 2.0, read as leniently as real records need.
//!
//! Our own reader and not the `semver` crate: that one refuses `0.1` (RUSTSEC has such events), a leading `v`, and
//! numbers beyond 64 bits. A test holds the order against the crate's wherever it can read both versions.

use std::cmp::Ordering;

use super::number;

/// A version, borrowed from the text it was read from. Build metadata is left out: it has no part in the order
/// (SemVer 2.0, section 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SemVer<'a> {
    /// Major, minor, patch: digits without leading zeros, "0" for zero. Texts, so that no number is too large.
    core: [&'a str; 3],
    /// Pre-release identifiers; empty for a release.
    pre: Vec<&'a str>,
}

impl<'a> SemVer<'a> {
    /// Reads `1.2.3-pre.1+build`, also with `v` or `=` in front, and with minor or patch left out.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['=', 'v', 'V', ' ']);
        let text = text.split_once('+').map_or(text, |(version, _build)| version);
        let (core, pre) = match text.split_once('-') {
            Some((core, pre)) => (core, Self::identifiers(pre)?),
            None => (text, Vec::new()),
        };
        let mut numbers = ["0"; 3];
        let mut given = core.split('.');
        for (place, number) in numbers.iter_mut().enumerate() {
            match given.next() {
                Some(digits) => *number = plain(digits)?,
                None if place == 0 => return None,
                None => break,
            }
        }
        given.next().is_none().then_some(Self { core: numbers, pre })
    }

    fn identifiers(pre: &'a str) -> Option<Vec<&'a str>> {
        pre.split('.')
            .map(|identifier| {
                let allowed = identifier.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                (allowed && !identifier.is_empty()).then(|| plain(identifier).unwrap_or(identifier))
            })
            .collect()
    }

    /// The version's place in SemVer's order: pre-releases before the release, numbers before words, fewer identifiers
    /// before more. A blank, which is below everything, ends a word and the list.
    pub(super) fn key(&self) -> String {
        let mut key = String::with_capacity(16);
        for digits in self.core {
            number::push(&mut key, digits);
        }
        if self.pre.is_empty() {
            key.push('~');
            return key;
        }
        for identifier in &self.pre {
            match plain(identifier) {
                Some(digits) => {
                    key.push('!');
                    number::push(&mut key, digits);
                }
                None => {
                    key.push('#');
                    key.push_str(identifier);
                    key.push(' ');
                }
            }
        }
        key.push(' ');
        key
    }
}

/// The digits without leading zeros; None where the text is not a number.
fn plain(digits: &str) -> Option<&str> {
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    Some(if significant.is_empty() { "0" } else { significant })
}

/// Numbers without leading zeros: the longer is the larger.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// SemVer 2.0, section 11.4: numbers before words, numbers by value, words by ASCII order.
fn compare_identifiers(left: &str, right: &str) -> Ordering {
    match (plain(left).is_some(), plain(right).is_some()) {
        (true, true) => compare_numbers(left, right),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.cmp(right),
    }
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Option<Ordering> {
    orders.find(|order| order.is_ne())
}

impl Ord for SemVer<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let core = self.core.iter().zip(&other.core).map(|(a, b)| compare_numbers(a, b));
        let pre = self.pre.iter().zip(&other.pre).map(|(a, b)| compare_identifiers(a, b));
        if let Some(order) = first_difference(core) {
            return order;
        }
        match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            // A larger set of identifiers follows a smaller one whose identifiers it begins with.
            _ => first_difference(pre).unwrap_or_else(|| self.pre.len().cmp(&other.pre.len())),
        }
    }
}

impl PartialOrd for SemVer<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use chiron_model::ecosystem::Ecosystem;

    use crate::version::compare;

    fn order(left: &str, right: &str) -> std::cmp::Ordering {
        compare(Ecosystem::Npm, left, right).unwrap()
    }

    #[test]
    fn build_metadata_and_spelling_do_not_count() {
        for (left, right) in [
            ("1.0.0+build.1", "1.0.0+build.2"),
            ("v1.2.3", "=1.2.3"),
            ("1.2", "1.2.0"),
            ("0", "0.0.0"),
            ("01.2.3", "1.2.3"),
        ] {
            assert!(order(left, right).is_eq(), "{left} {right}");
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_ordered() {
        let large = "99999999999999999999999999.0.0";
        assert!(order(large, "18446744073709551615.0.0").is_gt());
        assert!(order("1.0.0-99999999999999999999998", "1.0.0-99999999999999999999999").is_lt());
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "1.2.3.4", "1.x", "latest", "1.0.0-", "1.0.0-a..b", "1..2", "-1", "file:../a", "1.0.0-ä"] {
            assert!(compare(Ecosystem::CratesIo, text, "1.0.0").is_err(), "{text}");
        }
    }
}
