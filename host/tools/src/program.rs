//! The program itself: found, and read once while planning, hashed on its way into memory that nobody can change any more. That
//! memory is what runs, whatever is on disk by then.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::{Read, Write};
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::sync::Arc;

use chiron_model::digest::Digest;
#[cfg(target_os = "linux")]
use rustix::fs::{MemfdFlags, SealFlags};
use sha2::{Digest as _, Sha256};

use crate::elf::{self, Kind};
#[cfg(not(target_os = "linux"))]
use crate::error::Error;

/// Largest program, in bytes. Trivy is about 150 MB.
pub const PROGRAM_BYTES_MAX: u64 = 1 << 30;

/// A program, as it was when it was planned. On Linux it holds the program's bytes, shared by its clones.
#[derive(Clone, Debug)]
pub struct Pinned {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Whether it needs libraries.
    pub linkage: Linkage,
    /// The bytes that were hashed.
    #[cfg(target_os = "linux")]
    memory: Arc<OwnedFd>,
}

/// Whether a program needs the system's libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// It stands alone.
    Static,
    /// It asks for a loader and libraries.
    Dynamic,
}

/// Why a file is no program that can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProgramError {
    /// Not in any folder of `PATH`.
    #[error("there is no program `{name}` in PATH")]
    NotInPath {
        /// As asked for.
        name: String,
    },
    /// It cannot be read.
    #[error("failed to read the program {}: {reason}", path.display())]
    Unreadable {
        /// Where it should be.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// It cannot be executed.
    #[error("{} is not an executable file", path.display())]
    NotExecutable {
        /// Where it is.
        path: PathBuf,
    },
    /// A script: what runs would be its interpreter, whose bytes nobody pinned.
    #[error("{} is a script, and what would run is its interpreter, which nobody pinned", path.display())]
    Script {
        /// Where it is.
        path: PathBuf,
    },
    /// No program of this system.
    #[error("{} is no program of this system", path.display())]
    Unknown {
        /// Where it is.
        path: PathBuf,
    },
    /// The system gives no memory to hold it.
    #[error("failed to hold {} in memory: {reason}", path.display())]
    NotHeld {
        /// Where it is.
        path: PathBuf,
        /// From the system.
        reason: String,
    },
    /// Too large to be copied into memory.
    #[error("{} is larger than {PROGRAM_BYTES_MAX} bytes", path.display())]
    TooLarge {
        /// Where it is.
        path: PathBuf,
    },
}

/// This machine, as chiron.lock names it, e.g. `linux-x86_64`.
#[must_use]
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Where a program is: relative to `folder` when its name holds a slash, else the first of that name in `search`, the
/// text of `PATH`. Relative folders in there are passed over: what they hold depends on where one stands.
///
/// # Errors
/// [`ProgramError::NotInPath`].
pub fn find(name: &str, folder: &Path, search: &std::ffi::OsStr) -> Result<PathBuf, ProgramError> {
    if name.contains('/') {
        return Ok(folder.join(name));
    }
    let folders = std::env::split_paths(search).filter(|folder| folder.is_absolute());
    let mut candidates = folders.map(|folder| folder.join(name));
    let found = candidates.find(|path| path.metadata().is_ok_and(|file| is_executable(&file)));
    found.ok_or_else(|| ProgramError::NotInPath { name: name.to_owned() })
}

impl Pinned {
    /// Reads a program as it is now.
    ///
    /// # Errors
    /// What cannot be run: see [`ProgramError`].
    #[cfg(target_os = "linux")]
    pub fn of(path: &Path) -> Result<Self, ProgramError> {
        let not_held = |error: rustix::io::Errno| ProgramError::NotHeld {
            path: path.to_owned(),
            reason: std::io::Error::from(error).to_string(),
        };
        let mut memory = memory().map_err(not_held)?;
        let (digest, kind) = pour(path, &mut memory)?;
        let linkage = linkage(kind, path)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        rustix::fs::fcntl_add_seals(&memory, seals).map_err(not_held)?;
        Ok(Self { path: path.to_owned(), digest, linkage, memory: Arc::new(memory.into()) })
    }

    /// Hashes a program as it is now.
    ///
    /// # Errors
    /// What cannot be run: see [`ProgramError`].
    #[cfg(not(target_os = "linux"))]
    pub fn of(path: &Path) -> Result<Self, ProgramError> {
        let (digest, kind) = pour(path, std::io::sink())?;
        Ok(Self { path: path.to_owned(), digest, linkage: linkage(kind, path)? })
    }

    /// What is executed.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> &Arc<OwnedFd> {
        &self.memory
    }

    /// Copies the program to a place of our own, hashing what is copied.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn copy(&self, to: &Path) -> Result<(), Error> {
        let copy = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o500).open(to);
        let (found, _) = pour(&self.path, copy.map_err(Error::io("copy a program"))?)?;
        if found == self.digest { Ok(()) } else { Err(Error::DigestMismatch { planned: self.digest.clone(), found }) }
    }
}

/// Memory that a program can be executed from, and that can be sealed.
#[cfg(target_os = "linux")]
fn memory() -> Result<File, rustix::io::Errno> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know that memory can be refused execution.
    let memory = rustix::fs::memfd_create("tool", flags | MemfdFlags::EXEC);
    memory.or_else(|_| rustix::fs::memfd_create("tool", flags)).map(File::from)
}

fn linkage(kind: Kind, path: &Path) -> Result<Linkage, ProgramError> {
    match kind {
        Kind::Static => Ok(Linkage::Static),
        Kind::Dynamic => Ok(Linkage::Dynamic),
        Kind::Script => Err(ProgramError::Script { path: path.to_owned() }),
        // Other systems have other formats; what does not run there says so when it is started.
        Kind::Unknown if cfg!(not(target_os = "linux")) => Ok(Linkage::Dynamic),
        Kind::Unknown => Err(ProgramError::Unknown { path: path.to_owned() }),
    }
}

fn is_executable(file: &std::fs::Metadata) -> bool {
    file.is_file() && file.mode() & 0o111 != 0
}

/// Reads a program once, into `to`: its digest and what its first bytes say.
fn pour(path: &Path, mut to: impl Write) -> Result<(Digest, Kind), ProgramError> {
    let unreadable =
        |error: std::io::Error| ProgramError::Unreadable { path: path.to_owned(), reason: error.to_string() };
    // A named pipe must not hold up the plan.
    let nonblock = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(nonblock).open(path).map_err(unreadable)?;
    if !is_executable(&file.metadata().map_err(unreadable)?) {
        return Err(ProgramError::NotExecutable { path: path.to_owned() });
    }
    let mut file = file.take(PROGRAM_BYTES_MAX + 1);
    let (mut hash, mut head, mut chunk, mut size) = (Sha256::new(), Vec::new(), vec![0; 1 << 18], 0);
    loop {
        let read = file.read(&mut chunk).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        let bytes = &chunk[..read];
        hash.update(bytes);
        to.write_all(bytes).map_err(unreadable)?;
        head.extend_from_slice(&bytes[..read.min(elf::HEAD_BYTES - head.len())]);
        size += read as u64;
    }
    if size > PROGRAM_BYTES_MAX {
        return Err(ProgramError::TooLarge { path: path.to_owned() });
    }
    Ok((Digest::from_sha256(hash.finalize().into()), elf::kind(&head)))
}
