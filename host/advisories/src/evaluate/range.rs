//! One range: the walk over its events.

use chiron_model::ecosystem::Ecosystem;

use crate::row::{Bound, Range};
use crate::version::{Version, VersionError};

impl<S: AsRef<str>> Bound<S> {
    /// The same bound, borrowed.
    pub(crate) fn as_ref(&self) -> Bound<&str> {
        match self {
            Self::Introduced(text) => Bound::Introduced(text.as_ref()),
            Self::Fixed(text) => Bound::Fixed(text.as_ref()),
            Self::LastAffected(text) => Bound::LastAffected(text.as_ref()),
            Self::Limit(text) => Bound::Limit(text.as_ref()),
        }
    }
}

/// A place in the order. `introduced` "0" lies before every version, also before 0.0.0-0; `limit` "*" after every one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Point<'a> {
    Start,
    At(Version<'a>),
    End,
}

impl<'a> Point<'a> {
    fn of(ecosystem: Ecosystem, bound: &Bound<&'a str>) -> Result<Self, VersionError> {
        match *bound {
            Bound::Introduced("0") => Ok(Self::Start),
            Bound::Limit("*") => Ok(Self::End),
            Bound::Introduced(text) | Bound::Fixed(text) | Bound::LastAffected(text) | Bound::Limit(text) => {
                Version::parse(ecosystem, text).map(Self::At)
            }
        }
    }
}

/// Whether the version lies in the range, by the schema's `IncludedInRanges` and `BeforeLimits`.
///
/// Events are sorted first, and the sort is stable: at one version the record's own order says whether a fix there
/// ends the range before it or the one that begins with it.
pub(super) fn contains<S: AsRef<str>>(
    ecosystem: Ecosystem,
    version: &Version<'_>,
    bounds: &[Bound<S>],
) -> Result<bool, VersionError> {
    let mut events = Vec::with_capacity(bounds.len());
    for bound in bounds {
        let bound = bound.as_ref();
        events.push((Point::of(ecosystem, &bound)?, bound));
    }
    events.sort_by(|(left, _), (right, _)| left.cmp(right));

    let version = Point::At(version.clone());
    let mut inside = false;
    let mut limits = events.iter().filter(|(_, bound)| matches!(bound, Bound::Limit(_))).peekable();
    if limits.peek().is_some() && !limits.any(|(limit, _)| version < *limit) {
        return Ok(false);
    }
    for (point, bound) in &events {
        match bound {
            Bound::Introduced(_) if version >= *point => inside = true,
            Bound::Fixed(_) if version >= *point => inside = false,
            Bound::LastAffected(_) if version > *point => inside = false,
            Bound::Introduced(_) | Bound::Fixed(_) | Bound::LastAffected(_) | Bound::Limit(_) => {}
        }
    }
    Ok(inside)
}

/// The fixed versions above the version, ascending, each once. Those that have no order are left out.
pub(super) fn fixes_after<S: AsRef<str>>(
    ecosystem: Ecosystem,
    version: &Version<'_>,
    bounds: &[Bound<S>],
) -> Vec<String> {
    let mut fixes: Vec<_> = bounds
        .iter()
        .filter_map(|bound| match bound.as_ref() {
            Bound::Fixed(text) => Version::parse(ecosystem, text).ok().map(|fix| (fix, text)),
            Bound::Introduced(_) | Bound::LastAffected(_) | Bound::Limit(_) => None,
        })
        .filter(|(fix, _)| fix > version)
        .collect();
    fixes.sort();
    fixes.dedup_by(|next, kept| next.0 == kept.0);
    fixes.into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// The last version of the stretch that holds the version.
pub(super) fn last_affected<S: AsRef<str>>(
    ecosystem: Ecosystem,
    version: &Version<'_>,
    bounds: &[Bound<S>],
) -> Option<String> {
    bounds
        .iter()
        .filter_map(|bound| match bound.as_ref() {
            Bound::LastAffected(text) => Version::parse(ecosystem, text).ok().map(|last| (last, text)),
            Bound::Introduced(_) | Bound::Fixed(_) | Bound::Limit(_) => None,
        })
        .filter(|(last, _)| last >= version)
        .min()
        .map(|(_, text)| text.to_owned())
}

/// Whether the range is `introduced` "0" and nothing else that would end it.
pub(super) fn is_every_version<S: AsRef<str>>(range: &Range<S>) -> bool {
    let endless = |bound: &Bound<S>| matches!(bound.as_ref(), Bound::Introduced(_) | Bound::Limit("*"));
    range.defect.is_none()
        && range.bounds.iter().all(endless)
        && range.bounds.iter().any(|bound| matches!(bound.as_ref(), Bound::Introduced("0")))
}
