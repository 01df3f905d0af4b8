//! One range: the walk over its bounds.

use chiron_model::ecosystem::Ecosystem;

use crate::row::{Bound, Edge, Range};
use crate::version::{Version, VersionError};

/// Before every version, also before 0.0.0-0: what `introduced` "0" means.
const START: &str = "";

/// After every key: what `limit` "*" means.
const END: &str = "~";

impl Range<String> {
    /// A range as the index keeps it, from its events in the record's order.
    pub(crate) fn new(ecosystem: Ecosystem, place: u32, events: &[(Edge, &str)], defect: Option<&str>) -> Self {
        let mut bounds: Vec<_> = events
            .iter()
            .map(|&(edge, text)| Bound { edge, text: text.to_owned(), point: point(ecosystem, edge, text) })
            .collect();
        // Stable: see `Range::bounds`.
        let fixed_from_the_start = |bound: &Bound<String>| bound.edge == Edge::Fixed && bound.text == "0";
        bounds.sort_by(|left, right| {
            left.point.cmp(&right.point).then(fixed_from_the_start(left).cmp(&fixed_from_the_start(right)))
        });
        Self { place, bounds, defect: defect.map(str::to_owned) }
    }
}

fn point(ecosystem: Ecosystem, edge: Edge, text: &str) -> Option<String> {
    match (edge, text) {
        (Edge::Introduced, "0") => Some(START.to_owned()),
        // "Fixed in 0" is how distributions say that no version of theirs was ever affected; `0~git` is a version there.
        (Edge::Fixed, "0") if ecosystem.is_distribution() => Some(START.to_owned()),
        (Edge::Limit, "*") => Some(END.to_owned()),
        (Edge::Introduced | Edge::Fixed | Edge::LastAffected | Edge::Limit, _) => {
            Version::parse(ecosystem, text).ok().map(|version| version.key())
        }
    }
}

/// Whether the version with this key lies in the range, by the schema's `IncludedInRanges` and `BeforeLimits`.
pub(super) fn contains<S: AsRef<str>>(
    ecosystem: Ecosystem,
    key: &str,
    bounds: &[Bound<S>],
) -> Result<bool, VersionError> {
    let mut inside = false;
    let (mut limited, mut below) = (false, false);
    for bound in bounds {
        let Some(point) = bound.point.as_ref() else {
            return Err(VersionError::not_a_version(ecosystem, bound.text.as_ref()));
        };
        let point = point.as_ref();
        match bound.edge {
            Edge::Introduced if key >= point => inside = true,
            Edge::Fixed if key >= point => inside = false,
            Edge::LastAffected if key > point => inside = false,
            Edge::Introduced | Edge::Fixed | Edge::LastAffected => {}
            Edge::Limit => {
                limited = true;
                below |= key < point;
            }
        }
    }
    Ok(inside && (below || !limited))
}

/// The fixed versions above the key, ascending, each once. Those that have no order are left out.
pub(super) fn fixes_after<'a, S: AsRef<str> + 'a>(
    key: &str,
    bounds: impl Iterator<Item = &'a Bound<S>>,
) -> Vec<String> {
    let mut fixes: Vec<_> =
        bounds.filter(|bound| bound.edge == Edge::Fixed).filter_map(placed).filter(|(point, _)| *point > key).collect();
    fixes.sort_unstable();
    fixes.dedup_by_key(|(point, _)| *point);
    fixes.into_iter().map(|(_, text)| text.to_owned()).collect()
}

/// The last version of the stretch that holds the key.
pub(super) fn last_affected<S: AsRef<str>>(key: &str, bounds: &[Bound<S>]) -> Option<String> {
    bounds
        .iter()
        .filter(|bound| bound.edge == Edge::LastAffected)
        .filter_map(placed)
        .filter(|(point, _)| *point >= key)
        .min()
        .map(|(_, text)| text.to_owned())
}

/// The point and the text of a bound that has an order.
fn placed<S: AsRef<str>>(bound: &Bound<S>) -> Option<(&str, &str)> {
    Some((bound.point.as_ref()?.as_ref(), bound.text.as_ref()))
}

/// Whether the range is `introduced` "0" and nothing else that would end it.
pub(super) fn is_every_version<S: AsRef<str>>(range: &Range<S>) -> bool {
    let endless = |bound: &Bound<S>| match bound.edge {
        Edge::Introduced => true,
        Edge::Limit => bound.text.as_ref() == "*",
        Edge::Fixed | Edge::LastAffected => false,
    };
    let from_the_start = |bound: &Bound<S>| bound.edge == Edge::Introduced && bound.text.as_ref() == "0";
    range.defect.is_none() && range.bounds.iter().all(endless) && range.bounds.iter().any(from_the_start)
}
