//! Writing a database and putting it in place.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::Path;

use chiron_model::ecosystem::Ecosystem;
use fst::MapBuilder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::header::{Extent, HEADER_BYTES, Header, Section};
use super::{FILE_NAME, Meta, frame, name_key, pack};
use crate::aliases::Groups;

/// Names of files that are being written begin so; what is left of a crashed import is found by it.
const UNFINISHED: &str = ".advisories-";

/// Held by the import that is writing. It stays when the import is done: removing it would let two importers hold
/// two locks of one name.
pub(crate) const LOCK: &str = ".advisories.lock";

/// Why a database could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("could not build the index: {0}")]
    Index(#[from] fst::Error),
    #[error("could not encode a record: {0}")]
    Encode(#[from] postcard::Error),
    #[error("{0} exceeds what the format can hold")]
    TooLarge(&'static str),
}

/// A record ready to be written. Its bytes depend on the record alone.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) aliases: Vec<String>,
    /// Ecosystem, canonical name, row (postcard).
    pub(crate) rows: Vec<(Ecosystem, String, Vec<u8>)>,
    /// The record as published, zstd.
    pub(crate) raw: Vec<u8>,
}

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) digest: [u8; 32],
    pub(crate) packages: u64,
    pub(crate) ecosystems: Vec<(Ecosystem, u64)>,
    pub(crate) bytes: u64,
}

/// Writes the records, sorted by id, to a new file in `dir` and renames it over the database. Whoever has the old
/// one open keeps it; whoever opens meanwhile gets the old or the new one, whole.
///
/// Importers into one folder wait for each other.
pub(crate) fn write(dir: &Path, records: &[(String, Prepared)], built_at: String) -> Result<Written, WriteError> {
    fs::create_dir_all(dir)?;
    let lock = File::options().create(true).append(true).open(dir.join(LOCK))?;
    lock.lock()?;
    sweep(dir)?;
    let mut unfinished = unfinished_file(dir)?;
    let written = fill(unfinished.as_file_mut(), records, built_at)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(dir.join(FILE_NAME)).map_err(|error| error.error)?;
    sync_dir(dir)?;
    Ok(written)
}

fn unfinished_file(dir: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Advisories are public, and one user may import what another one's runs read. The umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    builder.tempfile_in(dir)
}

/// Removes what crashed imports left. Only under the lock: nobody else is writing.
fn sweep(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let left = entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED));
        if left && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A rename is only durable once the folder is.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

fn fill(file: &mut File, records: &[(String, Prepared)], built_at: String) -> Result<Written, WriteError> {
    file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
    let mut out = Sections::new(BufWriter::with_capacity(1 << 20, &mut *file));
    let names = write_rows(&mut out, records)?;
    out.end();
    let aliases = write_groups(&mut out, records)?;
    out.end();
    let ids = write_raw(&mut out, records)?;
    out.end();
    for fst in [&names.fst, &ids, &aliases] {
        out.put(fst)?;
        out.end();
    }
    let meta = Meta {
        built_at,
        records: records.len() as u64,
        ecosystems: names.ecosystems.iter().map(|(e, count)| (e.osv_name().to_owned(), *count)).collect(),
    };
    out.put(&postcard::to_stdvec(&meta)?)?;
    out.end();
    let extents = out.finish()?;
    let header = Header::encode(&extents);
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&header)?;
    let mut digest = [0; 32];
    digest.copy_from_slice(&header[HEADER_BYTES - 32..]);
    Ok(Written {
        digest,
        packages: names.packages,
        ecosystems: names.ecosystems,
        bytes: HEADER_BYTES as u64 + extents.iter().map(|extent| extent.length).sum::<u64>(),
    })
}

struct Names {
    fst: Vec<u8>,
    packages: u64,
    ecosystems: Vec<(Ecosystem, u64)>,
}

/// The rows by package, and within one by id.
fn write_rows(out: &mut Sections<'_>, records: &[(String, Prepared)]) -> Result<Names, WriteError> {
    let mut rows: Vec<(String, usize, &[u8])> = Vec::new();
    let mut counts = [0_u64; Ecosystem::ALL.len()];
    for (number, (_, record)) in records.iter().enumerate() {
        for (ecosystem, name, row) in &record.rows {
            rows.push((name_key(*ecosystem, name), number, row));
        }
        for (count, ecosystem) in counts.iter_mut().zip(Ecosystem::ALL) {
            *count += u64::from(record.rows.iter().any(|(own, _, _)| *own == ecosystem));
        }
    }
    rows.sort_unstable_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
    let mut names = MapBuilder::memory();
    let mut packages = 0;
    for same in rows.chunk_by(|left, right| left.0 == right.0) {
        let place = out.position;
        for (_, _, row) in same {
            out.frame(row)?;
        }
        let value = pack(place, same.len() as u64).ok_or(WriteError::TooLarge("the number of records of a package"))?;
        names.insert(&same[0].0, value)?;
        packages += 1;
    }
    let counted = Ecosystem::ALL.into_iter().zip(counts);
    Ok(Names { fst: names.into_inner()?, packages, ecosystems: counted.filter(|(_, count)| *count > 0).collect() })
}

fn write_groups(out: &mut Sections<'_>, records: &[(String, Prepared)]) -> Result<Vec<u8>, WriteError> {
    let mut groups = Groups::default();
    for (id, record) in records {
        for alias in &record.aliases {
            groups.join(id, alias);
        }
    }
    let mut members = Vec::new();
    for group in groups.finish() {
        let place = out.position;
        out.frame(&encode(&group)?)?;
        members.extend(group.into_iter().map(|id| (id, place)));
    }
    members.sort_unstable();
    to_fst(members)
}

fn write_raw(out: &mut Sections<'_>, records: &[(String, Prepared)]) -> Result<Vec<u8>, WriteError> {
    let mut places = Vec::with_capacity(records.len());
    for (id, record) in records {
        places.push((id.as_str(), out.position));
        out.frame(&record.raw)?;
    }
    to_fst(places)
}

fn to_fst(sorted: Vec<(&str, u64)>) -> Result<Vec<u8>, WriteError> {
    let mut fst = MapBuilder::memory();
    for (key, value) in sorted {
        fst.insert(key, value)?;
    }
    Ok(fst.into_inner()?)
}

fn encode(value: &impl Serialize) -> Result<Vec<u8>, WriteError> {
    Ok(postcard::to_stdvec(value)?)
}

/// Sections one after the other, each with its hash.
struct Sections<'a> {
    out: BufWriter<&'a mut File>,
    hash: Sha256,
    start: u64,
    /// Within the section that is being written.
    position: u64,
    extents: Vec<Extent>,
}

impl<'a> Sections<'a> {
    fn new(out: BufWriter<&'a mut File>) -> Self {
        Self {
            out,
            hash: Sha256::new(),
            start: HEADER_BYTES as u64,
            position: 0,
            extents: Vec::with_capacity(Section::ALL.len()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.hash.update(bytes);
        self.position += bytes.len() as u64;
        Ok(self.out.write_all(bytes)?)
    }

    fn frame(&mut self, payload: &[u8]) -> Result<(), WriteError> {
        self.put(&frame::seal(payload).ok_or(WriteError::TooLarge("a record"))?)
    }

    fn end(&mut self) {
        self.extents.push(Extent {
            start: self.start,
            length: self.position,
            sha256: self.hash.finalize_reset().into(),
        });
        self.start += self.position;
        self.position = 0;
    }

    fn finish(mut self) -> Result<[Extent; 7], WriteError> {
        self.out.flush()?;
        self.extents.try_into().map_err(|_| WriteError::TooLarge("the number of sections"))
    }
}
