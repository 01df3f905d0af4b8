//! Why a database was not updated.

use std::io;
use std::path::{Path, PathBuf};

use chiron_advisories::ImportError;
use chiron_model::ecosystem::Ecosystem;

/// What a mirror did instead of giving an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The address that was asked.
    pub address: String,
    /// In words.
    pub reason: String,
}

/// The database is what it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// No mirror has it.
    #[error("no mirror gave the export of {ecosystem}{}", told(failures))]
    NoMirror {
        /// Which.
        ecosystem: Ecosystem,
        /// What each of them did.
        failures: Vec<Failure>,
    },
    /// Only some were asked for, and nothing is there to make the others of.
    #[error("the database holds records of {} that were not downloaded: they would be gone", list(ecosystems))]
    WouldLose {
        /// Which.
        ecosystems: Vec<Ecosystem>,
    },
    /// Records of the old database are in none of the exports.
    #[error("{count} records of the database are in none of the exports: {}", ids.join(", "))]
    Lost {
        /// How many.
        count: u64,
        /// The first of them.
        ids: Vec<String>,
    },
    /// An export that is cut down, or one of something else.
    #[error("the exports hold {new} records of {ecosystem}, and the database {old}")]
    Shrunk {
        /// Of which ecosystem.
        ecosystem: Ecosystem,
        /// Records now.
        old: u64,
        /// Records in the exports.
        new: u64,
    },
    /// An export without a record of its own ecosystem.
    #[error("the export of {ecosystem} holds no record of {ecosystem}")]
    NothingOf {
        /// Which.
        ecosystem: Ecosystem,
    },
    /// Files of the database's folder.
    #[error("failed to {action} {}: {reason}", path.display())]
    Io {
        /// "create", "write in".
        action: &'static str,
        /// What.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// The downloads cannot be imported.
    #[error("failed to make the database of the downloads: {0}")]
    Import(#[from] ImportError),
    /// What was made cannot be read.
    #[error("the new database cannot be used: {0}")]
    New(String),
}

impl UpdateError {
    pub(super) fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |error| Self::Io { action, path: path.to_owned(), reason: error.to_string() }
    }
}

fn told(failures: &[Failure]) -> String {
    failures.iter().map(|failure| format!("\n  {}: {}", failure.address, failure.reason)).collect()
}

fn list(ecosystems: &[Ecosystem]) -> String {
    let names: Vec<_> = ecosystems.iter().map(|ecosystem| ecosystem.osv_name()).collect();
    names.join(", ")
}
