//! The pinned databases, in order, as the one engine that plugins see.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chiron_advisories::{Database, Event};
use chiron_model::advisory::{Candidate, DatabaseId, Evaluation, Which};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use chiron_model::report::Note;
use chiron_sandbox::powers::{self, PowerError, RangeEvent, VersionError};

/// Databases, and what a report must say about how they were asked.
pub(crate) struct Engine {
    databases: Arc<Vec<Database>>,
    notes: Mutex<BTreeSet<Note>>,
}

impl Engine {
    pub(crate) fn new(databases: Arc<Vec<Database>>) -> Self {
        Self { databases, notes: Mutex::default() }
    }

    /// Remarks that lookups left: local version labels that alone kept a component out of a range.
    pub(crate) fn notes(&self) -> Vec<Note> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn note_local_label(&self, purl: &Purl, candidates: &[Candidate]) {
        for candidate in candidates {
            if let Evaluation::Unaffected { note: Some(text) } = &candidate.evaluation {
                let message = format!("{purl}: not affected by {}: {text}", candidate.id);
                self.note("local-version", message);
            }
        }
    }
}

impl Engine {
    /// Whether an earlier database holds a record of the same id that takes this one back: withdrawn, or about the same
    /// package without this version. The earliest that speaks of the package decides; one that cannot tell takes nothing
    /// back, and neither does an alias. What is taken back is noted, never silently gone.
    fn is_overruled(&self, place: usize, purl: &Purl, candidate: &Candidate) -> Result<bool, PowerError> {
        if matches!(candidate.evaluation, Evaluation::Unaffected { .. }) || candidate.withdrawn {
            return Ok(false);
        }
        let all = Which { affected: true, unknown: true, unaffected: true, withdrawn: true };
        for earlier in self.databases[..place].iter().filter(|earlier| earlier.holds(&candidate.id)) {
            let said = match earlier.lookup(purl, all) {
                Ok(said) => said.into_iter().find(|said| said.id == candidate.id),
                Err(error) if error.is_not_covered() => None,
                Err(error) => return Err(PowerError::Unavailable(error.to_string())),
            };
            let Some(said) = said else { continue };
            let how = match (said.withdrawn, &said.evaluation) {
                (true, _) => "withdraws it",
                (false, Evaluation::Unaffected { .. }) => "says that this version is not affected",
                (false, Evaluation::Affected(_) | Evaluation::Unknown(_)) => return Ok(false),
            };
            let message = format!(
                "{purl}: {} of `{}` does not count: `{}` {how}",
                candidate.id, candidate.database, said.database
            );
            self.note("overruled", message);
            return Ok(true);
        }
        Ok(false)
    }

    fn note(&self, code: &str, message: String) {
        let note = Note { code: code.to_owned(), message };
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).insert(note);
    }
}

/// Whether candidates of this kind were asked for.
fn wanted(candidate: &Candidate, which: Which) -> bool {
    match candidate.evaluation {
        Evaluation::Affected(_) => which.affected,
        Evaluation::Unknown(_) => which.unknown,
        Evaluation::Unaffected { .. } => which.unaffected,
    }
}

impl powers::Advisories for Engine {
    fn databases(&self) -> Vec<DatabaseId> {
        self.databases.iter().map(|database| database.id().clone()).collect()
    }

    fn lookup(&self, purl: &Purl, which: Which) -> Result<Vec<Candidate>, PowerError> {
        let mut found = Vec::new();
        let mut refusal = None;
        let mut covered = false;
        // Only a version with a local label can leave the note, so only those pay for looking at what does not apply.
        let local =
            Ecosystem::of(purl) == Some(Ecosystem::PyPi) && purl.version().is_some_and(|version| version.contains('+'));
        let asked = Which { unaffected: which.unaffected || local, ..which };
        for (place, database) in self.databases.iter().enumerate() {
            match database.lookup(purl, asked) {
                Ok(candidates) => {
                    covered = true;
                    for candidate in candidates {
                        if !self.is_overruled(place, purl, &candidate)? {
                            found.push(candidate);
                        }
                    }
                }
                Err(error) if error.is_not_covered() => refusal = Some(error),
                Err(error) => return Err(PowerError::Unavailable(error.to_string())),
            }
        }
        if local {
            self.note_local_label(purl, &found);
            found.retain(|candidate| wanted(candidate, which));
        }
        match refusal {
            Some(error) if !covered => Err(PowerError::BadInput(error.to_string())),
            _ => Ok(found),
        }
    }

    fn get(&self, database: &str, id: &str) -> Result<Vec<u8>, PowerError> {
        let unknown = || PowerError::BadInput(format!("the database `{database}` holds no record `{id}`"));
        let found = self.databases.iter().find(|known| known.id().name == database).ok_or_else(unknown)?;
        found.raw(id).map_err(|error| PowerError::Unavailable(error.to_string()))?.ok_or_else(unknown)
    }

    fn compare(&self, ecosystem: &str, left: &str, right: &str) -> Result<std::cmp::Ordering, VersionError> {
        chiron_advisories::compare(known(ecosystem)?, left, right).map_err(version_error)
    }

    fn contains(&self, ecosystem: &str, version: &str, events: &[RangeEvent]) -> Result<bool, VersionError> {
        let events: Vec<_> = events.iter().map(event).collect();
        chiron_advisories::contains(known(ecosystem)?, version, &events).map_err(version_error)
    }
}

fn known(ecosystem: &str) -> Result<Ecosystem, VersionError> {
    Ecosystem::from_osv_name(ecosystem).ok_or_else(|| VersionError::UnknownEcosystem(ecosystem.to_owned()))
}

fn event(event: &RangeEvent) -> Event {
    match event {
        RangeEvent::Introduced(version) => Event::Introduced(version.clone()),
        RangeEvent::Fixed(version) => Event::Fixed(version.clone()),
        RangeEvent::LastAffected(version) => Event::LastAffected(version.clone()),
        RangeEvent::Limit(version) => Event::Limit(version.clone()),
    }
}

fn version_error(error: chiron_advisories::VersionError) -> VersionError {
    VersionError::NotAVersion(error.to_string())
}

#[cfg(test)]
mod tests;
