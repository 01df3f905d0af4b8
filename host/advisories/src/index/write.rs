//! Writing a database and putting it in place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::path::Path;

use chiron_model::ecosystem::Ecosystem;
use fst::MapBuilder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::header::{Extent, HEADER_BYTES, Header, Section};
use super::{FILE_NAME, Meta, PackageName, frame, pack};
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
    /// Package and row (postcard).
    pub(crate) rows: Vec<(PackageName, Vec<u8>)>,
    /// Binary packages, and the packages of `rows` that they are made from.
    pub(crate) binaries: Vec<(PackageName, PackageName)>,
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
        releases: releases(records),
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
    let mut binaries: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut counts = [0_u64; Ecosystem::ALL.len()];
    for (number, (_, record)) in records.iter().enumerate() {
        for (package, row) in &record.rows {
            rows.push((package.key(), number, row));
        }
        for (binary, source) in &record.binaries {
            binaries.entry(binary.key()).or_default().insert(source.key());
        }
        for (count, ecosystem) in counts.iter_mut().zip(Ecosystem::ALL) {
            *count += u64::from(record.rows.iter().any(|(own, _)| own.ecosystem == ecosystem));
        }
    }
    rows.sort_unstable_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
    let mut places: BTreeMap<&str, u64> = BTreeMap::new();
    for same in rows.chunk_by(|left, right| left.0 == right.0) {
        places.insert(&same[0].0, write_package(out, same.iter().map(|(_, _, row)| *row))?);
    }
    let packages = places.len() as u64;
    // Where the binaries of a package are named too, they are found by the same rows.
    for (binary, sources) in &binaries {
        let place = match (places.contains_key(binary.as_str()), sources.first().filter(|_| sources.len() == 1)) {
            (true, _) => continue,
            (false, Some(source)) => places.get(source.as_str()).copied(),
            // Made from one package once and from another one now: the records of both, by id.
            (false, None) => {
                let mut of_all: Vec<_> = rows.iter().filter(|(key, _, _)| sources.contains(key)).collect();
                of_all.sort_unstable_by_key(|(_, number, _)| *number);
                Some(write_package(out, of_all.into_iter().map(|(_, _, row)| *row))?)
            }
        };
        places.extend(place.map(|place| (binary.as_str(), place)));
    }
    let mut names = MapBuilder::memory();
    for (key, place) in places {
        names.insert(key, place)?;
    }
    let counted = Ecosystem::ALL.into_iter().zip(counts);
    Ok(Names { fst: names.into_inner()?, packages, ecosystems: counted.filter(|(_, count)| *count > 0).collect() })
}

/// The rows of one package, side by side; where they stand, and how many.
fn write_package<'a>(out: &mut Sections<'_>, rows: impl Iterator<Item = &'a [u8]>) -> Result<u64, WriteError> {
    let place = out.position;
    let mut count = 0;
    for row in rows {
        out.frame(row)?;
        count += 1;
    }
    pack(place, count).ok_or(WriteError::TooLarge("the number of records of a package"))
}

/// The releases that records are about, by distribution.
fn releases(records: &[(String, Prepared)]) -> Vec<(String, Vec<String>)> {
    let mut releases: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (package, _) in records.iter().flat_map(|(_, record)| &record.rows) {
        if package.ecosystem.has_releases() {
            releases.entry(package.ecosystem.osv_name()).or_default().insert(&package.release);
        }
    }
    let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
    releases.into_iter().map(|(ecosystem, names)| (ecosystem.to_owned(), owned(names))).collect()
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
