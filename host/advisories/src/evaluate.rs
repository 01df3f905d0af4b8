//! Whether a record affects a version: the OSV schema's section "Evaluation", and what it leaves to the reader.
//!
//! A version is affected if any `affected` entry of the package says so, by a range or by its `versions` list. Where
//! nothing says so, an entry that cannot tell (a defect, only commit ranges, nothing at all) makes the whole answer
//! "unknown": it could have been the one that applies.

mod range;

use chiron_model::advisory::{Evaluation, Match};
use chiron_model::ecosystem::Ecosystem;

use crate::row::{Bound, Entry, Range};
use crate::version::{Version, VersionError, list_key};

/// An event of a range (OSV schema, `affected[].ranges[].events`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// From this version on; "0" is before everything.
    Introduced(String),
    /// Not from this version on.
    Fixed(String),
    /// Not after this version.
    LastAffected(String),
    /// The range says nothing from this version on; "*" is after everything. One of several limits is enough.
    Limit(String),
}

/// Whether `version` lies in the set that `events`, in any order, describe by the OSV schema's algorithm.
///
/// # Errors
/// [`VersionError::NotAVersion`] when the version or a version of an event has no order.
pub fn contains(ecosystem: Ecosystem, version: &str, events: &[Event]) -> Result<bool, VersionError> {
    let version = Version::parse(ecosystem, version)?;
    let bounds: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::Introduced(text) => Bound::Introduced(text),
            Event::Fixed(text) => Bound::Fixed(text),
            Event::LastAffected(text) => Bound::LastAffected(text),
            Event::Limit(text) => Bound::Limit(text),
        })
        .collect();
    range::contains(ecosystem, &version, &bounds)
}

/// What the entries of one record for one package say about a version.
pub(crate) fn evaluate<S: AsRef<str>>(ecosystem: Ecosystem, entries: &[Entry<S>], version: Option<&str>) -> Evaluation {
    let Some(text) = version.map(str::trim).filter(|text| !text.is_empty()) else {
        return Evaluation::Unknown("no version".to_owned());
    };
    let Ok(version) = Version::parse(ecosystem, text) else {
        return unorderable(ecosystem, entries, text);
    };
    let evaluation = ordered(ecosystem, entries, &version);
    match (&evaluation, version.without_local_label()) {
        (Evaluation::Unaffected { .. }, Some(base)) => match ordered(ecosystem, entries, &base) {
            Evaluation::Affected(_) => Evaluation::Unaffected {
                note: Some(format!("only its local version label keeps {text} out: its public version is affected")),
            },
            Evaluation::Unaffected { .. } | Evaluation::Unknown(_) => evaluation,
        },
        _ => evaluation,
    }
}

/// A version without order can stand in a list in so many letters, or be covered by "every version"
/// (OSV schema: `introduced` "0" alone "expresses that every possible version is affected").
fn unorderable<S: AsRef<str>>(ecosystem: Ecosystem, entries: &[Entry<S>], text: &str) -> Evaluation {
    let key = list_key(ecosystem, text);
    for entry in entries {
        if is_listed(entry, &key) {
            return Evaluation::Affected(by_list(entry, Vec::new()));
        }
        let all = entry.ranges.iter().find(|range| range::is_every_version(range));
        if let Some(range) = all {
            return Evaluation::Affected(Match { matched_by: range_name(entry, range), ..Match::default() });
        }
    }
    Evaluation::Unknown(format!("`{text}` is not a version of {ecosystem}"))
}

fn ordered<S: AsRef<str>>(ecosystem: Ecosystem, entries: &[Entry<S>], version: &Version<'_>) -> Evaluation {
    let mut unknown = None;
    if let Some(found) = by_range(ecosystem, entries, version, &mut unknown) {
        return Evaluation::Affected(found);
    }
    let key = version.key();
    if let Some(entry) = entries.iter().find(|entry| is_listed(entry, &key)) {
        return Evaluation::Affected(by_list(entry, fixes_of(ecosystem, entry, version)));
    }
    match unknown.or_else(|| entries.iter().find_map(undecided)) {
        Some(reason) => Evaluation::Unknown(reason),
        None => Evaluation::Unaffected { note: None },
    }
}

/// The range that applies; of several, the first that knows a fix. The reason of a range that cannot tell goes to
/// `unknown`.
fn by_range<S: AsRef<str>>(
    ecosystem: Ecosystem,
    entries: &[Entry<S>],
    version: &Version<'_>,
    unknown: &mut Option<String>,
) -> Option<Match> {
    let mut found: Option<Match> = None;
    for (entry, range) in entries.iter().flat_map(|entry| entry.ranges.iter().map(move |range| (entry, range))) {
        match decide(ecosystem, range, version) {
            Ok(false) => {}
            Ok(true) => {
                let matched = applied(ecosystem, entry, range, version);
                let better = found.as_ref().is_none_or(|old| old.fixed.is_empty() && !matched.fixed.is_empty());
                if better {
                    found = Some(matched);
                }
            }
            Err(reason) => {
                unknown.get_or_insert_with(|| format!("{}: {reason}", range_name(entry, range)));
            }
        }
    }
    found
}

fn decide<S: AsRef<str>>(ecosystem: Ecosystem, range: &Range<S>, version: &Version<'_>) -> Result<bool, String> {
    match &range.defect {
        Some(defect) => Err(defect.as_ref().to_owned()),
        None => range::contains(ecosystem, version, &range.bounds).map_err(|error| error.to_string()),
    }
}

fn applied<S: AsRef<str>>(ecosystem: Ecosystem, entry: &Entry<S>, range: &Range<S>, version: &Version<'_>) -> Match {
    let fixed = range::fixes_after(ecosystem, version, &range.bounds);
    let last_affected = match fixed.is_empty() {
        true => range::last_affected(ecosystem, version, &range.bounds),
        false => None,
    };
    Match { fixed, last_affected, matched_by: range_name(entry, range) }
}

/// The smallest fix above the version that the entry's ranges name, for a version that only its list names.
fn fixes_of<S: AsRef<str>>(ecosystem: Ecosystem, entry: &Entry<S>, version: &Version<'_>) -> Vec<String> {
    let sound = entry.ranges.iter().filter(|range| range.defect.is_none());
    let bounds: Vec<_> = sound.flat_map(|range| &range.bounds).map(Bound::as_ref).collect();
    let mut fixes = range::fixes_after(ecosystem, version, &bounds);
    fixes.truncate(1);
    fixes
}

fn is_listed<S: AsRef<str>>(entry: &Entry<S>, key: &str) -> bool {
    entry.versions.binary_search_by(|listed| listed.as_ref().cmp(key)).is_ok()
}

fn by_list<S>(entry: &Entry<S>, fixed: Vec<String>) -> Match {
    Match { fixed, last_affected: None, matched_by: format!("versions affected[{}]", entry.place) }
}

/// Why an entry without any range or version that could decide cannot tell. By the schema's algorithm such an entry
/// affects nothing; but what it lacks may be what matters (PYSEC-2025-75 says "Keras 3.0.0 through 3.10.0" in words
/// alone), and "cannot tell" is never "clean".
fn undecided<S>(entry: &Entry<S>) -> Option<String> {
    if !entry.ranges.is_empty() || !entry.versions.is_empty() {
        return None;
    }
    let lack = match entry.has_commits {
        true => "only commit ranges, which need the repository",
        false => "neither versions nor ranges",
    };
    Some(format!("affected[{}] has {lack}", entry.place))
}

fn range_name<S>(entry: &Entry<S>, range: &Range<S>) -> String {
    format!("range affected[{}].ranges[{}]", entry.place, range.place)
}

#[cfg(test)]
mod tests;
