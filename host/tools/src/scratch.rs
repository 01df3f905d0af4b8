//! Folders for one piece of work, gone afterwards: also those of a process that was killed.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// What every scratch folder's name begins with: by this name alone the next run deletes it, in a folder that a user may have named.
const PREFIX: &str = "chiron-work-";

/// Name of the file in it that its owner holds locked.
const LOCK: &str = "lock";

/// A folder of this user's alone. Dropping it deletes it; a process that dies holding it leaves it to the next sweep.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Locked for as long as the folder is in use: the system unlocks it when the process ends, however it ends.
    _lock: File,
}

/// Where scratch folders are unless told otherwise: beside the cache of compiled plugins. None where this machine has no
/// home folder.
#[must_use]
pub fn default_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CHIRON_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|home| home.join("chiron")))
        .or_else(|| set("HOME").map(|home| home.join(".cache").join("chiron")))
        .map(|cache| cache.join("scratch"))
}

impl Scratch {
    /// Makes a folder in `base`, which is made where it is not there.
    ///
    /// # Errors
    /// A base that cannot be made, or that is not this user's alone.
    pub fn new(base: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(base)?;
        let kind = fs::symlink_metadata(base)?;
        if !kind.is_dir() || kind.permissions().mode() & 0o077 != 0 {
            return Err(io::Error::other(format!("{} is open to other users", base.display())));
        }
        let base = base.canonicalize()?;
        // Nobody sweeps between a folder's making and its lock.
        let _guard = locked(&base.join(LOCK))?;
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir_in(base)?.keep();
        let lock = locked(&path.join(LOCK))?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is: an absolute path without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a folder in it.
    ///
    /// # Errors
    /// From the system.
    pub fn folder(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(path)
    }

    /// Deletes what processes left that are no more. What cannot be deleted stays for the next time.
    ///
    /// # Errors
    /// A base that cannot be read.
    pub fn sweep(base: &Path) -> io::Result<usize> {
        if !base.is_dir() {
            return Ok(0);
        }
        let _guard = locked(&base.join(LOCK))?;
        let mut swept = 0;
        for entry in fs::read_dir(base)? {
            let entry = entry?;
            let ours = entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type()?.is_dir();
            if ours && is_abandoned(&entry.path()) {
                delete(&entry.path());
                swept += 1;
            }
        }
        Ok(swept)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        delete(&self.path);
    }
}

/// A lock file, held. It is opened anew each time, since the lock belongs to the open file.
fn locked(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.lock()?;
    Ok(file)
}

fn is_abandoned(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(file) => file.try_lock().is_ok(),
        // Its maker died between folder and lock: it holds the base's lock meanwhile, and so do we now.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Deletes a folder, also where a program took away its own rights to write there. Links are not followed.
fn delete(path: &Path) {
    if fs::remove_dir_all(path).is_ok() {
        return;
    }
    open_up(path);
    // What is left, the next sweep tries again.
    let _ = fs::remove_dir_all(path);
}

fn open_up(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let Ok(entries) = fs::read_dir(folder) else { return };
    let inner = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    inner.for_each(|entry| open_up(&entry.path()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_gone_when_it_is_dropped_whatever_its_rights() {
        let base = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(&base.path().join("scratch")).unwrap();
        let inner = scratch.folder("inner").unwrap();
        fs::write(inner.join("file"), "x").unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o000)).unwrap();
        let path = scratch.path().to_owned();
        drop(scratch);
        assert!(!path.exists());
    }

    #[test]
    fn what_a_dead_process_left_is_swept_and_what_is_in_use_is_not() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().join("scratch");
        let used = Scratch::new(&base).unwrap();
        let left = base.join("chiron-work-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        fs::write(base.join("note"), "not ours").unwrap();
        fs::create_dir(base.join("work-of-years")).unwrap();
        assert_eq!(Scratch::sweep(&base).unwrap(), 1);
        assert!(used.path().exists() && !left.exists());
        assert!(base.join("note").exists() && base.join("work-of-years").exists());
    }

    #[test]
    fn a_base_that_others_can_reach_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let open = base.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Scratch::new(&open).is_err());
    }
}
