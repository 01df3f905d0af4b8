//! Writing a tar, compressed, whose bytes follow from its members alone: sorted, owned by nobody, of one time and one mode.

use std::fmt;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::str::FromStr;

use chiron_model::digest::Digest;
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

use crate::atomic::pour_atomically;
use crate::blob::{Blob, CHUNK_BYTES};
use crate::data::Reader;
use crate::error::Error;
use crate::limits::Limits;
use crate::name;

/// zstd's own default is 3; a pack is written once and carried often.
const ZSTD_LEVEL: i32 = 10;

/// Every member can be read by all, and run by nobody: what is executable is the unpacker's decision.
const MODE: u32 = 0o644;

/// How a tar is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// gzip
    TarGz,
    /// Zstandard
    TarZst,
}

impl Packing {
    /// Every one of them.
    pub const ALL: [Self; 2] = [Self::TarGz, Self::TarZst];

    /// The word in options, and the ending of file names.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::TarZst => "tar.zst",
        }
    }

    /// What a file's name says.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let endings = [(".tar.gz", Self::TarGz), (".tgz", Self::TarGz), (".tar.zst", Self::TarZst)];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, packing)| packing)
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Packing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|packing| packing.word() == text);
        found.ok_or_else(|| format!("`{text}` is neither tar.gz nor tar.zst"))
    }
}

/// A file that goes into a tar.
#[derive(Clone, Debug)]
pub struct Member {
    /// Slash-separated, relative.
    pub path: String,
    /// Its bytes.
    pub source: Source,
    /// What they have to be.
    pub sha256: Digest,
}

/// Where the bytes of a member are.
#[derive(Clone, Debug)]
pub enum Source {
    /// In a file that was hashed.
    Blob(Blob),
    /// Here.
    Bytes(Vec<u8>),
}

impl Member {
    /// One whose bytes are at hand.
    #[must_use]
    pub fn of_bytes(path: &str, bytes: Vec<u8>) -> Self {
        Self { path: path.to_owned(), sha256: Digest::sha256_of(&bytes), source: Source::Bytes(bytes) }
    }

    /// In bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match &self.source {
            Source::Blob(blob) => blob.size(),
            Source::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

/// Writes a tar: members sorted by name, `mtime` in seconds since 1970 for all of them, owner and group 0, the compressor's header
/// without name and time. The same members, time and version of Chiron give the same bytes.
///
/// It is written beside `path` and then put in its place, as [`crate::write_atomically`] does.
///
/// # Errors
/// [`Error::PathRefused`] and [`Error::ArchiveRefused`] for names that no reader should get, or twice; [`Error::Limit`] for what
/// [`Blob::open_tree`] would not read with these limits; [`Error::Changed`] when a member is no longer what was hashed;
/// [`Error::Io`], [`Error::Write`].
pub fn write_tar(path: &Path, packing: Packing, mtime: u64, members: &[Member], limits: &Limits) -> Result<(), Error> {
    let sorted = sorted(members, &path.display().to_string(), limits)?;
    pour_atomically(path, |file| {
        let name = path.display().to_string();
        let failed = |source: io::Error| match source.downcast::<Error>() {
            Ok(own) => own,
            Err(source) => Error::Write { name: name.clone(), source },
        };
        let file = BufWriter::with_capacity(256 << 10, file);
        match packing {
            Packing::TarGz => {
                let gzip = GzBuilder::new().mtime(0).write(file, Compression::new(6));
                let gzip = append(gzip, mtime, &sorted).map_err(failed)?;
                gzip.finish().and_then(|mut file| file.flush()).map_err(failed)
            }
            Packing::TarZst => {
                let mut zstd = zstd::Encoder::new(file, ZSTD_LEVEL).map_err(failed)?;
                zstd.include_checksum(true).map_err(failed)?;
                let zstd = append(zstd, mtime, &sorted).map_err(failed)?;
                zstd.finish().and_then(|mut file| file.flush()).map_err(failed)
            }
        }
    })
}

/// Sorted by the bytes of their names; what would not be read again is refused.
fn sorted<'a>(members: &'a [Member], archive: &str, limits: &Limits) -> Result<Vec<&'a Member>, Error> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    if sorted.len() as u64 > limits.entries_max {
        return Err(Error::limit(archive, "entries_max", limits.entries_max));
    }
    let mut total: u64 = 0;
    for (index, member) in sorted.iter().enumerate() {
        let refused = |fault| Error::PathRefused { path: member.path.clone(), fault };
        // As strict as the reader: a backslash is a separator elsewhere.
        match name::member(member.path.as_bytes(), limits.name_bytes_max).map_err(refused)? {
            Some((path, false)) if path == member.path => {}
            _ => return Err(refused(name::NameFault::EmptySegment)),
        }
        if index > 0 && sorted[index - 1].path == member.path {
            return Err(Error::refused(archive, format!("`{}` would be in it twice", member.path)));
        }
        if member.size() > limits.entry_bytes_max {
            return Err(Error::limit(&member.path, "entry_bytes_max", limits.entry_bytes_max));
        }
        total = total.saturating_add(member.size());
    }
    if total > limits.total_bytes_max {
        return Err(Error::limit(archive, "total_bytes_max", limits.total_bytes_max));
    }
    Ok(sorted)
}

fn append<W: Write>(writer: W, mtime: u64, members: &[&Member]) -> io::Result<W> {
    let mut builder = tar::Builder::new(writer);
    for member in members {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_size(member.size());
        header.set_mode(MODE);
        header.set_mtime(mtime);
        header.set_uid(0);
        header.set_gid(0);
        match &member.source {
            Source::Bytes(bytes) => builder.append_data(&mut header, &member.path, &bytes[..])?,
            Source::Blob(blob) => {
                let data = blob.data().map_err(io::Error::other)?;
                let mut hashing = Hashing { reader: Reader::new(&data), hasher: Sha256::new(), bytes: 0 };
                builder.append_data(&mut header, &member.path, BufReader::with_capacity(CHUNK_BYTES, &mut hashing))?;
                let found = Digest::from_sha256(hashing.hasher.finalize().into());
                // A size that is not the header's would move every member behind this one.
                if found != member.sha256 || hashing.bytes != member.size() {
                    return Err(io::Error::other(Error::Changed { name: member.path.clone() }));
                }
            }
        }
    }
    builder.into_inner()
}

/// What was hashed once is hashed again on its way.
struct Hashing<'a> {
    reader: Reader<'a>,
    hasher: Sha256,
    bytes: u64,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.hasher.update(&buffer[..length]);
        self.bytes += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, packing: Packing, members: &[Member]) -> Result<Vec<u8>, Error> {
        let path = folder.join("x");
        write_tar(&path, packing, 0, members, &Limits::default())?;
        Ok(std::fs::read(path).unwrap())
    }

    #[test]
    fn the_same_members_give_the_same_bytes_in_any_order_and_are_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("subjects/{}", "long/".repeat(60));
        let one = |path: &str| Member::of_bytes(path, path.as_bytes().to_vec());
        let members = [one("b"), one("a/c"), one(&format!("{long}x")), one("A")];
        let mut turned = members.to_vec();
        turned.reverse();
        for packing in Packing::ALL {
            let bytes = written(folder.path(), packing, &members).unwrap();
            assert_eq!(bytes, written(folder.path(), packing, &turned).unwrap(), "{packing}");
            let tree = Blob::open(&folder.path().join("x"), &Limits::default()).unwrap().open_tree().unwrap();
            let (entries, _) = tree.entries("**", None, 100).unwrap();
            let paths: Vec<_> = entries.iter().map(|entry| entry.path.as_str()).collect();
            assert_eq!(paths, ["A", "a/c", "b", &format!("{long}x")], "{packing}");
            assert_eq!(tree.open("a/c").unwrap().read_all(10).unwrap(), b"a/c");
        }
        assert_eq!(written(folder.path(), Packing::TarGz, &members).unwrap()[..9], [31, 139, 8, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_no_reader_should_get_is_not_written_and_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let one = |path: &str| Member::of_bytes(path, Vec::new());
        for path in ["", "/x", "../x", "a/../b", "a//b", r"a\b", "a/", "./a", "C:x", "a\nb", "a\u{0}b"] {
            assert!(
                matches!(written(folder.path(), Packing::TarGz, &[one(path)]), Err(Error::PathRefused { .. })),
                "{path:?}"
            );
        }
        assert!(matches!(
            written(folder.path(), Packing::TarGz, &[one("a"), one("a")]),
            Err(Error::ArchiveRefused { .. })
        ));
        let tight = Limits { entry_bytes_max: 2, ..Limits::default() };
        let large = [Member::of_bytes("a", vec![0; 3])];
        assert!(matches!(
            write_tar(&folder.path().join("x"), Packing::TarGz, 0, &large, &tight),
            Err(Error::Limit { .. })
        ));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_member_that_changed_since_it_was_hashed_stops_the_writing() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"new").unwrap();
        let blob = Blob::open(&folder.path().join("a"), &Limits::default()).unwrap();
        let member = Member { path: "a".into(), source: Source::Blob(blob), sha256: Digest::sha256_of(b"old") };
        assert!(matches!(written(folder.path(), Packing::TarZst, &[member]), Err(Error::Changed { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
