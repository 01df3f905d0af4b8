//! The database file: one immutable file, mapped.
//!
//! ```text
//! header   magic, format version, length of the file, for each section its place, length and SHA-256;
//!          then the SHA-256 of all that: the digest of the database, since it covers every byte of it
//! rows     frames: one row for each (package, record), those of one package side by side, by id
//! groups   frames: the ids of one alias group
//! raw      frames: a whole record as it was published, zstd
//! names    fst: ecosystem NUL canonical name, and NUL release for distributions -> place and number of its rows
//! ids      fst: id of a record -> place in raw
//! aliases  fst: id in an alias group -> place in groups
//! meta     what there is: build date, counts
//! ```
//! A frame carries its length and a checksum, looked at whenever it is read. The small sections, through which
//! everything is found, are hashed when the file is opened; the large ones only by `verify`.

pub(crate) mod frame;
pub(crate) mod header;
pub(crate) mod write;

use chiron_model::ecosystem::Ecosystem;
use serde::{Deserialize, Serialize};

/// The only file a database consists of.
pub(crate) const FILE_NAME: &str = "advisories.chdb";

/// What there is in a database.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// RFC 3339: the newest `modified` among the records.
    pub(crate) built_at: String,
    pub(crate) records: u64,
    /// OSV name and number of records, sorted.
    pub(crate) ecosystems: Vec<(String, u64)>,
    /// OSV name of a distribution and the releases of it that records are about, sorted.
    pub(crate) releases: Vec<(String, Vec<String>)>,
}

/// What records are about: a package, of one release where its ecosystem has releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PackageName {
    pub(crate) ecosystem: Ecosystem,
    /// Canonical.
    pub(crate) name: String,
    /// [`chiron_model::ecosystem::Release::name`]; empty where the record names none.
    pub(crate) release: String,
}

impl PackageName {
    /// Its key in `names`.
    pub(crate) fn key(&self) -> String {
        match self.ecosystem.has_releases() {
            true => format!("{}{}", releases_key(self.ecosystem, &self.name), self.release),
            false => name_key(self.ecosystem, &self.name),
        }
    }
}

/// The key in `names` of a package that has no releases.
pub(crate) fn name_key(ecosystem: Ecosystem, canonical_name: &str) -> String {
    format!("{}\0{canonical_name}", ecosystem.osv_name())
}

/// What the keys of a package in all releases begin with.
pub(crate) fn releases_key(ecosystem: Ecosystem, canonical_name: &str) -> String {
    format!("{}\0{canonical_name}\0", ecosystem.osv_name())
}

/// Most records about one package: what fits beside a place of 44 bits (16 TiB) in an fst's value.
pub(crate) const ROWS_MAX: u64 = (1 << ROWS_BITS) - 1;

const ROWS_BITS: u32 = 20;

/// Where the rows of a package stand, as one number.
pub(crate) fn pack(place: u64, count: u64) -> Option<u64> {
    let fits = count <= ROWS_MAX && place < 1 << (u64::BITS - ROWS_BITS);
    fits.then_some(place << ROWS_BITS | count)
}

/// Place and number of the rows of a package.
pub(crate) fn unpack(value: u64) -> (u64, u64) {
    (value >> ROWS_BITS, value & ROWS_MAX)
}
