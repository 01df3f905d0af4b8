//! The one place that maps a file.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use memmap2::Mmap;

/// Maps a database file, read only.
///
/// # Errors
/// When the operating system refuses.
#[allow(
    unsafe_code,
    reason = "a mapped file is shared memory: Rust cannot check that nobody changes it, see SAFETY below"
)]
pub(crate) fn map(file: &File) -> io::Result<Arc<Mmap>> {
    // SAFETY: the bytes behind the slice must not change while it lives. An import never writes into a database file
    // that has a name: it writes a new file beside it, syncs it and renames it over the old one, whose bytes live on
    // unchanged until the last map of them is gone (`index::write`). Nor does anything truncate one, which would turn
    // a read into SIGBUS. What remains is somebody else with write access to the operator's own folder; who has that
    // can replace the whole database, and a lookup checks every frame it reads before it believes it.
    let map = unsafe { Mmap::map(file)? };
    Ok(Arc::new(map))
}

/// A part of a mapped file that keeps the map alive.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    map: Arc<Mmap>,
    range: Range<usize>,
}

impl Part {
    /// None where the range does not lie in the map.
    pub(crate) fn new(map: &Arc<Mmap>, range: Range<usize>) -> Option<Self> {
        map.get(range.clone())?;
        Some(Self { map: Arc::clone(map), range })
    }
}

impl AsRef<[u8]> for Part {
    fn as_ref(&self) -> &[u8] {
        &self.map[self.range.clone()]
    }
}
