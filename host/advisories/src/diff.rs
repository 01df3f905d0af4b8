//! What is different between two databases: by records, as they were published.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::Value;

use crate::database::{Database, LookupError};
use crate::outline::{Outline, listed, outline};

/// In what way a record differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DifferenceOf {
    /// Only the new one holds it.
    Added,
    /// Only the old one holds it.
    Removed,
    /// The new one calls it withdrawn, and the old one did not.
    Withdrawn,
    /// The other way round.
    Reinstated,
    /// Anything else that it says.
    Changed,
}

impl DifferenceOf {
    /// Every way, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Added, Self::Removed, Self::Withdrawn, Self::Reinstated, Self::Changed];

    /// The word in documents.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Withdrawn => "withdrawn",
            Self::Reinstated => "reinstated",
            Self::Changed => "changed",
        }
    }
}

/// A record that differs. What it is about is read from the new database, from the old one where it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How.
    pub what: DifferenceOf,
    /// Of the record.
    pub id: String,
    /// Its ecosystems, each once, without the release (`Debian:12`).
    pub ecosystems: Vec<String>,
    /// Its packages by name, each once, sorted.
    pub packages: Vec<String>,
    /// One line.
    pub summary: String,
}

/// Everything that is different.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Sorted by id.
    pub changes: Vec<Change>,
    /// Records that say the same in both. The order of JSON's keys does not count.
    pub same: u64,
}

impl Difference {
    /// How many records differ in each way, by ecosystem. A record about two ecosystems counts in both.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&str, BTreeMap<DifferenceOf, u64>> {
        let mut counts: BTreeMap<&str, BTreeMap<DifferenceOf, u64>> = BTreeMap::new();
        for change in &self.changes {
            for ecosystem in &change.ecosystems {
                *counts.entry(ecosystem).or_default().entry(change.what).or_default() += 1;
            }
        }
        counts
    }

    /// How many records differ in this way.
    #[must_use]
    pub fn count(&self, what: DifferenceOf) -> usize {
        self.changes.iter().filter(|change| change.what == what).count()
    }
}

/// Compares two databases, record by record.
///
/// # Errors
/// [`LookupError::Damaged`], whichever of them it is.
pub fn diff(old: &Database, new: &Database) -> Result<Difference, LookupError> {
    let mut ids = old.ids()?;
    ids.extend(new.ids()?);
    ids.sort_unstable();
    ids.dedup();
    let compared: Vec<Option<Change>> = ids.par_iter().map(|id| compare(old, new, id)).collect::<Result<_, _>>()?;
    let same = compared.iter().filter(|change| change.is_none()).count() as u64;
    Ok(Difference { changes: compared.into_iter().flatten().collect(), same })
}

fn compare(old: &Database, new: &Database, id: &str) -> Result<Option<Change>, LookupError> {
    match (old.holds(id), new.holds(id)) {
        (_, false) => Ok(Some(change(DifferenceOf::Removed, outline(old, id)?))),
        (false, true) => Ok(Some(change(DifferenceOf::Added, outline(new, id)?))),
        (true, true) => {
            let (before, now) = (listed(old, id)?, listed(new, id)?);
            if before == now || same_json(&before, &now) {
                return Ok(None);
            }
            let (before, now) = (outline(old, id)?, outline(new, id)?);
            let what = match (before.withdrawn, now.withdrawn) {
                (false, true) => DifferenceOf::Withdrawn,
                (true, false) => DifferenceOf::Reinstated,
                (true, true) | (false, false) => DifferenceOf::Changed,
            };
            Ok(Some(change(what, now)))
        }
    }
}

fn same_json(left: &[u8], right: &[u8]) -> bool {
    let read = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    read(left).is_some_and(|left| read(right).is_some_and(|right| left == right))
}

fn change(what: DifferenceOf, outline: Outline) -> Change {
    let ecosystems = outline.ecosystems();
    let mut packages: Vec<_> = outline.packages.into_iter().map(|(_, name)| name).collect();
    packages.sort();
    packages.dedup();
    Change { what, id: outline.id, ecosystems, packages, summary: outline.summary }
}
