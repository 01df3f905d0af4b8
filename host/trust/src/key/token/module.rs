//! The module of a token: a library of its maker's, whose code runs in this process.

use std::fs::Metadata;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use sha2::{Digest as _, Sha256};

use super::{TokenError, TokenUri};
use crate::file::{self, others_may_replace_in, others_may_write};

/// The variable in which cosign is told of the module.
pub const MODULE_VARIABLE: &str = "COSIGN_PKCS11_MODULE_PATH";

/// Largest module that is read, in bytes. The largest that makers of tokens give out are some tens of megabytes.
const MODULE_BYTES_MAX: u64 = 512 * 1024 * 1024;

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
    /// When it cannot be read, is no file, or others may write it or put another in its place: whoever may is this process.
    pub fn at(named: &Path) -> Result<Self, TokenError> {
        let unreadable = |source| TokenError::ModuleUnreadable { path: named.to_owned(), source };
        // A library by its bare name would be looked for wherever the loader looks.
        if !named.is_absolute() {
            return Err(unreadable(io::Error::other("its path is not absolute")));
        }
        let path = named.canonicalize().map_err(unreadable)?;
        let (file, facts) = match file::open(&path) {
            Ok((file, facts)) if facts.len() <= MODULE_BYTES_MAX => (file, facts),
            Err(error) if error.kind() != io::ErrorKind::InvalidInput => return Err(unreadable(error)),
            Ok(_) | Err(_) => return Err(TokenError::NoFile { path: named.to_owned(), max: MODULE_BYTES_MAX }),
        };
        if let Some((at, found)) = exposed(&path, &facts).map_err(unreadable)? {
            let (at, owner, mode) = (at.to_owned(), found.uid(), found.mode() & 0o7777);
            return Err(TokenError::ModuleExposed { at, owner, mode, path });
        }
        // One that grows meanwhile is another than the one that was looked at.
        let digest = digest(&mut file.take(facts.len())).map_err(unreadable)?;
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

/// What others may write of a file and all folders above it. Into its own folder nobody else may put anything: what a module loads besides
/// is looked for there. Those above may have the sticky bit, as /tmp has: what lies in one is its owner's, who is looked at too.
fn exposed<'a>(path: &'a Path, facts: &Metadata) -> io::Result<Option<(&'a Path, Metadata)>> {
    if others_may_write(facts) {
        return Ok(Some((path, facts.clone())));
    }
    for (height, folder) in path.ancestors().skip(1).enumerate() {
        let facts = std::fs::metadata(folder)?;
        if if height == 0 { others_may_write(&facts) } else { others_may_replace_in(&facts) } {
            return Ok(Some((folder, facts)));
        }
    }
    Ok(None)
}

fn digest(file: &mut impl io::Read) -> io::Result<Digest> {
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
        assert!(matches!(Module::at(&crate::sample::fifo(folder.path())), Err(TokenError::NoFile { .. })));
        assert!(matches!(Module::at(folder.path()), Err(TokenError::NoFile { .. })));
        assert!(matches!(Module::at(&folder.path().join("no.so")), Err(TokenError::ModuleUnreadable { .. })));
        assert!(matches!(Module::at(Path::new("module.so")), Err(TokenError::ModuleUnreadable { .. })));
    }

    #[test]
    fn a_module_lies_where_nobody_else_may_put_another() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().canonicalize().unwrap().join("lib");
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("module.so");
        std::fs::write(&file, "code").unwrap();
        let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let refused = || match Module::at(&file) {
            Err(TokenError::ModuleExposed { at, .. }) => Some(at),
            other => other.map(|_| None).unwrap(),
        };
        mode(&file, 0o644);
        mode(&folder, 0o755);
        assert_eq!(refused(), None);
        // What the module loads besides would be theirs, whether or not the module is.
        for open in [0o775, 0o1777] {
            mode(&folder, open);
            assert_eq!(refused().as_deref(), Some(&*folder));
        }
        mode(&folder, 0o755);
        mode(above.path(), 0o777);
        assert_eq!(refused().as_deref(), folder.parent());
        mode(above.path(), 0o1777);
        assert_eq!(refused(), None);
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root gives files away");
            return;
        }
        for path in [&file, &folder] {
            std::os::unix::fs::chown(path, Some(4321), None).unwrap();
            assert_eq!(refused().as_ref(), Some(path));
            std::os::unix::fs::chown(path, Some(0), None).unwrap();
        }
        assert_eq!(refused(), None);
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
