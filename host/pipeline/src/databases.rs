//! Opening the advisory databases of a plan, and making sure that they are what they claim to be.

pub(crate) mod age;

use std::path::Path;
use std::sync::Arc;

use chiron_advisories::{Database, LookupError, OpenError};
use chiron_model::ecosystem::Ecosystem;
use chiron_model::purl::Purl;
use chiron_model::step::Failure;
use chiron_tools::Scratch;

use crate::event::{Observer, Work, Working};
use crate::plan::{DatabaseSource, Plan, PlannedDatabase};

/// Open databases. Temporary ones are deleted when this is dropped.
pub(crate) struct Databases {
    pub(crate) open: Arc<Vec<Database>>,
    /// For each of them, whether its silence means anything.
    covering: Vec<bool>,
    _temporary: Vec<Temporary>,
}

impl Databases {
    /// Whether anybody collected what is known about a package's ecosystem, and its release of a distribution. A folder of
    /// private records beside a real database adds to what is known, and is never all of it; alone, it is what the
    /// operator judges by.
    ///
    /// # Errors
    /// Why the last database that was asked cannot know; None if there is nobody to ask.
    pub(crate) fn coverage(&self, purl: &Purl) -> Result<Ecosystem, Option<LookupError>> {
        let mut refusal = None;
        for (database, _) in self.open.iter().zip(&self.covering).filter(|(_, covering)| **covering) {
            match database.coverage(purl) {
                Ok(ecosystem) => return Ok(ecosystem),
                Err(error) => refusal = Some(error),
            }
        }
        Err(refusal)
    }
}

#[cfg(test)]
impl Databases {
    /// Databases of these records, by name and in order; the first `private` of them are private.
    pub(crate) fn of(all: &[(&str, &[String])], private: usize) -> Self {
        let open = all.iter().map(|(name, records)| {
            let folder = tempfile::tempdir().unwrap();
            for (number, record) in records.iter().enumerate() {
                std::fs::write(folder.path().join(format!("{number}.json")), record).unwrap();
            }
            let index = folder.path().join("db");
            let _ = chiron_advisories::import(&[folder.path().to_owned()], &index, &|_| {}).unwrap();
            // What is mapped stays when the folder is gone.
            Database::open(&index, name).unwrap()
        });
        let covering = (0..all.len()).map(|place| place >= private).collect();
        Self { open: Arc::new(open.collect()), covering, _temporary: Vec::new() }
    }
}

/// A folder that is gone when this is dropped.
enum Temporary {
    /// Also when the process is killed: the next run sweeps it.
    Swept(Scratch),
    /// Where this user has no place of its own to keep things.
    Plain(tempfile::TempDir),
}

impl Temporary {
    fn new(scratch: &Path) -> std::io::Result<Self> {
        // What cannot be swept now is swept another time.
        let _ = Scratch::sweep(scratch);
        match Scratch::new(scratch) {
            Ok(folder) => Ok(Self::Swept(folder)),
            Err(_) => tempfile::tempdir().map(Self::Plain),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Swept(folder) => folder.path(),
            Self::Plain(folder) => folder.path(),
        }
    }
}

/// Opens every database of the plan, in order. One that is missing or damaged fails all: a scan of what is left would
/// call things clean that are not. Records are indexed below `scratch`.
pub(crate) fn open(plan: &Plan, scratch: &Path) -> Result<Databases, Failure> {
    let (mut open, mut temporary) = (Vec::new(), Vec::new());
    for planned in &plan.databases {
        let (database, folder) = open_one(planned, scratch)?;
        if let Some(pinned) = planned.pinned.as_ref().filter(|pinned| **pinned != database.id().digest) {
            return Err(Failure {
                code: "database-not-as-locked".to_owned(),
                message: format!(
                    "the database `{}` is {}, and chiron.lock pins {pinned}",
                    planned.name,
                    database.id().digest
                ),
                hint: Some("if the change is meant: run `chiron lock`".to_owned()),
            });
        }
        open.push(database);
        temporary.extend(folder);
    }
    let is_index = |planned: &PlannedDatabase| matches!(planned.source, DatabaseSource::Index(_));
    let any_index = plan.databases.iter().any(is_index);
    let covering = plan.databases.iter().map(|planned| is_index(planned) || !any_index).collect();
    Ok(Databases { open: Arc::new(open), covering, _temporary: temporary })
}

fn open_one(planned: &PlannedDatabase, scratch: &Path) -> Result<(Database, Option<Temporary>), Failure> {
    match &planned.source {
        DatabaseSource::Index(folder) => {
            Database::open(folder, &planned.name).map(|database| (database, None)).map_err(|error| explain(&error))
        }
        DatabaseSource::Nowhere => {
            Err(missing("no folder for the advisory database is known: HOME is not set".to_owned()))
        }
        DatabaseSource::Records(records) => {
            let failed = |reason: String| Failure {
                code: "database-records".to_owned(),
                message: format!("failed to index the records in {}: {reason}", records.display()),
                hint: Some("`records` is a folder or file of OSV records (JSON or zip)".to_owned()),
            };
            let folder = Temporary::new(scratch).map_err(|error| failed(error.to_string()))?;
            let summary = chiron_advisories::import(std::slice::from_ref(records), folder.path(), &|_| {})
                .map_err(|error| failed(error.to_string()))?;
            if let Some(first) = summary.reasons.first() {
                // Records that a person keeps beside a pipeline are all meant to be read.
                let place = first.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                return Err(failed(format!("{place}: {}", first.reason)));
            }
            let database = Database::open(folder.path(), &planned.name).map_err(|error| explain(&error))?;
            Ok((database, Some(folder)))
        }
    }
}

/// Compares every byte with the digest that reports name, on threads of its own, while steps run.
pub(crate) fn verify(
    databases: &Databases,
    observer: &Arc<dyn Observer>,
) -> tokio::task::JoinHandle<Result<(), Failure>> {
    let (open, observer) = (Arc::clone(&databases.open), Arc::clone(observer));
    tokio::task::spawn_blocking(move || {
        let mut verifying = Working::on(Work::VerifyDatabases, &*observer);
        let verified = open.iter().try_for_each(|database| database.verify().map_err(|error| explain(&error)));
        verified.inspect_err(|failure| verifying.failed(&failure.code))
    })
}

fn missing(message: String) -> Failure {
    let hint = "make one: chiron db update (from osv.dev), or chiron db import PATH… (exports and OSV records), or name one with --db".to_owned();
    Failure { code: "database-missing".to_owned(), message, hint: Some(hint) }
}

fn explain(error: &OpenError) -> Failure {
    match error {
        OpenError::Missing { .. } => missing(error.to_string()),
        OpenError::Unreadable { source, .. } => {
            Failure { code: "database-unreadable".to_owned(), message: format!("{error}: {source}"), hint: None }
        }
        OpenError::NotADatabase { .. }
        | OpenError::OtherVersion { .. }
        | OpenError::Truncated { .. }
        | OpenError::Damaged { .. } => Failure {
            code: "database-damaged".to_owned(),
            message: error.to_string(),
            hint: Some("make it anew: chiron db update, or chiron db import PATH…".to_owned()),
        },
    }
}
