//! Zip archives of records. Read by `pread`, not mapped: somebody may be downloading a new one over it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder, ZipEntry};
use rayon::prelude::*;

use super::{INFLATED_BYTES_MAX, ImportError};
use crate::osv::RECORD_BYTES_MAX;

/// Most members of an archive. All of osv.dev is below one million.
const MEMBERS_MAX: usize = 5_000_000;

/// An open archive and the records in it.
pub(super) struct Archive {
    zip: ZipArchive<FileReader>,
    pub(super) members: Vec<Member>,
}

/// A member that should be a record.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    method: CompressionMethod,
    entry: ZipArchiveEntryWayfinder,
}

impl Archive {
    /// Reads the central directory.
    ///
    /// # Errors
    /// [`ImportError::Archive`] when it is broken, or lists fewer members than it says it does.
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        let broken = |reason: String| ImportError::Archive { path: path.to_owned(), reason };
        let file = File::open(path).map_err(|source| ImportError::Unreadable { path: path.to_owned(), source })?;
        let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
        let zip = ZipArchive::from_file(file, &mut buffer).map_err(|error| broken(error.to_string()))?;
        let mut members = Vec::new();
        let mut seen = 0_u64;
        let mut entries = zip.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(|error| broken(error.to_string()))? {
            seen += 1;
            let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            if !name.ends_with(".json") {
                continue;
            }
            if members.len() == MEMBERS_MAX {
                return Err(broken(format!("more than {MEMBERS_MAX} members")));
            }
            members.push(Member { name, method: entry.compression_method(), entry: entry.wayfinder() });
        }
        if seen != zip.entries_hint() {
            return Err(broken(format!("{seen} of {} members listed", zip.entries_hint())));
        }
        Ok(Self { zip, members })
    }

    /// Inflates one member and checks its size and CRC-32. What it inflates to is added to `inflated`.
    ///
    /// # Errors
    /// In words, for the list of malformed records.
    pub(super) fn read(&self, member: &Member, inflated: &AtomicU64) -> Result<Vec<u8>, String> {
        let entry = self.zip.get_entry(member.entry).map_err(|error| error.to_string())?;
        let bytes = match member.method {
            CompressionMethod::STORE => limited(&entry, entry.reader()),
            CompressionMethod::DEFLATE => limited(&entry, DeflateDecoder::new(entry.reader())),
            other => return Err(format!("compressed by a method that is not supported ({other:?})")),
        };
        let bytes = bytes.map_err(|error| error.to_string())?;
        inflated.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// Reads every record of an archive and compares it with its checksum, as a downloaded one must be before anything is
/// made of it: an import leaves out what is damaged, and a damaged download is to be fetched again. Returns the number of records.
///
/// # Errors
/// [`ImportError`], which names the first that is damaged.
pub fn check_archive(path: &Path) -> Result<u64, ImportError> {
    let archive = Archive::open(path)?;
    let inflated = AtomicU64::new(0);
    archive.members.par_iter().try_for_each(|member| {
        if is_too_much(&inflated) {
            return Err(ImportError::TooLarge { path: path.to_owned() });
        }
        archive.read(member, &inflated).map(drop).map_err(|reason| ImportError::Archive {
            path: path.to_owned(),
            reason: format!("{}: {reason}", member.name),
        })
    })?;
    Ok(archive.members.len() as u64)
}

/// Whether more was inflated than an import may.
pub(super) fn is_too_much(inflated: &AtomicU64) -> bool {
    inflated.load(Ordering::Relaxed) > INFLATED_BYTES_MAX
}

/// One byte more than a record may have is enough to be refused as too large later; a bomb costs no more than that.
fn limited(entry: &ZipEntry<'_, FileReader>, inflated: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    entry.verifying_reader(inflated).take(RECORD_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
