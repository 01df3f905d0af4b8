//! `chiron:artifact/content`: the subject's bytes, behind handles.

pub(crate) mod window;

use std::sync::Arc;

use chiron_model::plugin::Capability;
use wasmtime::component::Resource;

use crate::abi::powers::chiron::artifact::content;
use crate::abi::powers::chiron::core::types::{Digest, PluginError};
use crate::powers::{Blob, EntryKind, Tree};
use crate::state::State;
use crate::weigh::Weigh as _;

/// Longest window one `read` returns, in bytes. Guests do best with 64 KiB; beyond 1 MiB only the host's memory grows.
const READ_BYTES_MAX: u32 = 1024 * 1024;

/// A tree behind a handle.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct TreeHandle(pub(crate) Arc<dyn Tree>);

/// A blob behind a handle.
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct BlobHandle(pub(crate) Arc<dyn Blob>);

type Answer<T> = wasmtime::Result<Result<T, PluginError>>;

impl content::Host for State {}

impl content::HostTree for State {
    fn entries(
        &mut self,
        tree: Resource<TreeHandle>,
        glob: String,
        cursor: Option<String>,
        limit: u32,
    ) -> Answer<(Vec<content::Entry>, Option<String>)> {
        self.using(Capability::Content, glob.weight() + cursor.weight() + limit.weight(), |state| {
            let tree = Arc::clone(&state.table.get(&tree)?.0);
            Ok(tree
                .entries(&glob, cursor.as_deref(), limit)
                .map_err(PluginError::from)
                .map(|(entries, next)| (entries.into_iter().map(content::Entry::from).collect(), next)))
        })
    }

    fn open(&mut self, tree: Resource<TreeHandle>, path: String) -> Answer<Resource<BlobHandle>> {
        self.using(Capability::Content, path.weight(), |state| {
            let tree = Arc::clone(&state.table.get(&tree)?.0);
            match tree.open(&path) {
                Ok(blob) => Ok(Ok(state.hold(BlobHandle(blob))?)),
                Err(error) => Ok(Err(error.into())),
            }
        })
    }

    fn read_link(&mut self, tree: Resource<TreeHandle>, path: String) -> Answer<String> {
        self.using(Capability::Content, path.weight(), |state| {
            let tree = Arc::clone(&state.table.get(&tree)?.0);
            Ok(tree.read_link(&path).map_err(PluginError::from))
        })
    }

    fn drop(&mut self, tree: Resource<TreeHandle>) -> wasmtime::Result<()> {
        self.table.delete(tree)?;
        Ok(())
    }
}

impl content::HostBlob for State {
    fn size(&mut self, blob: Resource<BlobHandle>) -> wasmtime::Result<u64> {
        self.using(Capability::Content, 0, |state| Ok(state.table.get(&blob)?.0.size()))
    }

    fn media_type(&mut self, blob: Resource<BlobHandle>) -> wasmtime::Result<String> {
        self.using(Capability::Content, 0, |state| Ok(state.table.get(&blob)?.0.media_type()))
    }

    fn digest(&mut self, blob: Resource<BlobHandle>, algorithm: String) -> Answer<Digest> {
        self.using(Capability::Content, algorithm.weight(), |state| {
            let blob = Arc::clone(&state.table.get(&blob)?.0);
            Ok(blob.digest(&algorithm).map(|digest| Digest::from(&digest)).map_err(PluginError::from))
        })
    }

    /// Not linked: [`window`] answers without a copy. The generated trait asks for it.
    fn read(&mut self, blob: Resource<BlobHandle>, offset: u64, len: u32) -> Answer<Vec<u8>> {
        self.using(Capability::Content, offset.weight() + len.weight(), |state| {
            let blob = &state.table.get(&blob)?.0;
            Ok(blob.read(offset, len.min(READ_BYTES_MAX)).map_err(PluginError::from))
        })
    }

    fn open_tree(&mut self, blob: Resource<BlobHandle>) -> Answer<Resource<TreeHandle>> {
        self.using(Capability::Content, 0, |state| {
            let blob = Arc::clone(&state.table.get(&blob)?.0);
            match blob.open_tree() {
                Ok(tree) => Ok(Ok(state.hold(TreeHandle(tree))?)),
                Err(error) => Ok(Err(error.into())),
            }
        })
    }

    fn drop(&mut self, blob: Resource<BlobHandle>) -> wasmtime::Result<()> {
        self.table.delete(blob)?;
        Ok(())
    }
}

impl From<crate::powers::Entry> for content::Entry {
    fn from(entry: crate::powers::Entry) -> Self {
        let kind = match entry.kind {
            EntryKind::File => content::EntryKind::File,
            EntryKind::Directory => content::EntryKind::Directory,
            EntryKind::Symlink => content::EntryKind::Symlink,
            EntryKind::Other => content::EntryKind::Other,
        };
        Self { path: entry.path, kind, size: entry.size }
    }
}
