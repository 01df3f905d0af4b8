//! Whether a record affects a version: the OSV schema's section "Evaluation", and what it leaves to the reader.
//!
//! A version is affected if any `affected` entry of the package says so, by a range or by its `versions` list. Where
//! nothing says so, an entry that cannot tell (a defect, only commit ranges, nothing at all) makes the whole answer
//! "unknown": it could have been the one that applies.

mod listed;
mod range;

use chiron_model::advisory::{Evaluation, Match};
use chiron_model::ecosystem::Ecosystem;

use self::listed::is_listed;
use crate::row::{Edge, Entry, Range};
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
    let key = Version::parse(ecosystem, version)?.key();
    let events: Vec<_> = events
        .iter()
        .map(|event| match event {
            Event::Introduced(text) => (Edge::Introduced, text.as_str()),
            Event::Fixed(text) => (Edge::Fixed, text.as_str()),
            Event::LastAffected(text) => (Edge::LastAffected, text.as_str()),
            Event::Limit(text) => (Edge::Limit, text.as_str()),
        })
        .collect();
    range::contains(ecosystem, &key, &Range::new(ecosystem, 0, &events, None).bounds)
}

/// The version that is asked about, read once for all the records of its package.
pub(crate) struct Asked<'a> {
    ecosystem: Ecosystem,
    /// Trimmed; empty where there is no version.
    text: &'a str,
    place: Place,
}

enum Place {
    Ordered {
        key: String,
        /// Key of the version without its local label, where it has one.
        public: Option<String>,
    },
    /// A text without order, which can stand in a list in so many letters.
    Unordered { key: String },
}

impl<'a> Asked<'a> {
    pub(crate) fn new(ecosystem: Ecosystem, version: Option<&'a str>) -> Self {
        let text = version.map(str::trim).unwrap_or_default();
        let place = match Version::parse(ecosystem, text) {
            Ok(version) => Place::Ordered {
                key: version.key(),
                public: version.without_local_label().map(|version| version.key()),
            },
            Err(_) => Place::Unordered { key: list_key(ecosystem, text) },
        };
        Self { ecosystem, text, place }
    }
}

/// What the entries of one record for one package say about a version.
pub(crate) fn evaluate<S: AsRef<str>>(asked: &Asked<'_>, entries: &[Entry<S>]) -> Evaluation {
    if asked.text.is_empty() {
        return Evaluation::Unknown("no version".to_owned());
    }
    let (key, public) = match &asked.place {
        Place::Ordered { key, public } => (key, public),
        Place::Unordered { key } => return unordered(asked, entries, key),
    };
    let evaluation = ordered(asked.ecosystem, entries, key);
    match (&evaluation, public) {
        (Evaluation::Unaffected { .. }, Some(public)) => match ordered(asked.ecosystem, entries, public) {
            Evaluation::Affected(_) => {
                let text = asked.text;
                Evaluation::Unaffected {
                    note: Some(format!(
                        "only its local version label keeps {text} out: its public version is affected"
                    )),
                }
            }
            Evaluation::Unaffected { .. } | Evaluation::Unknown(_) => evaluation,
        },
        _ => evaluation,
    }
}

/// What a record says about a version of a distribution's package, from entries that decide and from `others`, which hold
/// for something that the package may or may not be (another product for the same release). Those can only leave doubt.
pub(crate) fn evaluate_with_doubts<S: AsRef<str>>(
    asked: &Asked<'_>,
    deciding: &[Entry<S>],
    others: &[Entry<S>],
) -> Evaluation {
    let decided = match deciding {
        [] => Evaluation::Unaffected { note: None },
        entries => evaluate(asked, entries),
    };
    if !matches!(decided, Evaluation::Unaffected { .. }) {
        return decided;
    }
    let doubt = others.iter().find(|entry| {
        let alone = evaluate(asked, std::slice::from_ref(*entry));
        !matches!(alone, Evaluation::Unaffected { .. })
    });
    match doubt {
        Some(entry) => Evaluation::Unknown(format!(
            "affected[{}] holds where the package comes from `{}`, which cannot be told",
            entry.place,
            entry.channel.as_ref()
        )),
        None => decided,
    }
}

/// A version without order can stand in a list in so many letters, or be covered by "every version"
/// (OSV schema: `introduced` "0" alone "expresses that every possible version is affected").
fn unordered<S: AsRef<str>>(asked: &Asked<'_>, entries: &[Entry<S>], key: &str) -> Evaluation {
    for entry in entries {
        if is_listed(entry, key) {
            return Evaluation::Affected(by_list(entry, Vec::new()));
        }
        let all = entry.ranges.iter().find(|range| range::is_every_version(range));
        if let Some(range) = all {
            return Evaluation::Affected(Match { matched_by: range_name(entry, range), ..Match::default() });
        }
    }
    Evaluation::Unknown(format!("`{}` is not a version of {}", asked.text, asked.ecosystem))
}

fn ordered<S: AsRef<str>>(ecosystem: Ecosystem, entries: &[Entry<S>], key: &str) -> Evaluation {
    let mut unknown = None;
    if let Some(found) = by_range(ecosystem, entries, key, &mut unknown) {
        return Evaluation::Affected(found);
    }
    if let Some(entry) = entries.iter().find(|entry| is_listed(entry, key)) {
        return Evaluation::Affected(by_list(entry, fixes_of(entry, key)));
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
    key: &str,
    unknown: &mut Option<String>,
) -> Option<Match> {
    let mut found: Option<Match> = None;
    for (entry, range) in entries.iter().flat_map(|entry| entry.ranges.iter().map(move |range| (entry, range))) {
        match decide(ecosystem, range, key) {
            Ok(false) => {}
            Ok(true) => {
                let matched = applied(entry, range, key);
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

/// Whether the version with this key lies in a range; in words, why that cannot be told.
pub(crate) fn range_holds<S: AsRef<str>>(ecosystem: Ecosystem, range: &Range<S>, key: &str) -> Result<bool, String> {
    decide(ecosystem, range, key)
}

fn decide<S: AsRef<str>>(ecosystem: Ecosystem, range: &Range<S>, key: &str) -> Result<bool, String> {
    match &range.defect {
        Some(defect) => Err(defect.as_ref().to_owned()),
        None => range::contains(ecosystem, key, &range.bounds).map_err(|error| error.to_string()),
    }
}

fn applied<S: AsRef<str>>(entry: &Entry<S>, range: &Range<S>, key: &str) -> Match {
    let fixed = range::fixes_after(key, range.bounds.iter());
    let last_affected = match fixed.is_empty() {
        true => range::last_affected(key, &range.bounds),
        false => None,
    };
    Match { fixed, last_affected, matched_by: range_name(entry, range) }
}

/// The smallest fix above the version that the entry's ranges name, for a version that only its list names.
fn fixes_of<S: AsRef<str>>(entry: &Entry<S>, key: &str) -> Vec<String> {
    let sound = entry.ranges.iter().filter(|range| range.defect.is_none());
    let mut fixes = range::fixes_after(key, sound.flat_map(|range| &range.bounds));
    fixes.truncate(1);
    fixes
}

fn by_list<S>(entry: &Entry<S>, fixed: Vec<String>) -> Match {
    Match { fixed, last_affected: None, matched_by: format!("versions affected[{}]", entry.place) }
}

/// Why an entry without any range or version that could decide cannot tell. By the schema's algorithm such an entry
/// affects nothing; but what it lacks may be what matters (PYSEC-2025-75 says "Keras 3.0.0 through 3.10.0" in words
/// alone), and "cannot tell" is never "clean".
fn undecided<S>(entry: &Entry<S>) -> Option<String> {
    if !entry.ranges.is_empty() || !entry.listed.is_empty() {
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
