//! The module of a token: a library of its maker's, whose code runs in this process.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::{TokenError, TokenUri};

/// The variable in which cosign is told of the module.
pub const MODULE_VARIABLE: &str = "COSIGN_PKCS11_MODULE_PATH";

/// Largest module that is read, in bytes. The largest that makers of tokens give out are some tens of megabytes.
const MODULE_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Permission bits by which others change a file.
const WRITABLE: u32 = 0o022;

/// A module's file: looked at, and not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    named: PathBuf,
    path: PathBuf,
    digest: Digest,
    stamp: Stamp,
}

/// What changes when a file does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Module {
    /// The module that a URI names; where it names none, the one of [`MODULE_VARIABLE`].
    ///
    /// # Errors
    /// [`TokenError::NoModule`], and as [`Module::at`].
    pub fn of(uri: &TokenUri) -> Result<Self, TokenError> {
        let given = || std::env::var_os(MODULE_VARIABLE).filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = uri.module().map(Path::to_path_buf).or_else(given);
        Self::at(&path.ok_or(TokenError::NoModule { variable: MODULE_VARIABLE })?)
    }

    /// Looks at a file: what it is, who may write it, and its digest. Links are followed.
    ///
    /// # Errors
    /// When it cannot be read, is no file, or others may write it: whoever may is this process.
    pub fn at(named: &Path) -> Result<Self, TokenError> {
        let unreadable = |source| TokenError::ModuleUnreadable { path: named.to_owned(), source };
        // A library by its bare name would be looked for wherever the loader looks.
        if !named.is_absolute() {
            return Err(unreadable(io::Error::other("its path is not absolute")));
        }
        let path = named.canonicalize().map_err(unreadable)?;
        let mut file = File::open(&path).map_err(unreadable)?;
        let facts = file.metadata().map_err(unreadable)?;
        if !facts.is_file() || facts.len() > MODULE_BYTES_MAX {
            return Err(TokenError::NoFile { path: named.to_owned(), max: MODULE_BYTES_MAX });
        }
        if facts.mode() & WRITABLE != 0 {
            return Err(TokenError::ModuleExposed { path, mode: facts.mode() & 0o777 });
        }
        let digest = digest(&mut file).map_err(unreadable)?;
        Ok(Self { named: named.to_owned(), path, digest, stamp: Stamp::of(&facts) })
    }

    /// The file, as it was named.
    #[must_use]
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// The file, links followed: what is loaded.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name without folders, for reports.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// SHA-256 of its bytes. What it loads itself is not in it.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Refuses a file that is not the one whose digest is known. The time of change cannot be set back by whoever writes.
    ///
    /// # Errors
    /// [`TokenError::ModuleChanged`].
    pub fn unchanged(&self) -> Result<(), TokenError> {
        match std::fs::metadata(&self.path) {
            Ok(facts) if Stamp::of(&facts) == self.stamp => Ok(()),
            Ok(_) | Err(_) => Err(TokenError::ModuleChanged { path: self.path.clone() }),
        }
    }
}

impl Stamp {
    fn of(facts: &Metadata) -> Self {
        Self {
            device: facts.dev(),
            inode: facts.ino(),
            size: facts.size(),
            changed: (facts.ctime(), facts.ctime_nsec()),
        }
    }
}

fn digest(file: &mut File) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::from_sha256(hasher.finalize().into())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_module_is_a_file_of_its_owner_named_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("module.so"), folder.path().join("link.so"));
        std::fs::write(&file, "code").unwrap();
        let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o755);
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let module = Module::at(&link).unwrap();
        assert_eq!(module.digest(), &Digest::sha256_of(b"code"));
        assert_eq!((module.named(), module.file_name().as_str()), (link.as_path(), "module.so"));
        for writable in [0o775, 0o757] {
            mode(writable);
            assert!(matches!(Module::at(&file), Err(TokenError::ModuleExposed { mode, .. }) if mode == writable));
        }
        assert!(matches!(Module::at(folder.path()), Err(TokenError::NoFile { .. })));
        assert!(matches!(Module::at(&folder.path().join("no.so")), Err(TokenError::ModuleUnreadable { .. })));
        assert!(matches!(Module::at(Path::new("module.so")), Err(TokenError::ModuleUnreadable { .. })));
    }

    #[test]
    fn a_module_that_was_written_since_is_not_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("module.so");
        std::fs::write(&file, "code").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let module = Module::at(&file).unwrap();
        module.unchanged().unwrap();
        std::fs::write(&file, "other").unwrap();
        assert!(matches!(module.unchanged(), Err(TokenError::ModuleChanged { .. })));
        std::fs::remove_file(&file).unwrap();
        assert!(module.unchanged().is_err());
    }
}
