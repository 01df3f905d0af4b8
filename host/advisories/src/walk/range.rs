//! One range in words.

use chiron_model::ecosystem::Ecosystem;

use crate::evaluate::range_holds;
use crate::row::{Bound, Edge, Range};
use crate::version::VersionError;

/// A range, and where the version stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkedRange {
    /// Its place in the entry's `ranges`.
    pub place: usize,
    /// What it contains: `>= 1.0, < 1.4.2`.
    pub words: String,
    /// Where the version stands.
    pub position: Position,
}

/// Where a version stands in a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// In it, between which events.
    Inside(String),
    /// Not in it, and why.
    Outside(String),
    /// Nobody can tell, and why.
    CannotTell(String),
    /// No version was asked about.
    NotAsked,
}

/// A stretch of versions: from one event to the next that ends it.
struct Stretch<'a> {
    from: &'a Bound<String>,
    to: Option<&'a Bound<String>>,
}

/// The version that is asked about: its text, and its key where it has a place in the order.
type Asked<'a> = (&'a str, Result<String, VersionError>);

impl WalkedRange {
    pub(super) fn told(place: usize, words: &str, position: Position) -> Self {
        Self { place, words: words.to_owned(), position }
    }

    pub(super) fn of(ecosystem: Ecosystem, place: usize, range: &Range<String>, asked: Option<Asked<'_>>) -> Self {
        let stretches = stretches(&range.bounds);
        let position = match (&range.defect, asked) {
            (Some(defect), _) => Position::CannotTell(format!("the OSV schema does not allow it: {defect}")),
            (None, None) => Position::NotAsked,
            (None, Some((text, Ok(key)))) => match range_holds(ecosystem, range, &key) {
                Ok(true) => Position::Inside(inside(text, &key, &stretches)),
                Ok(false) => Position::Outside(outside(text, &key, &stretches)),
                Err(reason) => Position::CannotTell(reason),
            },
            (None, Some((text, Err(_)))) if is_endless(&stretches) => {
                Position::Inside(format!("{text} is inside, as every version is"))
            }
            (None, Some((_, Err(error)))) => Position::CannotTell(format!("{error}, so that nothing can be compared")),
        };
        Self { place, words: words(&range.bounds, &stretches), position }
    }
}

/// The bounds are sorted, so that the next end belongs to the last beginning.
fn stretches(bounds: &[Bound<String>]) -> Vec<Stretch<'_>> {
    let mut stretches: Vec<Stretch<'_>> = Vec::new();
    for bound in bounds {
        let open = stretches.last_mut().filter(|stretch| stretch.to.is_none());
        match (bound.edge, open) {
            (Edge::Introduced, None) => stretches.push(Stretch { from: bound, to: None }),
            (Edge::Fixed | Edge::LastAffected, Some(open)) => open.to = Some(bound),
            (Edge::Introduced, Some(_)) | (Edge::Fixed | Edge::LastAffected, None) | (Edge::Limit, _) => {}
        }
    }
    stretches
}

fn is_endless(stretches: &[Stretch<'_>]) -> bool {
    matches!(stretches, [Stretch { from, to: None }] if from.text == "0")
}

fn words(bounds: &[Bound<String>], stretches: &[Stretch<'_>]) -> String {
    let told: Vec<_> = stretches.iter().map(stretch_words).collect();
    let told = if told.is_empty() { "no version".to_owned() } else { told.join(", or ") };
    let limits: Vec<_> =
        bounds.iter().filter(|bound| bound.edge == Edge::Limit && bound.text != "*").map(|b| b.text.as_str()).collect();
    if limits.is_empty() { told } else { format!("{told}; only below {}", limits.join(" or ")) }
}

fn stretch_words(Stretch { from, to }: &Stretch<'_>) -> String {
    let from = Some(&from.text).filter(|text| *text != "0").map(|text| format!(">= {text}"));
    let to = to.map(|bound| match bound.edge {
        Edge::LastAffected => format!("<= {}", bound.text),
        Edge::Introduced | Edge::Fixed | Edge::Limit => format!("< {}", bound.text),
    });
    match (from, to) {
        (None, None) => "every version".to_owned(),
        (Some(from), None) => format!("{from}, with no known end"),
        (None, Some(to)) => to,
        (Some(from), Some(to)) => format!("{from}, {to}"),
    }
}

fn point(bound: &Bound<String>) -> &str {
    bound.point.as_deref().unwrap_or_default()
}

fn inside(text: &str, key: &str, stretches: &[Stretch<'_>]) -> String {
    let begun = stretches.iter().rev().find(|stretch| key >= point(stretch.from));
    let Some(Stretch { from, to }) = begun else { return format!("{text} is inside") };
    let end = match to {
        None => "no fix known".to_owned(),
        Some(bound) if bound.edge == Edge::LastAffected => format!("last affected {}", bound.text),
        Some(bound) => format!("fixed {}", bound.text),
    };
    format!("{text} is inside: introduced {}, {end}", from.text)
}

fn outside(text: &str, key: &str, stretches: &[Stretch<'_>]) -> String {
    let next = stretches.iter().find(|stretch| key < point(stretch.from));
    let ended = stretches.iter().rev().find(|stretch| key >= point(stretch.from)).and_then(|stretch| stretch.to);
    let ended = ended.map(|bound| match bound.edge {
        Edge::LastAffected => format!("{text} is after the last affected version {}", bound.text),
        Edge::Introduced | Edge::Fixed | Edge::Limit => format!("{text} is not before the fix {}", bound.text),
    });
    match (ended, next) {
        (Some(ended), Some(next)) => format!("{ended}, and before {}, where it came back", next.from.text),
        (Some(ended), None) => ended,
        (None, Some(next)) => format!("{text} is before {}, where it was introduced", next.from.text),
        (None, None) => format!("{text} is outside of what the range is limited to"),
    }
}
