//! Import: from OSV records as osv.dev exports them to a database.
//!
//! An import replaces the database by what the paths hold. It reads everything before it writes anything, and what
//! it writes depends on the records alone: not on their order, the names of their files, or the time.

mod archive;
mod gather;
mod source;

use std::io;
use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use chiron_model::ecosystem::Ecosystem;

pub use self::archive::check_archive;
use self::gather::Gathered;
use crate::index::FILE_NAME;
use crate::index::write::{LOCK, sync_dir, write};

/// Most reasons kept for records that could not be read. All are counted; a person reads the first few.
pub const REASONS_MAX: usize = 100;

/// Most inflated bytes one import reads. All of osv.dev is below 16 GiB; beyond this an archive is a bomb.
pub const INFLATED_BYTES_MAX: u64 = 64 * 1024 * 1024 * 1024;

/// How far an import is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Records of one archive or folder are being read.
    Reading {
        /// The path as found.
        source: PathBuf,
        /// Read so far.
        done: u64,
        /// All of them.
        total: u64,
    },
    /// Everything is read and is being written.
    Writing {
        /// How many records.
        records: u64,
    },
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportSummary {
    /// Digest of the new database.
    pub digest: Digest,
    /// The newest `modified` among its records, RFC 3339.
    pub built_at: String,
    /// Records in the database.
    pub records: u64,
    /// Those among them that are withdrawn.
    pub withdrawn: u64,
    /// Packages they are about.
    pub packages: u64,
    /// Records by ecosystem; a record about two counts in both.
    pub ecosystems: Vec<(Ecosystem, u64)>,
    /// Records left out because no version order is known for any of their ecosystems, by ecosystem as the records
    /// name it (without the release: `Debian`), sorted. Records that name no package at all stand under `(none)`.
    pub skipped: Vec<(String, u64)>,
    /// Records met more than once; the newest `modified` of each was kept.
    pub duplicates: u64,
    /// JSON files met in folders that are something else than records, e.g. the manifest of a mirror.
    pub ignored: u64,
    /// Records that could not be read.
    pub malformed: u64,
    /// Why, for the first [`REASONS_MAX`] of them.
    pub reasons: Vec<Malformed>,
    /// Size of the database file.
    pub bytes: u64,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The file or archive.
    pub file: PathBuf,
    /// The archive's member, where it is one.
    pub member: Option<String>,
    /// What is wrong.
    pub reason: String,
}

/// Why an import failed. The database, if there was one, is what it was before.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A path that was given, or something in it, cannot be read.
    #[error("could not read `{}`", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An archive is broken as a whole. Its ecosystem would be missing without a word, so nothing is imported.
    #[error("`{}` is not a readable zip archive: {reason}", path.display())]
    Archive {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The records inflate to more than [`INFLATED_BYTES_MAX`].
    #[error("`{}` inflates to more than {INFLATED_BYTES_MAX} bytes with what was read before it", path.display())]
    TooLarge {
        /// The archive that went over.
        path: PathBuf,
    },
    /// Not one record could be used; an empty database would call everything clean.
    #[error("no usable record found ({malformed} malformed, {skipped} of ecosystems without a version order)")]
    NoRecords {
        /// Records that could not be read.
        malformed: u64,
        /// Records of other ecosystems.
        skipped: u64,
        /// Why, for the first of them.
        reasons: Vec<Malformed>,
    },
    /// The database could not be written.
    #[error("could not write the database in `{}`: {reason}", dir.display())]
    Write {
        /// The folder.
        dir: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// Reads OSV records and replaces the database in `dir` by them.
///
/// A path is a folder (searched for `*.zip` and `*.json`, e.g. osv.dev's `ECOSYSTEM/all.zip`), a zip archive of
/// records, or one record. A record that cannot be read is counted and named, and the import goes on. `progress` is
/// called from this thread now and then.
///
/// # Errors
/// [`ImportError`]; nothing is replaced then.
pub fn import(paths: &[PathBuf], dir: &Path, progress: &dyn Fn(Progress)) -> Result<ImportSummary, ImportError> {
    let mut gathered = Gathered::default();
    for source in source::find(paths)? {
        gathered.read(&source, progress)?;
    }
    let found = gathered.finish();
    if found.records.is_empty() {
        return Err(ImportError::NoRecords {
            malformed: found.malformed,
            skipped: found.skipped.iter().map(|(_, count)| count).sum(),
            reasons: found.reasons,
        });
    }
    let records = found.records.len() as u64;
    progress(Progress::Writing { records });
    let written = write(dir, &found.records, found.built_at.clone())
        .map_err(|error| ImportError::Write { dir: dir.to_owned(), reason: error.to_string() })?;
    Ok(ImportSummary {
        digest: Digest::from_sha256(written.digest),
        built_at: found.built_at,
        records,
        withdrawn: found.withdrawn,
        packages: written.packages,
        ecosystems: written.ecosystems,
        skipped: found.skipped,
        duplicates: found.duplicates,
        ignored: found.ignored,
        malformed: found.malformed,
        reasons: found.reasons,
        bytes: written.bytes,
    })
}

/// Puts the database in `from` in the place of the one in `dir`, both on one file system. Whoever has the old one open
/// keeps it. What was imported elsewhere can be looked at before it replaces anything.
///
/// # Errors
/// [`ImportError::Write`]; nothing is replaced then.
pub fn install(from: &Path, dir: &Path) -> Result<(), ImportError> {
    let moved = || {
        std::fs::create_dir_all(dir)?;
        let lock = std::fs::File::options().create(true).append(true).open(dir.join(LOCK))?;
        lock.lock()?;
        std::fs::rename(from.join(FILE_NAME), dir.join(FILE_NAME))?;
        sync_dir(dir)
    };
    moved().map_err(|error: io::Error| ImportError::Write { dir: dir.to_owned(), reason: error.to_string() })
}
