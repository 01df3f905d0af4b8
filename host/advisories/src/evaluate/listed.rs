//! The versions that an entry lists.

use chiron_model::ecosystem::Ecosystem;

use super::range;
use crate::row::{Entry, Listed, Range};
use crate::version::list_key;

impl Entry<String> {
    /// An entry as the index keeps it.
    pub(crate) fn new<'a>(
        ecosystem: Ecosystem,
        place: u32,
        ranges: Vec<Range<String>>,
        versions: impl IntoIterator<Item = &'a str>,
        has_commits: bool,
    ) -> Self {
        let mut keys: Vec<_> = versions.into_iter().map(|text| list_key(ecosystem, text)).collect();
        keys.retain(|key| !ranges.iter().any(|range| decides(ecosystem, range, key)));
        Self { place, channel: String::new(), ranges, listed: shelve(keys), has_commits }
    }
}

/// Whether the range alone makes the version with this key an affected one.
fn decides(ecosystem: Ecosystem, range: &Range<String>, key: &str) -> bool {
    range.defect.is_none() && range::contains(ecosystem, key, &range.bounds) == Ok(true) && has_order(key)
}

/// A text without order has a key too, but no range can say anything of it.
fn has_order(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_uppercase())
}

/// By length, and within one sorted, each once.
fn shelve(mut keys: Vec<String>) -> Vec<Listed<String>> {
    keys.sort_unstable_by(|left, right| (left.len(), left).cmp(&(right.len(), right)));
    keys.dedup();
    keys.chunk_by(|left, right| left.len() == right.len())
        .map(|same| Listed { width: u32::try_from(same[0].len()).unwrap_or(u32::MAX), keys: same.concat() })
        .collect()
}

/// Whether the key stands in the list.
pub(super) fn is_listed<S: AsRef<str>>(entry: &Entry<S>, key: &str) -> bool {
    let same = entry.listed.iter().find(|listed| usize::try_from(listed.width) == Ok(key.len()));
    same.is_some_and(|listed| is_among(listed.keys.as_ref().as_bytes(), key.as_bytes()))
}

/// A binary search among keys of one length, side by side.
fn is_among(keys: &[u8], key: &[u8]) -> bool {
    let (mut low, mut high) = (0, keys.len().checked_div(key.len()).unwrap_or(0));
    while low < high {
        let middle = low + (high - low) / 2;
        let start = middle * key.len();
        match keys[start..start + key.len()].cmp(key) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_holds_exactly_what_was_put_into_it(
            versions in prop::collection::vec("\\PC{0,3}|[0-3]\\.[0-3]", 0..20), probe in "\\PC{0,3}|[0-3]\\.[0-3]",
        ) {
            let entry = Entry::new(Ecosystem::Npm, 0, Vec::new(), versions.iter().map(String::as_str), false);
            let keys: BTreeSet<_> = versions.iter().map(|text| list_key(Ecosystem::Npm, text)).collect();
            for key in &keys {
                prop_assert!(is_listed(&entry, key));
            }
            let probe = list_key(Ecosystem::Npm, &probe);
            prop_assert_eq!(is_listed(&entry, &probe), keys.contains(&probe));
        }

        #[test]
        fn no_bytes_make_it_panic(width in 0_u32..9, keys in "\\PC{0,12}", key in "\\PC{0,9}") {
            let entry = Entry { listed: vec![Listed { width, keys }], ..Entry::new(Ecosystem::Npm, 0, Vec::new(), [], false) };
            let _ = is_listed(&entry, &key);
        }
    }
}
