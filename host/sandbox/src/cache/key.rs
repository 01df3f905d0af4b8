//! The machine-local key, under which entries carry their MAC.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use super::RANDOM_CHARS;

const FILE: &str = "key";

/// What the name of a key begins with that is being made.
pub(super) const MAKING: &str = ".key-";

/// The key of a folder, made where it is not there. Of two processes that make one at once, one wins and both use it.
///
/// # Errors
/// From the system; and a file of that name which is no key. A key is written whole or not at all, so that it is somebody else's file:
/// it is not touched.
pub(super) fn of(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join(FILE);
    if let Some(key) = read(&path) {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let mut file = tempfile::Builder::new()
        .prefix(MAKING)
        .rand_bytes(RANDOM_CHARS)
        .permissions(Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(key),
        Err(failed) => read(&path).ok_or_else(|| {
            if failed.error.kind() == ErrorKind::AlreadyExists {
                io::Error::other(format!("the file `{FILE}` in it is not this cache's own"))
            } else {
                failed.error
            }
        }),
    }
}

fn read(path: &Path) -> Option<[u8; 32]> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 {
        return None;
    }
    fs::read(path).ok()?.try_into().ok()
}
