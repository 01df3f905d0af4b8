//! Files on disk, opened so that no symlink leads out of the root, and checked to stay what they were.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};

use crate::error::Error;

/// What tells one state of a file from another. The change time is part of it because, unlike the modification time, no
/// system call sets it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    pub(crate) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// An open regular file and the state it was first seen in.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    name: String,
    identity: Identity,
}

impl DiskFile {
    /// Opens a file that the operator named; symlinks on the way are the operator's own and are followed.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be opened or is no regular file.
    pub(crate) fn open(path: &Path, name: &str) -> Result<Self, Error> {
        let fd = rustix::fs::openat(CWD, path, FILE, Mode::empty()).map_err(|errno| Error::io(name, errno.into()))?;
        Self::new(fd, name)
    }

    /// Opens `path` below `root`, one component after the other, each with `O_NOFOLLOW`.
    ///
    /// A path checked first and opened by name afterwards could have a symlink swapped into any of its components in
    /// between. Here each component is opened relative to the descriptor of the one before it, so there is no in between.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Changed`] when a component has gone or has become a link.
    pub(crate) fn open_below(root: BorrowedFd<'_>, path: &OsStr, name: &str) -> Result<Self, Error> {
        let fd = below(root, path, FILE | OFlags::NOFOLLOW).map_err(|source| moved(name, source))?;
        Self::new(fd, name)
    }

    fn new(fd: OwnedFd, name: &str) -> Result<Self, Error> {
        let file = File::from(fd);
        let identity = identity(&file).map_err(|source| Error::io(name, source))?;
        let name = name.to_owned();
        Ok(Self { file, name, identity })
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity
    }

    /// Refuses the file unless it is in the state that was hashed.
    ///
    /// # Errors
    /// [`Error::Changed`].
    pub(crate) fn expect(self, hashed: &Identity) -> Result<Self, Error> {
        if self.identity == *hashed {
            return Ok(self);
        }
        Err(Error::Changed { name: self.name })
    }

    /// Reads at an offset, then looks whether the file is still what it was. A writer that changes bytes within one tick of
    /// the file system's clock (about 4 ms on Linux) of the opening can escape this.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Changed`].
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
        let failed = |source| Error::io(&self.name, source);
        let length = self.file.read_at(buffer, offset).map_err(failed)?;
        if identity(&self.file).map_err(failed)? != self.identity {
            return Err(Error::Changed { name: self.name.clone() });
        }
        Ok(length)
    }
}

/// Opens the root of a tree; a symlink there is the operator's own.
///
/// # Errors
/// What the system says.
pub(crate) fn open_root(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(CWD, path, FOLDER, Mode::empty())?)
}

/// The target of the symlink at `path` below `root`.
///
/// # Errors
/// What the system says; never follows a link to get there.
pub(crate) fn read_link(root: BorrowedFd<'_>, path: &OsStr) -> io::Result<Vec<u8>> {
    let (folder, last) = split(path);
    let parent = match folder {
        Some(folder) => Some(below(root, folder, FOLDER | OFlags::NOFOLLOW)?),
        None => None,
    };
    let parent = parent.as_ref().map_or(root, AsFd::as_fd);
    Ok(rustix::fs::readlinkat(parent, last, Vec::new())?.into_bytes())
}

/// NONBLOCK so that a FIFO put in a file's place cannot hold us; it means nothing for regular files.
const FILE: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::DIRECTORY);

fn below(root: BorrowedFd<'_>, path: &OsStr, last_flags: OFlags) -> io::Result<OwnedFd> {
    let mut folder: Option<OwnedFd> = None;
    let mut segments = path.as_bytes().split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        if matches!(segment, b"" | b"." | b"..") {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let flags = match segments.peek() {
            Some(_) => FOLDER | OFlags::NOFOLLOW,
            None => last_flags,
        };
        let at = folder.as_ref().map_or(root, AsFd::as_fd);
        folder = Some(rustix::fs::openat(at, OsStr::from_bytes(segment), flags, Mode::empty())?);
    }
    folder.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn split(path: &OsStr) -> (Option<&OsStr>, &OsStr) {
    match path.as_bytes().iter().rposition(|byte| *byte == b'/') {
        Some(slash) => {
            let (folder, last) = path.as_bytes().split_at(slash);
            (Some(OsStr::from_bytes(folder)), OsStr::from_bytes(&last[1..]))
        }
        None => (None, path),
    }
}

/// A component that is gone, or a link now, was there when the directory was walked.
fn moved(name: &str, source: io::Error) -> Error {
    use rustix::io::Errno;
    let gone = [Errno::NOENT, Errno::LOOP, Errno::NOTDIR, Errno::MLINK, Errno::NXIO];
    match source.raw_os_error() {
        Some(code) if gone.iter().any(|errno| errno.raw_os_error() == code) => Error::Changed { name: name.to_owned() },
        _ => Error::io(name, source),
    }
}

fn identity(file: &File) -> io::Result<Identity> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(Identity {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_component_may_be_a_link() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        std::fs::write(folder.path().join("real/x"), b"x").unwrap();
        symlink("real", folder.path().join("alias")).unwrap();
        symlink("/etc/passwd", folder.path().join("real/out")).unwrap();
        let root = open_root(folder.path()).unwrap();
        let open = |path: &str| DiskFile::open_below(root.as_fd(), OsStr::new(path), path);
        assert!(open("real/x").is_ok());
        assert!(matches!(open("alias/x"), Err(Error::Changed { .. })));
        assert!(matches!(open("real/out"), Err(Error::Changed { .. })));
        for outside in ["../x", "real/../real/x", "/etc/passwd", "", "real//x"] {
            assert!(open(outside).is_err(), "{outside}");
        }
        assert_eq!(read_link(root.as_fd(), OsStr::new("real/out")).unwrap(), b"/etc/passwd");
        assert!(read_link(root.as_fd(), OsStr::new("alias/out")).is_err());
    }

    #[test]
    fn a_pipe_in_a_files_place_does_not_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        rustix::fs::mknodat(CWD, &path, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        assert!(DiskFile::open(&path, "pipe").is_err());
    }
}
