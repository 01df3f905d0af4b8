//! What the index keeps of a record: one row for each package the record names.
//!
//! The text type is a parameter: rows are written with `String` and read back with `&str` that point into the map,
//! so that a lookup allocates for the lists only. Both have one encoding (postcard).

use serde::{Deserialize, Serialize};

/// A record as far as it concerns one package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row<S> {
    pub(crate) id: S,
    pub(crate) modified: S,
    pub(crate) published: Option<S>,
    pub(crate) withdrawn: bool,
    pub(crate) category: S,
    pub(crate) summary: S,
    pub(crate) url: Option<S>,
    /// Sorted.
    pub(crate) aliases: Vec<S>,
    pub(crate) ratings: Vec<Rating<S>>,
    /// The record's `affected` entries for this package, in the record's order.
    pub(crate) entries: Vec<Entry<S>>,
}

/// A severity, with its score computed at import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rating<S> {
    pub(crate) system: S,
    pub(crate) vector: S,
    pub(crate) value: Option<f64>,
}

/// One `affected` entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry<S> {
    /// Its place in the record's `affected`.
    pub(crate) place: u32,
    /// Ranges in the ecosystem's order. GIT ranges are left out: they may stand anywhere among the others.
    pub(crate) ranges: Vec<Range<S>>,
    /// Keys of the listed versions (`version::list_key`), sorted for a binary search.
    pub(crate) versions: Vec<S>,
    /// Whether GIT ranges were left out.
    pub(crate) has_commits: bool,
}

/// One range of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range<S> {
    /// Its place in the entry's `ranges`.
    pub(crate) place: u32,
    /// In the record's order.
    pub(crate) bounds: Vec<Bound<S>>,
    /// What is wrong with it by the OSV schema; such a range never decides.
    pub(crate) defect: Option<S>,
}

/// One event of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bound<S> {
    Introduced(S),
    Fixed(S),
    LastAffected(S),
    Limit(S),
}
