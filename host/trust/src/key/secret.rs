//! Secrets: where they are, reading them, and forgetting them.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::KeyError;

/// Permission bits by which other users of the machine reach a file at all.
pub(super) const REACHABLE: u32 = 0o077;

/// Permission bits by which other users of the machine change a file.
pub(super) const WRITABLE: u32 = 0o022;

/// Largest password file.
const PASSWORD_BYTES_MAX: usize = 4096;

/// Where a secret is. It is read when it is needed, and stands in no file, log or report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file that only its owner reaches.
    File(PathBuf),
}

/// A secret. Its bytes are wiped when it is dropped, and nothing shows them.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes bytes over. Whoever has another copy wipes it.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn as_str(&self) -> Result<&str, KeyError> {
        std::str::from_utf8(&self.0).map_err(|_| KeyError::NotPem)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl SecretSource {
    /// Reads it. One line end at the end of a file is the editor's and not the password's.
    ///
    /// # Errors
    /// When the variable is not set, or the file cannot be read or is open to other users.
    pub fn read(&self) -> Result<Secret, KeyError> {
        match self {
            Self::Env(name) => {
                use std::os::unix::ffi::OsStringExt as _;
                let value = std::env::var_os(name).ok_or_else(|| KeyError::NoVariable { name: name.clone() })?;
                Ok(Secret::new(value.into_vec()))
            }
            Self::File(path) => {
                let file = read(path, PASSWORD_BYTES_MAX)?;
                file.check_mode(path, REACHABLE)?;
                let text = file.text.strip_suffix('\n').unwrap_or(&file.text);
                Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text).as_bytes().to_vec()))
            }
        }
    }
}

/// What a file holds, and who reaches it.
pub(super) struct SecretFile {
    pub(super) text: Zeroizing<String>,
    mode: Option<u32>,
}

impl SecretFile {
    /// Refuses a file that grants others any of these bits. Looked at on the open file, so that no other can be put in its place.
    pub(super) fn check_mode(&self, path: &Path, closed: u32) -> Result<(), KeyError> {
        match self.mode {
            Some(mode) if mode & closed != 0 => Err(KeyError::Exposed { path: path.to_owned(), mode: mode & 0o777 }),
            _ => Ok(()),
        }
    }
}

/// Reads a file of at most so many bytes. The buffer has its full size from the start: a vector that grows leaves copies
/// behind. A pipe (`<(...)`) has no permissions of its own.
pub(super) fn read(path: &Path, max: usize) -> Result<SecretFile, KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Zeroizing::new(vec![0_u8; max + 1]);
    let mut file = File::open(path).map_err(unreadable)?;
    let facts = file.metadata().map_err(unreadable)?;
    let mode = facts.is_file().then(|| facts.permissions().mode());
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read(&mut bytes[filled..]).map_err(unreadable)? {
            0 => break,
            count => filled += count,
        }
    }
    if filled > max {
        return Err(KeyError::TooLarge { max });
    }
    let text = std::str::from_utf8(&bytes[..filled]).map_err(|_| KeyError::NotPem)?;
    Ok(SecretFile { text: Zeroizing::new(text.to_owned()), mode })
}
