//! Compiled plugins, kept between runs.
//!
//! Compiled code is native code: whoever can write it can run it. So it is only ever read from a folder of this user's
//! (mode 0700), each entry carries a MAC under a key that lies in that folder, and is bound to the component's digest
//! and the engine that made it. Whatever does not fit is compiled anew; nothing is ever taken from a registry, a
//! repository or another machine (LESSONS 13 and 14: the cases this answers).
//!
//! The folder may be one in which a user keeps other things: what does not have the name of a file of this cache's is not counted, not
//! changed and not removed.

mod key;

use std::fs::{self, DirBuilder, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chiron_model::digest::Digest;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use wasmtime::component::Component;

/// Most bytes the folder holds; beyond it the entries used least recently go. All first-party plugins together would be 13 MiB.
pub const CACHE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Largest entry that is read, in bytes.
const ENTRY_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// How old a file that is being written is before nobody writes it any more: the process that did was killed. Writing the largest
/// takes seconds.
const UNFINISHED_AGE: Duration = Duration::from_secs(60 * 60);

const ENTRY: &str = "compiled";
const WRITING: &str = ".writing-";
const MAC_BYTES: usize = 32;

/// Characters by which files that are being written differ from each other.
const RANDOM_CHARS: usize = 6;

/// A folder of compiled plugins.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    key: [u8; 32],
    bytes_max: u64,
}

/// What is in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheStatus {
    /// Where it is.
    pub folder: PathBuf,
    /// How many compiled plugins.
    pub entries: u64,
    /// Their size, and that of what was not written to its end.
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
    /// A folder that cannot be made, that others than this user can reach, or in which somebody else's file has the name of this
    /// cache's key: then plugins are compiled each time.
    pub fn open(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let metadata = fs::symlink_metadata(folder)?;
        let own = File::open("/proc/self").and_then(|own| own.metadata()).map_or(metadata.uid(), |own| own.uid());
        if !metadata.is_dir() || metadata.uid() != own || metadata.mode() & 0o077 != 0 {
            return Err(io::Error::other("the folder can be reached by others"));
        }
        Ok(Self { key: key::of(folder)?, folder: folder.to_path_buf(), bytes_max: CACHE_BYTES_MAX })
    }

    /// What is in it.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn status(&self) -> io::Result<CacheStatus> {
        let files = self.files()?;
        let bytes = files.iter().map(|file| file.bytes).sum();
        let entries = files.iter().filter(|file| file.kind == Kind::Entry).count() as u64;
        Ok(CacheStatus { folder: self.folder.clone(), entries, bytes })
    }

    /// Removes every entry, and what killed processes had not written to its end. The key stays, and so does all that is not this
    /// cache's.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn clean(&self) -> io::Result<CacheStatus> {
        let before = self.status()?;
        self.files()?.iter().try_for_each(|file| remove(&file.path))?;
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
        let mut file = tempfile::Builder::new().prefix(WRITING).rand_bytes(RANDOM_CHARS).tempfile_in(&self.folder)?;
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

    /// Removes what nobody writes any more, and then the entries used least recently, until the rest fits. What others write just now
    /// counts and stays.
    fn trim(&self) -> io::Result<()> {
        let (left, mut files): (Vec<_>, Vec<_>) = self.files()?.into_iter().partition(Kept::is_abandoned);
        left.iter().try_for_each(|file| remove(&file.path))?;
        files.sort_by_key(|file| file.used);
        let mut total: u64 = files.iter().map(|file| file.bytes).sum();
        for entry in files.iter().filter(|file| file.kind == Kind::Entry) {
            if total <= self.bytes_max {
                break;
            }
            remove(&entry.path)?;
            total -= entry.bytes;
        }
        Ok(())
    }

    /// The files of this cache, but for its key.
    fn files(&self) -> io::Result<Vec<Kept>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Some(kind) = path.file_name().and_then(|name| Kind::of(name.to_str()?)) else { continue };
            // Another process may have removed it meanwhile.
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.is_file() {
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push(Kept { path, kind, bytes: metadata.len(), used });
            }
        }
        Ok(files)
    }
}

/// What a file of this cache's is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A compiled plugin.
    Entry,
    /// What is being written, or was when its process was killed.
    Unfinished,
}

impl Kind {
    /// None for whatever this cache would not have written.
    fn of(name: &str) -> Option<Self> {
        let is_random = |rest: &str| rest.len() == RANDOM_CHARS && rest.bytes().all(|b| b.is_ascii_alphanumeric());
        if [WRITING, key::MAKING].iter().any(|prefix| name.strip_prefix(prefix).is_some_and(is_random)) {
            return Some(Self::Unfinished);
        }
        let is_hex =
            |text: &str, len: usize| text.len() == len && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let (digest, engine) = name.strip_suffix(ENTRY)?.strip_suffix('.')?.split_once('-')?;
        (is_hex(digest, 64) && is_hex(engine, 16)).then_some(Self::Entry)
    }
}

/// A file of this cache's.
struct Kept {
    path: PathBuf,
    kind: Kind,
    bytes: u64,
    used: SystemTime,
}

impl Kept {
    fn is_abandoned(&self) -> bool {
        // One from the future is as young as can be.
        let age = SystemTime::now().duration_since(self.used).unwrap_or_default();
        self.kind == Kind::Unfinished && age > UNFINISHED_AGE
    }
}

/// Bound to the component and to everything about the engine that its code depends on: version, settings, processor.
fn entry_name(engine: &wasmtime::Engine, digest: &Digest) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{:016x}.{ENTRY}", digest.hex(), hasher.finish())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What the program carries; None where this processor lacks what the code asks for.
pub(crate) fn part_of_the_program(engine: &wasmtime::Engine, code: &'static [u8]) -> Option<Component> {
    deserialize(engine, code)
}

#[allow(
    unsafe_code,
    reason = "the bytes are part of this program, or carry a MAC under a key that only this user can read, over code that \
              this host compiled and wrote for this very component and engine"
)]
fn deserialize(engine: &wasmtime::Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: see the reason above; wasmtime itself checks version, settings and processor again.
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(test)]
mod tests;
