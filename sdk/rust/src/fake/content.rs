//! Files and archives in memory.

use std::collections::BTreeMap;

use super::glob;
use crate::content::{Blob, Entry, EntryKind, Tree};
use crate::{Digest, PluginError};

/// A tree of files in memory.
#[derive(Debug, Clone, Default)]
pub struct FakeTree {
    files: BTreeMap<String, FakeBlob>,
    links: BTreeMap<String, String>,
}

impl FakeTree {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.blob(path, FakeBlob::new(bytes.as_ref().to_vec()))
    }

    /// Adds a file that is more than bytes.
    #[must_use]
    pub fn blob(mut self, path: &str, blob: FakeBlob) -> Self {
        self.files.insert(path.to_owned(), blob);
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.links.insert(path.to_owned(), target.to_owned());
        self
    }
}

impl Tree for FakeTree {
    fn entries(
        &self,
        glob: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Entry>, Option<String>), PluginError> {
        let files = self.files.iter().map(|(path, blob)| (path, EntryKind::File, blob.size()));
        let links = self.links.keys().map(|path| (path, EntryKind::Symlink, 0));
        let mut entries: Vec<Entry> = files
            .chain(links)
            .filter(|(path, ..)| cursor.is_none_or(|cursor| path.as_str() > cursor) && glob::matches(glob, path))
            .map(|(path, kind, size)| Entry { path: path.clone(), kind, size })
            .collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = if more { entries.last().map(|entry| entry.path.clone()) } else { None };
        Ok((entries, next))
    }

    fn open(&self, path: &str) -> Result<Box<dyn Blob>, PluginError> {
        match self.files.get(path) {
            Some(blob) => Ok(Box::new(blob.clone())),
            None => Err(PluginError::BadInput(format!("no file `{path}`"))),
        }
    }

    fn read_link(&self, path: &str) -> Result<String, PluginError> {
        self.links.get(path).cloned().ok_or_else(|| PluginError::BadInput(format!("no link `{path}`")))
    }
}

/// A file in memory.
#[derive(Debug, Clone)]
pub struct FakeBlob {
    bytes: Vec<u8>,
    media_type: String,
    tree: Result<FakeTree, PluginError>,
}

impl FakeBlob {
    /// Bytes of no particular media type, and no archive.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        let tree = Err(PluginError::BadInput("not an archive".to_owned()));
        Self { bytes: bytes.into(), media_type: "application/octet-stream".to_owned(), tree }
    }

    /// An archive with these members.
    #[must_use]
    pub fn archive(tree: FakeTree) -> Self {
        Self { tree: Ok(tree), ..Self::new(Vec::new()) }
    }

    /// An archive that the host refuses to open.
    #[must_use]
    pub fn refused(error: PluginError) -> Self {
        Self { tree: Err(error), ..Self::new(Vec::new()) }
    }

    /// The same with a media type.
    #[must_use]
    pub fn media_type(mut self, media_type: &str) -> Self {
        media_type.clone_into(&mut self.media_type);
        self
    }
}

impl Blob for FakeBlob {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn media_type(&self) -> String {
        self.media_type.clone()
    }

    /// Not a digest of the bytes: a value of the right shape.
    fn digest(&self, algorithm: &str) -> Result<Digest, PluginError> {
        match algorithm {
            "sha256" => Ok(super::sha256()),
            "sha1" => Ok(Digest { algorithm: "sha1".to_owned(), value: "0".repeat(40) }),
            other => Err(PluginError::BadInput(format!("no digest algorithm `{other}`"))),
        }
    }

    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, PluginError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        // Short reads are normal, so the fake makes them: 64 KiB at most.
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(64 * 1024);
        let end = start.saturating_add(len).min(self.bytes.len());
        Ok(self.bytes[start..end].to_vec())
    }

    fn open_tree(&self) -> Result<Box<dyn Tree>, PluginError> {
        Ok(Box::new(self.tree.clone()?))
    }
}
