//! Where a database is from, and when: a file beside the index, outside of its digest, so that the same records keep
//! giving the same bytes.
//!
//! The records themselves cannot tell how fresh a database is: the newest `modified` among real ones lies in the future
//! now and then, and nobody touches an advisory because an export was made.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The file beside the index.
const FILE_NAME: &str = "advisories.origin.json";

/// Largest file that is read, in bytes. One entry is a few hundred, and there is one for each ecosystem.
const BYTES_MAX: u64 = 1 << 20;

/// The account of how a database came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Digest of the database it is about: beside another one it says nothing.
    pub digest: String,
    /// How.
    pub how: How,
    /// Imported: when. Updated: when mirrors last said that this is what they have, for the ecosystem where that is
    /// longest ago.
    pub at: Timestamp,
    /// What an update was made of; empty for an import.
    #[serde(default)]
    pub sources: Vec<SourceFile>,
}

/// How a database came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// From files that were there. How old those were, nobody knows.
    Imported,
    /// From mirrors.
    Updated,
}

impl How {
    /// For a person, before a date.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Updated => "updated",
        }
    }
}

/// One downloaded file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// OSV's name of the ecosystem.
    pub ecosystem: String,
    /// The mirror.
    pub from: String,
    /// Of the file, in hexadecimal digits.
    pub sha256: String,
    /// Of the file.
    pub bytes: u64,
    /// When the mirror says it was made, as it says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// When it was downloaded.
    pub fetched_at: Timestamp,
    /// When a mirror last said that it has no other.
    pub checked_at: Timestamp,
}

/// Why it is not known where a database is from.
#[derive(Debug, thiserror::Error)]
pub enum OriginError {
    /// Made by an older Chiron, or copied without it.
    #[error("`{FILE_NAME}` is not there")]
    Missing,
    /// It belongs to another database.
    #[error("`{FILE_NAME}` is about another database")]
    OfAnother,
    /// Too long, or not what is written there.
    #[error("`{FILE_NAME}` cannot be read: {0}")]
    Unreadable(String),
}

impl Origin {
    /// Reads what lies beside the database with this digest.
    ///
    /// # Errors
    /// See [`OriginError`].
    pub fn read(dir: &Path, digest: &str) -> Result<Self, OriginError> {
        let path = dir.join(FILE_NAME);
        let unreadable = |reason: &dyn std::fmt::Display| OriginError::Unreadable(reason.to_string());
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OriginError::Missing),
            Err(error) => return Err(unreadable(&error)),
        };
        if length > BYTES_MAX {
            return Err(unreadable(&format!("longer than {BYTES_MAX} bytes")));
        }
        let bytes = fs::read(&path).map_err(|error| unreadable(&error))?;
        let origin: Self = serde_json::from_slice(&bytes).map_err(|error| unreadable(&error))?;
        if origin.digest == digest { Ok(origin) } else { Err(OriginError::OfAnother) }
    }

    /// Puts it beside the database, whole or not at all.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        write_json(&dir.join(FILE_NAME), self)
    }
}

/// Writes a small file whole or not at all.
///
/// # Errors
/// What the operating system says.
pub fn write_json(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec_pretty(value).map_err(io::Error::other)?;
    let dir: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Readable as the index is: whoever judges by the one asks the other how old it is.
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(dir)?;
    file.write_all(&text)?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_speaks_of_one_database_alone() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Origin::read(dir.path(), "sha256:a"), Err(OriginError::Missing)));
        let at = "2026-01-01T00:00:00Z".parse().unwrap();
        let origin = Origin { digest: "sha256:a".to_owned(), how: How::Imported, at, sources: Vec::new() };
        origin.write(dir.path()).unwrap();
        assert_eq!(Origin::read(dir.path(), "sha256:a").unwrap(), origin);
        assert!(matches!(Origin::read(dir.path(), "sha256:b"), Err(OriginError::OfAnother)));
        fs::write(dir.path().join(FILE_NAME), "{").unwrap();
        assert!(matches!(Origin::read(dir.path(), "sha256:a"), Err(OriginError::Unreadable(_))));
    }
}
