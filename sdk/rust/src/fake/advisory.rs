//! An advisory database whose answers the test states.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::PluginError;
use crate::advisory::{AdvisoryDb, Candidate, Database, Evaluation, Match, Which};

/// Answers lookups by purl. A purl that was not stated has no candidates.
#[derive(Debug, Default)]
pub struct FakeDatabase {
    answers: BTreeMap<String, Result<Vec<Candidate>, PluginError>>,
    records: BTreeMap<String, Vec<u8>>,
    lookups: RefCell<Vec<String>>,
}

impl FakeDatabase {
    /// One that covers everything, and holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// States a candidate for a purl.
    #[must_use]
    pub fn with(mut self, purl: &str, candidate: Candidate) -> Self {
        if let Ok(candidates) = self.answers.entry(purl.to_owned()).or_insert_with(|| Ok(Vec::new())) {
            candidates.push(candidate);
        }
        self
    }

    /// States that a lookup of this purl fails.
    #[must_use]
    pub fn failing(mut self, purl: &str, error: PluginError) -> Self {
        self.answers.insert(purl.to_owned(), Err(error));
        self
    }

    /// States the whole record behind an id.
    #[must_use]
    pub fn record(mut self, id: &str, json: &str) -> Self {
        self.records.insert(id.to_owned(), json.as_bytes().to_vec());
        self
    }

    /// Every purl that was looked up, in order.
    #[must_use]
    pub fn lookups(&self) -> Vec<String> {
        self.lookups.borrow().clone()
    }
}

impl AdvisoryDb for FakeDatabase {
    fn databases(&self) -> Vec<Database> {
        vec![Database { name: "fake".to_owned(), digest: String::new(), built_at: "2026-01-01T00:00:00Z".to_owned() }]
    }

    fn lookup(&self, purl: &str, which: Which) -> Result<Vec<Candidate>, PluginError> {
        self.lookups.borrow_mut().push(purl.to_owned());
        let candidates = self.answers.get(purl).cloned().unwrap_or_else(|| Ok(Vec::new()))?;
        Ok(candidates.into_iter().filter(|candidate| asked_for(candidate, which)).collect())
    }

    fn get(&self, _database: &str, id: &str) -> Result<Vec<u8>, PluginError> {
        self.records.get(id).cloned().ok_or_else(|| PluginError::BadInput(format!("no record `{id}`")))
    }
}

fn asked_for(candidate: &Candidate, which: Which) -> bool {
    if candidate.withdrawn && !which.contains(Which::WITHDRAWN) {
        return false;
    }
    which.contains(match candidate.evaluation {
        Evaluation::Affected(_) => Which::AFFECTED,
        Evaluation::Unaffected => Which::UNAFFECTED,
        Evaluation::Unknown(_) => Which::UNKNOWN,
    })
}

/// A candidate that affects the version asked about, fixed in `fixed` ("" for no fix), without a score.
#[must_use]
pub fn candidate(id: &str, fixed: &str) -> Candidate {
    let fixed = if fixed.is_empty() { Vec::new() } else { vec![fixed.to_owned()] };
    Candidate {
        database: "fake".to_owned(),
        id: id.to_owned(),
        aliases: Vec::new(),
        modified: "2026-01-01T00:00:00Z".to_owned(),
        withdrawn: false,
        category: "vulnerability".to_owned(),
        summary: String::new(),
        scores: Vec::new(),
        evaluation: Evaluation::Affected(Match { fixed, last_affected: None, matched_by: "range 0".to_owned() }),
        properties: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_only_what_was_asked_for() {
        let withdrawn = Candidate { withdrawn: true, ..candidate("W", "") };
        let unknown = Candidate { evaluation: Evaluation::Unknown("no order".to_owned()), ..candidate("U", "") };
        let db = FakeDatabase::new().with("p", candidate("A", "2")).with("p", withdrawn).with("p", unknown);
        let ids = |which| db.lookup("p", which).unwrap().into_iter().map(|c| c.id).collect::<Vec<_>>();
        assert_eq!(ids(Which::AFFECTED), ["A"]);
        assert_eq!(ids(Which::AFFECTED | Which::UNKNOWN | Which::WITHDRAWN), ["A", "W", "U"]);
        assert_eq!(db.lookups(), ["p", "p"]);
    }
}
