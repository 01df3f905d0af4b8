//! What the index keeps of a record: one row for each package the record names.
//!
//! The text type is a parameter: rows are written with `String` and read back with `&str` that point into the map,
//! so that a lookup allocates for the lists only. Both have one encoding (postcard).

use serde::{Deserialize, Serialize};

/// A record as far as it concerns one package. Its bytes are those of the reach, then those of the notice, so that a
/// record that does not apply is never read further than the reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row<S> {
    pub(crate) reach: Reach<S>,
    pub(crate) notice: Notice<S>,
}

/// What a record says about the versions of one package.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reach<S> {
    pub(crate) withdrawn: bool,
    /// The record's `affected` entries for this package, in the record's order.
    pub(crate) entries: Vec<Entry<S>>,
}

/// What a record says beside that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice<S> {
    pub(crate) id: S,
    pub(crate) modified: S,
    pub(crate) published: Option<S>,
    pub(crate) category: S,
    pub(crate) summary: S,
    pub(crate) url: Option<S>,
    /// Sorted.
    pub(crate) aliases: Vec<S>,
    pub(crate) ratings: Vec<Rating<S>>,
    /// What its publisher says of this package in fields of its own, as properties of a finding.
    pub(crate) facts: Vec<(S, S)>,
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
    /// What of the release it is about, where it is not simply the release ([`chiron_model::ecosystem::Release`]).
    pub(crate) channel: S,
    /// Ranges in the ecosystem's order. GIT ranges are left out: they may stand anywhere among the others.
    pub(crate) ranges: Vec<Range<S>>,
    /// The listed versions, but for those that a range of this entry contains: a range is asked first, so they would
    /// never decide. They are most of what records list.
    pub(crate) listed: Vec<Listed<S>>,
    /// Whether GIT ranges were left out.
    pub(crate) has_commits: bool,
}

/// Keys (`version::list_key`) of one length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed<S> {
    /// Length of each key, in bytes.
    pub(crate) width: u32,
    /// The keys, sorted, without anything between them: one text to read, and a binary search in it.
    pub(crate) keys: S,
}

/// One range of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Range<S> {
    /// Its place in the entry's `ranges`.
    pub(crate) place: u32,
    /// By their points, those without one first; of one point, in the record's order. At one version that order says
    /// whether a fix there ends the range before it or the one that begins with it.
    pub(crate) bounds: Vec<Bound<S>>,
    /// What is wrong with it by the OSV schema; such a range never decides.
    pub(crate) defect: Option<S>,
}

/// One event of a range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bound<S> {
    pub(crate) edge: Edge,
    /// As the record has it.
    pub(crate) text: S,
    /// Its place in the order of keys; None where the text has no order.
    pub(crate) point: Option<S>,
}

/// What happens at a bound (OSV schema, `affected[].ranges[].events`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Edge {
    Introduced,
    Fixed,
    LastAffected,
    Limit,
}
