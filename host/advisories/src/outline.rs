//! What a person needs of a whole record to know it again.

use std::collections::BTreeSet;

use crate::database::{Database, LookupError};
use crate::osv::Record;

/// A record, as far as lists of records show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) id: String,
    pub(crate) aliases: Vec<String>,
    /// RFC 3339, or what stands there.
    pub(crate) modified: String,
    pub(crate) withdrawn: bool,
    pub(crate) summary: String,
    /// (ecosystem, name) as the record writes them, sorted.
    pub(crate) packages: Vec<(String, String)>,
}

impl Outline {
    /// Reads one from a record as it was published.
    pub(crate) fn of(raw: &[u8]) -> Option<Self> {
        let record = Record::parse(raw).ok()?;
        let packages: BTreeSet<_> = record
            .affected
            .into_iter()
            .filter_map(|affected| affected.package)
            .map(|package| (package.ecosystem, package.name))
            .collect();
        let first_line = || record.details.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().to_owned();
        Some(Self {
            id: record.id,
            aliases: record.aliases,
            modified: record.modified,
            withdrawn: !record.withdrawn.is_empty(),
            summary: if record.summary.trim().is_empty() { first_line() } else { record.summary },
            packages: packages.into_iter().collect(),
        })
    }

    /// Its ecosystems, each once, without the release (`Debian:12`).
    pub(crate) fn ecosystems(&self) -> Vec<String> {
        let names = self.packages.iter().map(|(ecosystem, _)| ecosystem.split(':').next().unwrap_or_default());
        let names: BTreeSet<_> = names.collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// The whole record of an id that the index lists.
pub(crate) fn listed(database: &Database, id: &str) -> Result<Vec<u8>, LookupError> {
    database.raw(id)?.ok_or_else(|| LookupError::Damaged { what: format!("the record {id}") })
}

/// The outline of an id that the index lists.
pub(crate) fn outline(database: &Database, id: &str) -> Result<Outline, LookupError> {
    let damaged = || LookupError::Damaged { what: format!("the record {id}") };
    Outline::of(&listed(database, id)?).ok_or_else(damaged)
}
