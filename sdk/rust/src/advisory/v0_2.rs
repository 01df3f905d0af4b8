//! The host's advisory engine as of 0.2: one call tells which packages no database has heard of, and errors are cases.
//!
//! It asks for a host that speaks `chiron:advisory/db@0.2.0`. A component's world for it is `scanner-v2`.

pub use super::Score;
use crate::bindings::imports::chiron::advisory0_2_0::db;
pub use crate::bindings::imports::chiron::advisory0_2_0::db::{Candidate, Database, Error, Evaluation, Match, Which};

/// The pinned advisory databases.
pub trait AdvisoryDb {
    /// Which databases this step was given.
    fn databases(&self) -> Vec<Database>;
    /// For each purl, in order: false where no database has a record of that package, whatever its version. True
    /// otherwise, and wherever it cannot be told: `lookup` then says why.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: a database is broken.
    fn known(&self, purls: &[String]) -> Result<Vec<bool>, Error>;
    /// What the databases hold about a package, judged for the version in its purl.
    ///
    /// # Errors
    /// One case each: not a purl, not covered, unavailable. None of them is "nothing found".
    fn lookup(&self, purl: &str, which: Which) -> Result<Vec<Candidate>, Error>;
    /// The whole record, OSV JSON.
    ///
    /// # Errors
    /// [`Error::NotCovered`] for an id that the database does not hold.
    fn get(&self, database: &str, id: &str) -> Result<Vec<u8>, Error>;
}

/// The host's databases, as WIT imports. Only a component may call it.
#[derive(Debug, Clone, Copy)]
pub struct HostDb;

impl AdvisoryDb for HostDb {
    fn databases(&self) -> Vec<Database> {
        db::databases()
    }

    fn known(&self, purls: &[String]) -> Result<Vec<bool>, Error> {
        db::known(purls)
    }

    fn lookup(&self, purl: &str, which: Which) -> Result<Vec<Candidate>, Error> {
        db::lookup(purl, which)
    }

    fn get(&self, database: &str, id: &str) -> Result<Vec<u8>, Error> {
        db::get(database, id)
    }
}
