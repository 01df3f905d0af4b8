//! Reading every source and keeping the newest of each record.

use std::collections::{BTreeMap, HashMap, hash_map};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use jiff::Timestamp;
use rayon::prelude::*;
use zstd::bulk::Compressor;

use super::archive::{Archive, is_too_much};
use super::source::Source;
use super::{ImportError, Malformed, Progress, REASONS_MAX};
use crate::index::write::Prepared;
use crate::osv::{RECORD_BYTES_MAX, Record, RecordError, binaries, rows};

/// Records read side by side before the results are taken in: enough to keep every core busy, few enough that what
/// waits stays small beside the database.
const BATCH: usize = 512;

/// Compression of whole records. Level 3 is zstd's own default; 9 saves 8 % and costs four times the time.
const LEVEL: i32 = 3;

/// What has been read so far.
#[derive(Default)]
pub(super) struct Gathered {
    records: HashMap<String, Kept>,
    inflated: AtomicU64,
    duplicates: u64,
    ignored: u64,
    malformed: u64,
    reasons: Vec<Malformed>,
}

/// The newest version of a record.
struct Kept {
    modified: Option<Timestamp>,
    withdrawn: bool,
    /// Its ecosystems, where none of them has a version order.
    other_ecosystems: Vec<String>,
    prepared: Prepared,
}

/// What an import found, records sorted by id.
pub(super) struct Found {
    pub(super) records: Vec<(String, Prepared)>,
    pub(super) built_at: String,
    pub(super) withdrawn: u64,
    pub(super) skipped: Vec<(String, u64)>,
    pub(super) duplicates: u64,
    pub(super) ignored: u64,
    pub(super) malformed: u64,
    pub(super) reasons: Vec<Malformed>,
}

/// Why a record was not taken.
enum Refusal {
    Malformed(String),
    SomethingElse,
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::SomethingElse => Self::SomethingElse,
            RecordError::TooLarge | RecordError::TooDeep | RecordError::Json(_) | RecordError::Id(_) => {
                Self::Malformed(error.to_string())
            }
        }
    }
}

impl Gathered {
    /// Reads one source.
    ///
    /// # Errors
    /// When an archive is broken as a whole or too much is inflated; a single bad record is only counted.
    pub(super) fn read(&mut self, source: &Source, progress: &dyn Fn(Progress)) -> Result<(), ImportError> {
        match source {
            Source::Archive(path) => self.read_archive(path, progress),
            Source::Record(path) => {
                let read = prepare(read_file(path), &mut compressor());
                self.take(path, None, read);
                Ok(())
            }
            Source::Folder(folder, files) => {
                self.read_folder(folder, files, progress);
                Ok(())
            }
        }
    }

    fn read_archive(&mut self, path: &Path, progress: &dyn Fn(Progress)) -> Result<(), ImportError> {
        let archive = Archive::open(path)?;
        let mut done = 0;
        for batch in archive.members.chunks(BATCH) {
            let inflated = &self.inflated;
            let read: Vec<_> = batch
                .par_iter()
                .map_init(compressor, |compressor, member| prepare(archive.read(member, inflated), compressor))
                .collect();
            if is_too_much(&self.inflated) {
                return Err(ImportError::TooLarge { path: path.to_owned() });
            }
            for (member, read) in batch.iter().zip(read) {
                self.take(path, Some(&member.name), read);
            }
            done += batch.len() as u64;
            progress(Progress::Reading { source: path.to_owned(), done, total: archive.members.len() as u64 });
        }
        Ok(())
    }

    fn read_folder(&mut self, folder: &Path, files: &[PathBuf], progress: &dyn Fn(Progress)) {
        let mut done = 0;
        for batch in files.chunks(BATCH) {
            let read: Vec<_> = batch
                .par_iter()
                .map_init(compressor, |compressor, path| prepare(read_file(path), compressor))
                .collect();
            for (path, read) in batch.iter().zip(read) {
                match read {
                    Err(Refusal::SomethingElse) => self.ignored += 1,
                    read => self.take(path, None, read),
                }
            }
            done += batch.len() as u64;
            progress(Progress::Reading { source: folder.to_owned(), done, total: files.len() as u64 });
        }
    }

    fn take(&mut self, file: &Path, member: Option<&str>, read: Result<(String, Kept), Refusal>) {
        let reason = match read {
            Ok((id, kept)) => return self.keep(id, kept),
            Err(Refusal::Malformed(reason)) => reason,
            Err(Refusal::SomethingElse) => RecordError::SomethingElse.to_string(),
        };
        self.malformed += 1;
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(Malformed { file: file.to_owned(), member: member.map(str::to_owned), reason });
        }
    }

    /// Keeps the newest; of two equally new the one with the larger bytes, so that their order does not matter.
    fn keep(&mut self, id: String, new: Kept) {
        match self.records.entry(id) {
            hash_map::Entry::Vacant(vacant) => {
                vacant.insert(new);
            }
            hash_map::Entry::Occupied(mut occupied) => {
                self.duplicates += 1;
                let old = occupied.get();
                if (new.modified, &new.prepared.raw) > (old.modified, &old.prepared.raw) {
                    occupied.insert(new);
                }
            }
        }
    }

    pub(super) fn finish(self) -> Found {
        let mut found = Found {
            records: Vec::with_capacity(self.records.len()),
            built_at: String::new(),
            withdrawn: 0,
            skipped: Vec::new(),
            duplicates: self.duplicates,
            ignored: self.ignored,
            malformed: self.malformed,
            reasons: self.reasons,
        };
        let mut skipped: BTreeMap<String, u64> = BTreeMap::new();
        let mut newest = Timestamp::UNIX_EPOCH;
        for (id, kept) in self.records {
            if kept.prepared.rows.is_empty() {
                for ecosystem in kept.other_ecosystems {
                    *skipped.entry(ecosystem).or_default() += 1;
                }
                continue;
            }
            found.withdrawn += u64::from(kept.withdrawn);
            newest = newest.max(kept.modified.unwrap_or(newest));
            found.records.push((id, kept.prepared));
        }
        found.records.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        found.skipped = skipped.into_iter().collect();
        found.built_at = newest.to_string();
        found
    }
}

/// Everything that can be done for a record by itself, so that it can be done beside others.
fn prepare(
    bytes: Result<Vec<u8>, String>,
    compressor: &mut Option<Compressor<'static>>,
) -> Result<(String, Kept), Refusal> {
    let bytes = bytes.map_err(Refusal::Malformed)?;
    let record = Record::parse(&bytes).map_err(Refusal::from)?;
    let broken = |error: &dyn std::fmt::Display| Refusal::Malformed(error.to_string());
    let mut encoded = Vec::new();
    for (package, row) in rows(&record) {
        encoded.push((package, postcard::to_stdvec(&row).map_err(|error| broken(&error))?));
    }
    let raw = match compressor {
        _ if encoded.is_empty() => Ok(Vec::new()),
        Some(compressor) => compressor.compress(&bytes),
        None => zstd::bulk::compress(&bytes, LEVEL),
    };
    let kept = Kept {
        modified: record.modified.parse().ok(),
        withdrawn: !record.withdrawn.is_empty(),
        other_ecosystems: match encoded.is_empty() {
            true => other_ecosystems(&record),
            false => Vec::new(),
        },
        prepared: Prepared {
            binaries: binaries(&record),
            aliases: record.aliases.into_iter().filter(|alias| !alias.is_empty()).collect(),
            rows: encoded,
            raw: raw.map_err(|error| broken(&error))?,
        },
    };
    Ok((record.id, kept))
}

/// Each once, without the release (`Debian:12`), for the account of what was left out.
fn other_ecosystems(record: &Record) -> Vec<String> {
    let packages = record.affected.iter().filter_map(|affected| affected.package.as_ref());
    let mut names: Vec<_> =
        packages.map(|package| package.ecosystem.split(':').next().unwrap_or_default().to_owned()).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        names.push("(none)".to_owned());
    }
    names
}

/// One compressor for each thread that reads: making one costs as much as compressing a record. None where zstd
/// gives none; it is then asked again for each record.
fn compressor() -> Option<Compressor<'static>> {
    Compressor::new(LEVEL).ok()
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}
