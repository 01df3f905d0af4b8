//! What is kept of a repository: one file, so that it is the old one or the new one and never a mixture of two.
//!
//! It holds the metadata and targets as they were signed, byte for byte, because that is what signatures and digests are over. Nothing
//! of it is believed for lying there: see [`Store::verify`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::shown;
use super::repository::Shelf;
use super::{Known, RepositoryName, TufError};
use crate::strict_json;

/// Largest store that is read, in bytes. Sigstore's is about 60 KiB; a root is at most 500 KiB.
pub(super) const STORE_BYTES_MAX: usize = 16 << 20;

/// What such a file says it is.
const FORMAT: &str = "chiron-tuf-store/1";

/// A repository, as it was when it was refreshed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The mirror that was asked last.
    pub mirror: String,
    /// When.
    pub updated_at: Timestamp,
    /// The root that trust begins with; None where that is part of Chiron.
    pub(super) begin: Option<String>,
    pub(super) kept: Files,
}

/// Metadata and targets, as they were signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Files {
    /// Roots after the first, by version.
    pub(super) roots: BTreeMap<u64, String>,
    pub(super) timestamp: String,
    pub(super) snapshot: String,
    pub(super) targets: String,
    /// Delegated roles that lead to a target, by the name of their file.
    pub(super) delegated: BTreeMap<String, String>,
    /// Targets, by name.
    pub(super) files: BTreeMap<String, String>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    mirror: String,
    updated_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begin: Option<String>,
    kept: Files,
}

impl Store {
    /// Reads one, and verifies nothing.
    ///
    /// # Errors
    /// [`TufError::Store`]: too large, no JSON, or of another form.
    pub fn parse(bytes: &[u8]) -> Result<Self, TufError> {
        let damaged = |reason: String| TufError::Store { reason: shown(&reason) };
        let value = strict_json::parse(bytes, STORE_BYTES_MAX).map_err(|error| damaged(error.to_string()))?;
        let document: Document = serde_json::from_value(value).map_err(|error| damaged(error.to_string()))?;
        if document.format != FORMAT {
            return Err(damaged(format!("its form is `{}`, and `{FORMAT}` is read here", document.format)));
        }
        let updated_at = document.updated_at.parse().map_err(|error: jiff::Error| damaged(error.to_string()))?;
        Ok(Self { mirror: document.mirror, updated_at, begin: document.begin, kept: document.kept })
    }

    /// As a file, the same bytes for the same content.
    ///
    /// # Errors
    /// [`TufError::Store`], when it is larger than one that can be read.
    pub fn to_json(&self) -> Result<Vec<u8>, TufError> {
        let document = Document {
            format: FORMAT.to_owned(),
            mirror: self.mirror.clone(),
            updated_at: self.updated_at.to_string(),
            begin: self.begin.clone(),
            kept: self.kept.clone(),
        };
        let damaged = |reason: String| TufError::Store { reason: shown(&reason) };
        let mut json = serde_json::to_vec_pretty(&document).map_err(|error| damaged(error.to_string()))?;
        json.push(b'\n');
        if json.len() > STORE_BYTES_MAX {
            return Err(damaged(format!("{} bytes, and at most {STORE_BYTES_MAX} are kept", json.len())));
        }
        Ok(json)
    }

    /// Whether both hold the same metadata and targets, whenever and wherever they were fetched.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.begin == other.begin && self.kept == other.kept
    }

    /// The root that trust in this repository begins with. One that is part of Chiron comes from nowhere else.
    pub(super) fn first_root(&self, name: &RepositoryName) -> Result<&[u8], TufError> {
        match (Known::of(name), &self.begin) {
            (Some(known), None) => Ok(known.root()),
            (None, Some(root)) => Ok(root.as_bytes()),
            (Some(_), Some(_)) => Err(TufError::KnownRoot { name: name.clone() }),
            (None, None) => Err(TufError::NoRoot { name: name.clone() }),
        }
    }

    /// Its files by the names that the library has for them. Delegated roles are not among them where they were not asked for.
    pub(super) fn shelf(&self) -> Shelf {
        let shelf = Shelf::default();
        for (version, root) in &self.kept.roots {
            shelf.put(&format!("root_history/{version}.root.json"), root.as_bytes());
        }
        for (name, role) in &self.kept.delegated {
            shelf.put(name, role.as_bytes());
        }
        for (name, target) in &self.kept.files {
            shelf.put(&format!("targets/{name}"), target.as_bytes());
        }
        // Last: no delegated role takes their place.
        shelf.put("timestamp.json", self.kept.timestamp.as_bytes());
        shelf.put("snapshot.json", self.kept.snapshot.as_bytes());
        shelf.put("targets.json", self.kept.targets.as_bytes());
        shelf
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        Store {
            mirror: "https://tuf.example/".to_owned(),
            updated_at: Timestamp::UNIX_EPOCH,
            begin: Some("{}\n".to_owned()),
            kept: Files { roots: [(2, "two".to_owned())].into(), timestamp: "t".to_owned(), ..Files::default() },
        }
    }

    #[test]
    fn it_is_written_and_read_as_it_was() {
        let json = store().to_json().unwrap();
        assert_eq!(Store::parse(&json).unwrap(), store());
        assert_eq!(Store::parse(&json).unwrap().to_json().unwrap(), json);
    }

    #[test]
    fn what_is_no_store_is_named() {
        let json = String::from_utf8(store().to_json().unwrap()).unwrap();
        for (from, to, says) in [
            ("store/1", "store/2", "its form is"),
            ("\"begin\"", "\"begun\"", "unknown field"),
            ("1970-01-01T00:00:00Z", "yesterday", "damaged"),
            ("\"timestamp\": \"t\"", "\"timestamp\": 1", "invalid type"),
            ("\"mirror\"", "\"format\": \"x\", \"mirror\"", "stands twice"),
        ] {
            let error = Store::parse(json.replace(from, to).as_bytes()).unwrap_err();
            assert!(error.to_string().contains(says), "{from}: {error}");
        }
        assert!(Store::parse(&vec![b' '; STORE_BYTES_MAX + 1]).unwrap_err().to_string().contains("at most"));
    }

    #[test]
    fn a_known_repository_begins_with_no_root_but_ours() {
        let known = RepositoryName::from(Known::Sigstore);
        let other = RepositoryName::parse("acme").unwrap();
        assert_eq!(store().first_root(&known), Err(TufError::KnownRoot { name: known.clone() }));
        assert_eq!(store().first_root(&other).unwrap(), b"{}\n");
        let without = Store { begin: None, ..store() };
        assert_eq!(without.first_root(&known).unwrap(), Known::Sigstore.root());
        assert!(matches!(without.first_root(&other), Err(TufError::NoRoot { .. })));
    }
}
