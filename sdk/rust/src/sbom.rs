//! SBOM generators: a file or a directory in, an inventory out. The formats are the host's.

pub use crate::bindings::imports::chiron::sbom::types::{
    Component, Coverage, FileOutcome, Inventory, License, Relation,
};
use crate::content::{Blob, Tree};
use crate::{Plugin, PluginError, Subject};

/// What a generator reads.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// One file.
    File(&'a dyn Blob),
    /// A directory tree.
    Directory(&'a dyn Tree),
}

/// A plugin that says which components a subject holds.
pub trait SbomGenerator: Plugin {
    /// The inventory of one file or directory. Every file looked at stands in `files`: one that cannot be read is an
    /// outcome there, not an error.
    ///
    /// # Errors
    /// When the plugin itself could not work.
    fn generate(&self, subject: &Subject, source: Source<'_>) -> Result<Inventory, PluginError>;
}

impl Component {
    /// A component of which only this is known.
    #[must_use]
    pub fn new(id: &str, kind: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            version: None,
            purl: None,
            scope: "runtime".to_owned(),
            licenses: Vec::new(),
            digests: Vec::new(),
            locations: Vec::new(),
            properties: Vec::new(),
        }
    }
}

impl FileOutcome {
    /// A file that was read whole.
    #[must_use]
    pub fn read(path: &str, entries: u64) -> Self {
        Self::new(path, Coverage::Read, entries, 0, None)
    }

    /// A file of which some entries had to be dropped.
    #[must_use]
    pub fn partly(path: &str, read: u64, dropped: u64, reason: impl Into<String>) -> Self {
        Self::new(path, Coverage::Partly, read, dropped, Some(reason.into()))
    }

    /// A file of a sort that this generator does not read.
    #[must_use]
    pub fn unsupported(path: &str, reason: impl Into<String>) -> Self {
        Self::new(path, Coverage::Unsupported, 0, 0, Some(reason.into()))
    }

    /// A file that should have been read, and could not be.
    #[must_use]
    pub fn failed(path: &str, reason: impl Into<String>) -> Self {
        Self::new(path, Coverage::Failed, 0, 0, Some(reason.into()))
    }

    fn new(path: &str, coverage: Coverage, read: u64, dropped: u64, reason: Option<String>) -> Self {
        Self { path: path.to_owned(), coverage, entries_read: read, entries_dropped: dropped, reason }
    }
}

impl Inventory {
    /// An inventory without components: what became of one file that held none that could be read.
    #[must_use]
    pub fn of_file(outcome: FileOutcome) -> Self {
        Self { components: Vec::new(), relations: Vec::new(), files: vec![outcome] }
    }
}
