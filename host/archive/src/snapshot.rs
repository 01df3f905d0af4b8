//! A subject, hashed once.

use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chiron_model::digest::Digest;
use chiron_model::subject::DIRECTORY_DIGEST;

use crate::blob::{Blob, Contents, Context, examine, file_name};
use crate::data::Data;
use crate::directory::{self, Found, What, shown};
use crate::disk::{self, DiskFile, Identity};
use crate::error::Error;
use crate::index::{Place, Row};
use crate::limits::Limits;
use crate::media::types;
use crate::tree::{Entry, EntryKind, Tree};
use crate::walk::{LeftOut, Walk};

/// What can be read of a subject.
#[derive(Clone, Debug)]
pub enum Source {
    /// The subject is one file.
    File(Blob),
    /// The subject is a directory.
    Directory(Tree),
}

/// A regular file of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Relative to the directory.
    pub path: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Digest,
    /// By content ([`crate::media_types`]).
    pub media_type: String,
}

/// A symlink of a directory. It is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkEntry {
    /// Relative to the directory.
    pub path: String,
    /// As written, lossy.
    pub target: String,
}

/// Something in a directory that could not be read, so that the account of it is whole. It is not in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Relative to the directory; lossy and without control characters.
    pub path: String,
    /// Why, in words.
    pub reason: String,
}

/// A subject as it was when it was hashed. Whatever is opened from it is refused ([`Error::Changed`]) once it differs.
#[derive(Debug)]
pub struct Snapshot {
    /// `sha256` for a file; `chironDirV1` for a directory.
    pub digests: Vec<Digest>,
    /// In bytes, for a file.
    pub size: Option<u64>,
    /// By content, or `inode/directory`.
    pub media_type: String,
    /// Every regular file of a directory, sorted by path. Empty for a file.
    pub files: Vec<FileEntry>,
    /// Every symlink of a directory, sorted by path.
    pub links: Vec<LinkEntry>,
    /// Paths of FIFOs, sockets and devices of a directory, sorted. They are not opened.
    pub others: Vec<String>,
    /// Everything in a directory that could not be read, sorted by path.
    pub unreadable: Vec<Unreadable>,
    /// What of a directory was not walked and so not hashed, sorted by path.
    pub left_out: Vec<LeftOut>,
    ground: Ground,
}

#[derive(Debug)]
enum Ground {
    File { path: PathBuf, identity: Identity, sha256: Digest, media_type: &'static str, context: Context },
    Directory(Tree),
}

/// Reads a subject once and whole: hashes it, and finds out what it and its files are. See [`snapshot_of`].
///
/// # Errors
/// As [`snapshot_of`].
pub fn snapshot(path: &Path, limits: &Limits) -> Result<Snapshot, Error> {
    snapshot_of(path, limits, &Walk::everything())
}

/// Reads a subject once: hashes it, and finds out what it and its files are. `walk` says what of a directory is left out.
///
/// `path` itself may be a symlink, which is the operator's choice. Inside a directory none is followed. Files are hashed
/// side by side on rayon's pool.
///
/// # Errors
/// [`Error::Io`] when `path` cannot be read or is neither file nor directory; [`Error::Limit`] for too many files;
/// [`Error::Changed`] when something changes meanwhile.
pub fn snapshot_of(path: &Path, limits: &Limits, walk: &Walk) -> Result<Snapshot, Error> {
    let metadata = std::fs::metadata(path).map_err(|source| Error::io(&path.to_string_lossy(), source))?;
    let context = Context::new(limits);
    if metadata.is_dir() { of_directory(path, context, walk) } else { of_file(path, context) }
}

impl Snapshot {
    /// The subject, to be read.
    ///
    /// # Errors
    /// For a file as [`Snapshot::blob`]; a directory is always given.
    pub fn source(&self) -> Result<Source, Error> {
        match &self.ground {
            Ground::File { .. } => Ok(Source::File(self.blob(".")?)),
            Ground::Directory(tree) => Ok(Source::Directory(tree.clone())),
        }
    }

    /// One file: `.` for a subject that is a file, otherwise a path of [`Snapshot::files`]. Its SHA-256 is known already.
    ///
    /// # Errors
    /// [`Error::Changed`] when the file is not what was hashed; otherwise as [`Tree::open`].
    pub fn blob(&self, path: &str) -> Result<Blob, Error> {
        match &self.ground {
            Ground::Directory(tree) => tree.open(path),
            Ground::File { .. } if path != "." => Err(Error::NotFound { path: path.to_owned() }),
            Ground::File { path, identity, sha256, media_type, context } => {
                let name = file_name(path);
                let file = DiskFile::open(path, &name)?.expect(identity)?;
                let contents = Contents::Ready(Arc::new(Data::Disk(file)));
                Ok(Blob::new(&name, contents, context.clone(), 0).with_known(sha256.clone(), media_type))
            }
        }
    }
}

fn of_file(path: &Path, context: Context) -> Result<Snapshot, Error> {
    let name = path.to_string_lossy();
    let file = DiskFile::open(path, &name)?;
    let identity = file.identity();
    let (sha256, media_type) = examine(&Data::Disk(file), &name)?;
    let sha256 = Digest::from_sha256(sha256);
    Ok(Snapshot {
        digests: vec![sha256.clone()],
        size: Some(identity.size),
        media_type: media_type.to_owned(),
        files: Vec::new(),
        links: Vec::new(),
        others: Vec::new(),
        unreadable: Vec::new(),
        left_out: Vec::new(),
        ground: Ground::File { path: path.to_owned(), identity, sha256, media_type, context },
    })
}

fn of_directory(path: &Path, context: Context, walk: &Walk) -> Result<Snapshot, Error> {
    let name = path.to_string_lossy();
    let root = disk::open_root(path).map_err(|source| Error::io(&name, source))?;
    let (found, left_out) = directory::survey(root.as_fd(), path, &context.limits, walk)?;
    let digest = hex::encode(directory::digest(&found));
    let digest = Digest::new(DIRECTORY_DIGEST, &digest)
        .map_err(|error| Error::io(&name, std::io::Error::other(error.to_string())))?;
    let mut account = Account::default();
    for one in found {
        account.add(one);
    }
    Ok(Snapshot {
        digests: vec![digest],
        size: None,
        media_type: types::DIRECTORY.to_owned(),
        files: account.files,
        links: account.links,
        others: account.others,
        unreadable: account.unreadable,
        left_out,
        ground: Ground::Directory(Tree::of_directory(account.rows, root, &name, context)),
    })
}

/// What was found, sorted into what is shown of it.
#[derive(Default)]
struct Account {
    files: Vec<FileEntry>,
    links: Vec<LinkEntry>,
    others: Vec<String>,
    unreadable: Vec<Unreadable>,
    rows: Vec<Row>,
}

impl Account {
    fn add(&mut self, found: Found) {
        let path = shown(&found.raw);
        match found.what {
            What::Directory => self.row(path, EntryKind::Directory, 0, Place::Nowhere),
            What::Other => {
                self.others.push(path.clone());
                self.row(path, EntryKind::Other, 0, Place::Nowhere);
            }
            What::File(identity, sha256, media_type) => {
                self.files.push(FileEntry {
                    path: path.clone(),
                    size: identity.size,
                    sha256: Digest::from_sha256(sha256),
                    media_type: media_type.to_owned(),
                });
                let place = Place::Disk(identity, sha256, media_type);
                self.row(path, EntryKind::File, identity.size, place);
            }
            What::Link(target) => {
                let target = String::from_utf8_lossy(&target).into_owned();
                self.links.push(LinkEntry { path: path.clone(), target: target.clone() });
                self.row(path, EntryKind::Symlink, 0, Place::Link(target));
            }
            What::Unreadable(reason) => self.unreadable.push(Unreadable { path, reason }),
        }
    }

    fn row(&mut self, path: String, kind: EntryKind, size: u64, place: Place) {
        let entry = Entry { path, kind, size };
        self.rows.push(Row { entry, place });
    }
}
