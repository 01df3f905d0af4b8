//! Trees and blobs of the archive crate, as the sandbox hands them out.

use std::sync::Arc;

use chiron_archive::{Blob, EntryKind, Tree};
use chiron_model::digest::Digest;
use chiron_sandbox::powers::{self, Page, PowerError};

/// A blob of a subject.
pub(crate) struct BlobPower(pub(crate) Blob);

/// A tree of a subject.
pub(crate) struct TreePower(pub(crate) Tree);

fn refused(error: chiron_archive::Error) -> PowerError {
    PowerError::BadInput(error.to_string())
}

impl powers::Blob for BlobPower {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn name(&self) -> Option<String> {
        Some(self.0.name().to_owned())
    }

    fn media_type(&self) -> String {
        self.0.media_type().to_owned()
    }

    fn digest(&self, algorithm: &str) -> Result<Digest, PowerError> {
        self.0.digest(algorithm).map_err(refused)
    }

    fn available(&self, offset: u64, len: u32) -> Result<usize, PowerError> {
        self.0.available(offset, len).map_err(refused)
    }

    fn fill(&self, offset: u64, buffer: &mut [u8]) -> Result<(), PowerError> {
        self.0.fill(offset, buffer).map_err(refused)
    }

    fn open_tree(&self) -> Result<Arc<dyn powers::Tree>, PowerError> {
        self.0.open_tree().map(|tree| Arc::new(TreePower(tree)) as Arc<dyn powers::Tree>).map_err(refused)
    }
}

impl powers::Tree for TreePower {
    fn entries(&self, glob: &str, cursor: Option<&str>, limit: u32) -> Result<Page, PowerError> {
        let (entries, next) = self.0.entries(glob, cursor, limit).map_err(refused)?;
        let convert = |entry: chiron_archive::Entry| powers::Entry {
            path: entry.path,
            size: entry.size,
            kind: match entry.kind {
                EntryKind::File => powers::EntryKind::File,
                EntryKind::Directory => powers::EntryKind::Directory,
                EntryKind::Symlink => powers::EntryKind::Symlink,
                EntryKind::Other => powers::EntryKind::Other,
            },
        };
        Ok((entries.into_iter().map(convert).collect(), next))
    }

    fn open(&self, path: &str) -> Result<Arc<dyn powers::Blob>, PowerError> {
        self.0.open(path).map(|blob| Arc::new(BlobPower(blob)) as Arc<dyn powers::Blob>).map_err(refused)
    }

    fn read_link(&self, path: &str) -> Result<String, PowerError> {
        self.0.read_link(path).map_err(refused)
    }
}
