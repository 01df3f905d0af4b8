//! A directory's files or an archive's members, listed and opened by path.

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex};

use chiron_model::digest::Digest;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::blob::{Blob, Contents, Context};
use crate::data::Data;
use crate::disk::DiskFile;
use crate::error::{EntryFault, Error};
use crate::index::{Place, Row};
use crate::name;
use crate::unpack::Packed;

/// Longest glob, in bytes. Globs come from plugins, and compiling one costs more than its length.
pub const GLOB_BYTES_MAX: usize = 512;

/// Most entries that one call gives.
pub const PAGE_ENTRIES_MAX: u32 = 10_000;

/// Longest link target, in bytes: Linux's `PATH_MAX`.
const TARGET_BYTES_MAX: u64 = 4096;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKind {
    /// It can be opened.
    File,
    /// It holds others.
    Directory,
    /// It points elsewhere; nobody here follows it.
    Symlink,
    /// A pipe, a socket, a device, or a hard link in a tar.
    Other,
}

impl EntryKind {
    /// The word in messages and in directory digests.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Slash-separated, relative to the tree, UTF-8 without control characters.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// In bytes, for files; as declared in archives.
    pub size: u64,
}

/// Files by path. A clone is the same tree.
///
/// Directories are listed where they are recorded: all of them on disk, in an archive those it names.
#[derive(Clone, Debug)]
pub struct Tree(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    /// Sorted by path, no path twice.
    rows: Vec<Row>,
    ground: Ground,
    context: Context,
    /// Archives around its files.
    depth: u32,
}

#[derive(Debug)]
enum Ground {
    Disk(OwnedFd),
    Archive(Arc<Data>),
    /// The layers of an image, as plain tars.
    Layers(Vec<Arc<Data>>),
}

impl Tree {
    pub(crate) fn of_archive(rows: Vec<Row>, data: Arc<Data>, name: &str, context: Context, depth: u32) -> Self {
        Self::new(rows, Ground::Archive(data), name, context, depth)
    }

    pub(crate) fn of_directory(rows: Vec<Row>, root: OwnedFd, name: &str, context: Context) -> Self {
        Self::new(rows, Ground::Disk(root), name, context, 0)
    }

    pub(crate) fn of_image(rows: Vec<Row>, layers: Vec<Arc<Data>>, name: &str, context: Context) -> Self {
        Self::new(rows, Ground::Layers(layers), name, context, 0)
    }

    fn new(rows: Vec<Row>, ground: Ground, name: &str, context: Context, depth: u32) -> Self {
        let name = name.to_owned();
        Self(Arc::new(Inner { name, rows, ground, context, depth }))
    }

    /// Entries whose path matches `glob`, sorted by path, from after `cursor`; with the cursor of the next page if there is
    /// one. At most `limit`, which is brought into 1 to 10,000.
    ///
    /// `*` and `?` do not cross `/`, `**` does, `[...]` and `{a,b}` choose. Matching is linear in the path.
    ///
    /// # Errors
    /// [`Error::Glob`].
    pub fn entries(&self, glob: &str, cursor: Option<&str>, limit: u32) -> Result<(Vec<Entry>, Option<String>), Error> {
        let matcher = matcher(glob)?;
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX) as usize;
        let rows = &self.0.rows;
        let start = cursor.map_or(0, |last| rows.partition_point(|row| row.entry.path.as_str() <= last));
        let mut matching = rows[start..].iter().map(|row| &row.entry).filter(|entry| matcher.is_match(&entry.path));
        let page: Vec<Entry> = matching.by_ref().take(limit).cloned().collect();
        let more = matching.next().is_some();
        let next = page.last().filter(|_| more).map(|entry| entry.path.clone());
        Ok((page, next))
    }

    /// The file at `path`.
    ///
    /// # Errors
    /// [`Error::PathRefused`], [`Error::NotFound`], [`Error::WrongKind`] (links are not followed); [`Error::Changed`] when a
    /// file on disk is not what was hashed; [`Error::Entry`] and [`Error::Limit`] for members that cannot be unpacked.
    pub fn open(&self, path: &str) -> Result<Blob, Error> {
        self.open_row(self.row(path, EntryKind::File)?)
    }

    /// The target of the symlink at `path`, as it is written. It is text: nothing says that it leads anywhere inside.
    ///
    /// # Errors
    /// As [`Tree::open`]; [`Error::Entry`] when the target is longer than 4096 bytes or not UTF-8.
    pub fn read_link(&self, path: &str) -> Result<String, Error> {
        let row = self.row(path, EntryKind::Symlink)?;
        let unusable = || Error::entry(&self.0.name, path, EntryFault::Target);
        match &row.place {
            Place::Link(target) => Ok(target.clone()),
            // A zip keeps the target as the member's content.
            Place::Packed(_) if row.entry.size <= TARGET_BYTES_MAX => {
                let bytes = self.open_row(row)?.read_all(TARGET_BYTES_MAX)?;
                String::from_utf8(bytes).map_err(|_| unusable())
            }
            Place::Packed(_) | Place::Disk(..) | Place::Window(..) | Place::Layer(..) | Place::Nowhere => {
                Err(unusable())
            }
        }
    }

    fn row(&self, path: &str, wanted: EntryKind) -> Result<&Row, Error> {
        let refused = |fault| Error::PathRefused { path: path.to_owned(), fault };
        name::check(path, self.0.context.limits.name_bytes_max).map_err(refused)?;
        let rows = &self.0.rows;
        let at = rows.binary_search_by(|row| row.entry.path.as_str().cmp(path));
        let row = at.ok().and_then(|at| rows.get(at)).ok_or_else(|| missing(path))?;
        if row.entry.kind == wanted {
            return Ok(row);
        }
        Err(Error::WrongKind { path: path.to_owned(), found: row.entry.kind, wanted })
    }

    fn open_row(&self, row: &Row) -> Result<Blob, Error> {
        let path = row.entry.path.as_str();
        let ready = |data| self.blob(path, Contents::Ready(Arc::new(data)));
        match (&row.place, &self.0.ground) {
            (Place::Disk(identity, sha256, media_type), Ground::Disk(root)) => {
                let file = DiskFile::open_below(root.as_fd(), OsStr::new(path), path)?.expect(identity)?;
                Ok(ready(Data::Disk(file)).with_known(Digest::from_sha256(*sha256), media_type))
            }
            (Place::Packed(location), Ground::Archive(data)) => {
                let limits = &self.0.context.limits;
                let packed = Packed::new(*location, Arc::clone(data), &self.0.name, path, limits)?;
                Ok(self.blob(path, Contents::Packed(packed, Mutex::default())))
            }
            (Place::Window(offset, size), Ground::Archive(data)) => {
                self.hold_size(path, *size)?;
                Ok(ready(Data::Window(Arc::clone(data), *offset, *size)))
            }
            (Place::Layer(layer, offset, size, sha256, media_type), Ground::Layers(layers)) => {
                self.hold_size(path, *size)?;
                let data = layers.get(*layer).ok_or_else(|| missing(path))?;
                let blob = ready(Data::Window(Arc::clone(data), *offset, *size));
                Ok(blob.with_known(Digest::from_sha256(*sha256), media_type))
            }
            _ => Err(missing(path)),
        }
    }

    /// A plain member of any size: a layer of an image is read in passing, and never held.
    ///
    /// # Errors
    /// As [`Tree::open`].
    pub(crate) fn open_layer(&self, path: &str) -> Result<Blob, Error> {
        let row = self.row(path, EntryKind::File)?;
        match (&row.place, &self.0.ground) {
            (Place::Window(offset, size), Ground::Archive(data)) => {
                let window = Data::Window(Arc::clone(data), *offset, *size);
                Ok(self.blob(path, Contents::Ready(Arc::new(window))))
            }
            _ => self.open_row(row),
        }
    }

    /// What everything opened from the subject may cost.
    pub(crate) fn context(&self) -> &Context {
        &self.0.context
    }

    /// Whether there is a file at `path`.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.row(path, EntryKind::File).is_ok()
    }

    fn hold_size(&self, path: &str, size: u64) -> Result<(), Error> {
        let max = self.0.context.limits.entry_bytes_max;
        if size > max { Err(Error::limit(path, "entry_bytes_max", max)) } else { Ok(()) }
    }

    fn blob(&self, path: &str, contents: Contents) -> Blob {
        Blob::new(path, contents, self.0.context.clone(), self.0.depth)
    }
}

fn missing(path: &str) -> Error {
    Error::NotFound { path: path.to_owned() }
}

/// Compiles a glob. globset makes a regular expression of it that is matched in linear time.
///
/// As a set of one: a single glob's matcher panics where the regular expression is nested too deep or too large, and a set says so.
fn matcher(glob: &str) -> Result<GlobSet, Error> {
    let fault = |reason: String| Error::Glob { glob: glob.chars().take(GLOB_BYTES_MAX).collect(), reason };
    if glob.len() > GLOB_BYTES_MAX {
        return Err(fault(format!("it is longer than {GLOB_BYTES_MAX} bytes")));
    }
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    let built = built.map_err(|error| fault(error.kind().to_string()))?;
    GlobSetBuilder::new().add(built).build().map_err(|_| fault("it is nested too deep, or too large".to_owned()))
}
