//! The host's advisory engine, as scanners see it: databases, version orders and range evaluation are the host's.

pub mod v0_2;

use crate::PluginError;
pub use crate::bindings::imports::chiron::advisory0_1_0::db::{Candidate, Database, Evaluation, Match, Which};
pub use crate::bindings::imports::chiron::advisory0_1_0::types::Score;
pub use crate::bindings::imports::chiron::advisory0_1_0::versions::{Error as VersionError, Event, Order};
use crate::bindings::imports::chiron::advisory0_1_0::{db, versions};

/// The pinned advisory databases.
pub trait AdvisoryDb {
    /// Which databases this step was given.
    fn databases(&self) -> Vec<Database>;
    /// What the databases hold about a package, judged for the version in its purl.
    ///
    /// # Errors
    /// [`PluginError::BadInput`]: no database covers this ecosystem, or the purl cannot be read.
    /// [`PluginError::Unavailable`] and any other: a database is broken, and "nothing found" would be a lie.
    fn lookup(&self, purl: &str, which: Which) -> Result<Vec<Candidate>, PluginError>;
    /// The whole record, OSV JSON.
    ///
    /// # Errors
    /// The host's, e.g. for an id the database does not hold.
    fn get(&self, database: &str, id: &str) -> Result<Vec<u8>, PluginError>;
}

/// Version orders, for scanners with data of their own.
pub trait Versions {
    /// Compares two versions by the ecosystem's order.
    ///
    /// # Errors
    /// For an ecosystem or a version that the host cannot order.
    fn compare(&self, ecosystem: &str, left: &str, right: &str) -> Result<Order, VersionError>;
    /// Whether a version lies in the set that OSV events (in any order) describe.
    ///
    /// # Errors
    /// For an ecosystem or a version that the host cannot order.
    fn contains(&self, ecosystem: &str, version: &str, events: &[Event]) -> Result<bool, VersionError>;
}

/// The host's databases, as WIT imports. Only a component may call it.
#[derive(Debug, Clone, Copy)]
pub struct HostDb;

impl AdvisoryDb for HostDb {
    fn databases(&self) -> Vec<Database> {
        db::databases()
    }

    fn lookup(&self, purl: &str, which: Which) -> Result<Vec<Candidate>, PluginError> {
        db::lookup(purl, which)
    }

    fn get(&self, database: &str, id: &str) -> Result<Vec<u8>, PluginError> {
        db::get(database, id)
    }
}

/// The host's version orders, as WIT imports. Only a component may call it.
#[derive(Debug, Clone, Copy)]
pub struct HostVersions;

impl Versions for HostVersions {
    fn compare(&self, ecosystem: &str, left: &str, right: &str) -> Result<Order, VersionError> {
        versions::compare(ecosystem, left, right)
    }

    fn contains(&self, ecosystem: &str, version: &str, events: &[Event]) -> Result<bool, VersionError> {
        versions::contains(ecosystem, version, events)
    }
}
