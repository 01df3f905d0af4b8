//! Compiled plugins, kept between runs.
//!
//! Compiled code is native code: whoever can write it can run it. So it is only ever read from a folder of this user's
//! (mode 0700), each entry carries a MAC under a key that lies in that folder, and is bound to the component's digest
//! and the engine that made it. Whatever does not fit is compiled anew; nothing is ever taken from a registry, a
//! repository or another machine (LESSONS 13 and 14: the cases this answers).

use std::fs::{self, DirBuilder, File, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chiron_model::digest::Digest;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use wasmtime::component::Component;

/// Most bytes the folder holds; beyond it the entries used least recently go. All built-ins together are about 3 MiB.
pub const CACHE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Largest entry that is read, in bytes.
const ENTRY_BYTES_MAX: u64 = 128 * 1024 * 1024;

const KEY_FILE: &str = "key";
const ENTRY: &str = "compiled";
const MAC_BYTES: usize = 32;

/// A folder of compiled plugins.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    key: [u8; 32],
}

/// What is in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheStatus {
    /// Where it is.
    pub folder: PathBuf,
    /// How many compiled plugins.
    pub entries: u64,
    /// Their size.
    pub bytes: u64,
}

/// `$CHIRON_CACHE`, else `$XDG_CACHE_HOME/chiron`, else `~/.cache/chiron`; None without a home.
#[must_use]
pub fn default_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("CHIRON_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|home| home.join("chiron")))
        .or_else(|| set("HOME").map(|home| home.join(".cache").join("chiron")))
}

impl Cache {
    /// Opens the folder, and makes it where it is not there.
    ///
    /// # Errors
    /// A folder that cannot be made, or that others than this user can reach: then plugins are compiled each time.
    pub fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let metadata = fs::symlink_metadata(folder)?;
        let own = File::open("/proc/self").and_then(|own| own.metadata()).map_or(metadata.uid(), |own| own.uid());
        if !metadata.is_dir() || metadata.uid() != own || metadata.mode() & 0o077 != 0 {
            return Err(io::Error::other("the folder can be reached by others"));
        }
        Ok(Self { key: key(folder)?, folder: folder.to_path_buf() })
    }

    /// What is in it.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn status(&self) -> io::Result<CacheStatus> {
        let entries = self.entries()?;
        let bytes = entries.iter().map(|entry| entry.bytes).sum();
        Ok(CacheStatus { folder: self.folder.clone(), entries: entries.len() as u64, bytes })
    }

    /// Removes every entry, and what crashed runs left.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn clean(&self) -> io::Result<CacheStatus> {
        let before = self.status()?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name != KEY_FILE) {
                remove(&path)?;
            }
        }
        Ok(before)
    }

    /// The compiled form of a component; None where it is not there, is damaged, or was made by another engine.
    pub(crate) fn load(&self, engine: &wasmtime::Engine, digest: &Digest) -> Option<Component> {
        let name = entry_name(engine, digest);
        let path = self.folder.join(&name);
        let mut bytes = Vec::new();
        File::open(&path).ok()?.take(ENTRY_BYTES_MAX).read_to_end(&mut bytes).ok()?;
        let (mac, code) = bytes.split_at_checked(MAC_BYTES)?;
        self.mac(&name, code).verify_slice(mac).ok()?;
        // Marks it as used, for `trim`. That it could not be marked costs a compilation one day, no more.
        let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        deserialize(engine, code)
    }

    /// Keeps a compiled component. A cache that cannot be written costs time, not correctness, so nothing is reported.
    pub(crate) fn store(&self, engine: &wasmtime::Engine, digest: &Digest, component: &Component) {
        let Ok(code) = component.serialize() else { return };
        let name = entry_name(engine, digest);
        let _ = self.write(&name, &code).and_then(|()| self.trim());
    }

    fn write(&self, name: &str, code: &[u8]) -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(&self.folder)?;
        file.write_all(&self.mac(name, code).finalize().into_bytes())?;
        file.write_all(code)?;
        // Not synced: a torn entry fails its MAC and is compiled anew.
        file.persist(self.folder.join(name)).map_err(|failed| failed.error)?;
        Ok(())
    }

    /// Over the name too: an entry that was renamed is not the entry of that name.
    fn mac(&self, name: &str, code: &[u8]) -> Hmac<Sha256> {
        // A key shorter than a block is padded with zeros (RFC 2104, section 2); given so, there is no length to get wrong.
        let mut block = [0; 64];
        block[..self.key.len()].copy_from_slice(&self.key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(&(name.len() as u64).to_le_bytes());
        mac.update(name.as_bytes());
        mac.update(code);
        mac
    }

    fn trim(&self) -> io::Result<()> {
        let mut entries = self.entries()?;
        entries.sort_by_key(|entry| entry.used);
        let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        for entry in entries {
            if total <= CACHE_BYTES_MAX {
                break;
            }
            remove(&entry.path)?;
            total -= entry.bytes;
        }
        Ok(())
    }

    fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if path.extension().is_some_and(|extension| extension == ENTRY) {
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push(Entry { path, bytes: metadata.len(), used });
            }
        }
        Ok(entries)
    }
}

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Bound to the component and to everything about the engine that its code depends on: version, settings, processor.
fn entry_name(engine: &wasmtime::Engine, digest: &Digest) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}.{ENTRY}", digest.hex(), hasher.finish())
}

/// The machine-local key, made where it is not there. Of two processes that make one at once, one wins and both use it.
fn key(folder: &Path) -> io::Result<[u8; 32]> {
    let path = folder.join(KEY_FILE);
    if let Some(key) = read_key(&path) {
        return Ok(key);
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    let mut file =
        tempfile::Builder::new().prefix(".key-").permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(key),
        Err(_) if read_key(&path).is_none() => {
            // There, and no key: a crashed or tampered one. Every entry under it is void.
            fs::remove_file(&path)?;
            fs::write(&path, key)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(key)
        }
        Err(_) => read_key(&path).ok_or_else(|| io::Error::other("no key")),
    }
}

fn read_key(path: &Path) -> Option<[u8; 32]> {
    let metadata = fs::symlink_metadata(path).ok()?;
    if !metadata.is_file() || metadata.mode() & 0o077 != 0 {
        return None;
    }
    fs::read(path).ok()?.try_into().ok()
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[allow(
    unsafe_code,
    reason = "the bytes carry a MAC under a key that only this user can read, over code that this host compiled and \
              wrote for this very component and engine"
)]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: see the reason above; wasmtime itself checks version and settings again.
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine() -> wasmtime::Engine {
        wasmtime::Engine::new(&crate::engine::config(crate::engine::Tasks::Off)).unwrap()
    }

    fn filled() -> (tempfile::TempDir, Cache, wasmtime::Engine, Digest) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("cache")).unwrap();
        let engine = engine();
        let bytes = wat::parse_str("(component)").unwrap();
        let digest = Digest::sha256_of(&bytes);
        cache.store(&engine, &digest, &Component::from_binary(&engine, &bytes).unwrap());
        (folder, cache, engine, digest)
    }

    #[test]
    fn gives_back_what_was_kept_and_nothing_else() {
        let (_folder, cache, engine, digest) = filled();
        assert!(cache.load(&engine, &digest).is_some());
        assert!(cache.load(&engine, &Digest::sha256_of(b"other")).is_none());
        assert_eq!(cache.status().unwrap().entries, 1);
        cache.clean().unwrap();
        assert!(cache.load(&engine, &digest).is_none());
    }

    #[test]
    fn a_damaged_renamed_or_foreign_entry_is_not_loaded() {
        let (_folder, cache, engine, digest) = filled();
        let path = cache.entries().unwrap().remove(0).path;
        let good = fs::read(&path).unwrap();
        for place in [0, MAC_BYTES, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, bad).unwrap();
            assert!(cache.load(&engine, &digest).is_none(), "{place}");
        }
        fs::write(&path, &good[..good.len() / 2]).unwrap();
        assert!(cache.load(&engine, &digest).is_none());
        let other = Digest::sha256_of(b"other");
        fs::write(cache.folder.join(entry_name(&engine, &other)), &good).unwrap();
        assert!(cache.load(&engine, &other).is_none());
        // Another machine's key.
        fs::write(&path, &good).unwrap();
        let foreign = Cache { key: [7; 32], ..cache.clone() };
        assert!(foreign.load(&engine, &digest).is_none() && cache.load(&engine, &digest).is_some());
    }

    #[test]
    fn a_folder_that_others_can_reach_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        assert!(Cache::open(&open).is_err());
    }

    #[test]
    fn many_openers_agree_on_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys: Vec<_> = std::thread::scope(|scope| {
            let open = || Cache::open(&folder.path().join("cache")).unwrap().key;
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
