//! The file behind a database: its header, its map, its sections.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fst::Map;
use memmap2::Mmap;
use sha2::{Digest as _, Sha256};

use super::error::OpenError;
use crate::index::FILE_NAME;
use crate::index::header::{HEADER_BYTES, Header, Section};
use crate::map::{Part, map};

/// An open database file whose header and small sections are what was written.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) header: Header,
    map: Arc<Mmap>,
}

impl Opened {
    pub(super) fn new(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join(FILE_NAME);
        let unreadable = |source| OpenError::Unreadable { path: path.clone(), source };
        let mut file = File::open(&path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                return OpenError::Missing { dir: dir.to_owned() };
            }
            unreadable(error)
        })?;
        let header = read_header(&path, &mut file)?;
        let map = map(&file).map_err(unreadable)?;
        let opened = Self { path, file, header, map };
        for section in Section::SMALL {
            opened.check(section)?;
        }
        Ok(opened)
    }

    pub(super) fn part(&self, section: Section) -> Result<Part, OpenError> {
        let extent = self.header.extent(section);
        let place = |at: u64| usize::try_from(at).ok();
        place(extent.start)
            .zip(place(extent.start + extent.length))
            .and_then(|(start, end)| Part::new(&self.map, start..end))
            .ok_or_else(|| damaged(&self.path, section))
    }

    pub(super) fn fst(&self, section: Section) -> Result<Map<Part>, OpenError> {
        Map::new(self.part(section)?).map_err(|_| damaged(&self.path, section))
    }

    fn check(&self, section: Section) -> Result<(), OpenError> {
        match <[u8; 32]>::from(Sha256::digest(self.part(section)?)) == self.header.extent(section).sha256 {
            true => Ok(()),
            false => Err(damaged(&self.path, section)),
        }
    }
}

/// Reads the header and leaves the file where the first section begins.
pub(super) fn read_header(path: &Path, file: &mut File) -> Result<Header, OpenError> {
    let unreadable = |source| OpenError::Unreadable { path: path.to_owned(), source };
    let length = file.metadata().map_err(unreadable)?.len();
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.take(HEADER_BYTES as u64).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    Header::decode(path, &bytes, length)
}

/// Hashes a section by reading on from where the file stands.
pub(super) fn check_by_reading(
    path: &Path,
    file: &mut File,
    header: &Header,
    section: Section,
    buffer: &mut [u8],
) -> Result<(), OpenError> {
    let mut bytes = file.take(header.extent(section).length);
    let mut hash = Sha256::new();
    loop {
        let read = bytes.read(buffer).map_err(|source| OpenError::Unreadable { path: path.to_owned(), source })?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    match <[u8; 32]>::from(hash.finalize()) == header.extent(section).sha256 {
        true => Ok(()),
        false => Err(damaged(path, section)),
    }
}

pub(super) fn damaged(path: &Path, section: Section) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), what: format!("the section `{}`", section.word()) }
}
