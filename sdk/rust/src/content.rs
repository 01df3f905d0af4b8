//! The subject's bytes. They stay on the host: a plugin holds a handle and reads windows.

use std::io::{self, BufRead, Read};

use crate::bindings::imports::chiron::artifact::content::{Blob as HostBlob, Tree as HostTree};
pub use crate::bindings::imports::chiron::artifact::content::{Entry, EntryKind};
use crate::{Digest, PluginError};

/// Read-only view of a directory, of an archive's members or of an image's merged layers. Paths are slash-separated
/// and cannot leave the root.
pub trait Tree {
    /// At most `limit` entries after `cursor` whose path matches `glob` (`*`, `**`, `?`, `[...]`, `{a,b}`), and where
    /// to go on.
    ///
    /// # Errors
    /// The host's, e.g. of an archive that breaks a limit.
    fn entries(
        &self,
        glob: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Entry>, Option<String>), PluginError>;
    /// Opens a file.
    ///
    /// # Errors
    /// The host's, e.g. when there is none.
    fn open(&self, path: &str) -> Result<Box<dyn Blob>, PluginError>;
    /// Where a symbolic link points.
    ///
    /// # Errors
    /// The host's, e.g. when it is none.
    fn read_link(&self, path: &str) -> Result<String, PluginError>;
    /// The host's handle, which a program is shown by. Fakes have none.
    #[doc(hidden)]
    fn handle(&self) -> Option<&HostTree> {
        None
    }
}

/// One file.
pub trait Blob {
    /// Its size in bytes.
    fn size(&self) -> u64;
    /// Its media type, as the host made it out.
    fn media_type(&self) -> String;
    /// Its digest by an algorithm such as "sha256", computed by the host.
    ///
    /// # Errors
    /// The host's, e.g. for an algorithm it does not know.
    fn digest(&self, algorithm: &str) -> Result<Digest, PluginError>;
    /// Bytes from `offset`. Short reads are normal; empty means the end.
    ///
    /// # Errors
    /// The host's.
    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, PluginError>;
    /// The file as an archive.
    ///
    /// # Errors
    /// The host's, e.g. when it is none, or breaks a limit.
    fn open_tree(&self) -> Result<Box<dyn Tree>, PluginError>;
    /// The host's handle, which a program is shown by. Fakes have none.
    #[doc(hidden)]
    fn handle(&self) -> Option<&HostBlob> {
        None
    }
}

/// All entries that match, in pages.
///
/// # Errors
/// The host's; [`PluginError::BadInput`] beyond `max` entries, so that a huge tree cannot fill the plugin's memory.
pub fn all_entries(tree: &dyn Tree, glob: &str, max: usize) -> Result<Vec<Entry>, PluginError> {
    let mut entries = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let (page, next) = tree.entries(glob, cursor.as_deref(), 1024)?;
        entries.extend(page);
        if entries.len() > max {
            return Err(PluginError::BadInput(format!("more than {max} entries match `{glob}`")));
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(entries),
        }
    }
}

/// A small file's bytes.
///
/// # Errors
/// The host's; [`PluginError::BadInput`] for a file of more than `max` bytes.
pub fn read_all(blob: &dyn Blob, max: u64) -> Result<Vec<u8>, PluginError> {
    let size = blob.size();
    if size > max {
        return Err(PluginError::BadInput(format!("{size} bytes, more than the {max} this reads")));
    }
    let mut bytes = Vec::new();
    let mut reader = BlobReader::new(blob);
    loop {
        let window = reader.window()?;
        if window.is_empty() {
            return Ok(bytes);
        }
        bytes.extend_from_slice(window);
        let taken = window.len();
        reader.consume(taken);
        // The size is a claim until the bytes have come: a blob that goes on past it is cut off all the same.
        if bytes.len() as u64 > max {
            return Err(PluginError::BadInput(format!("more than the {max} bytes this reads")));
        }
    }
}

/// Bytes asked for at a time. Below 64 KiB the call costs more than the copy; above, nothing gets faster.
const WINDOW_BYTES: u32 = 256 * 1024;

/// [`BufRead`] over a blob, one window in memory at a time.
pub struct BlobReader<'a> {
    blob: &'a dyn Blob,
    offset: u64,
    window: Vec<u8>,
    used: usize,
}

impl<'a> BlobReader<'a> {
    /// From the blob's start.
    #[must_use]
    pub fn new(blob: &'a dyn Blob) -> Self {
        Self { blob, offset: 0, window: Vec::new(), used: 0 }
    }

    fn window(&mut self) -> Result<&[u8], PluginError> {
        if self.used >= self.window.len() {
            self.window = self.blob.read(self.offset, WINDOW_BYTES)?;
            self.offset += self.window.len() as u64;
            self.used = 0;
        }
        Ok(&self.window[self.used..])
    }
}

impl Read for BlobReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let window = self.fill_buf()?;
        let len = window.len().min(buffer.len());
        buffer[..len].copy_from_slice(&window[..len]);
        self.consume(len);
        Ok(len)
    }
}

impl BufRead for BlobReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.window().map_err(|error| io::Error::other(reason(&error)))
    }

    fn consume(&mut self, amount: usize) {
        self.used += amount;
    }
}

/// An error of the host in words, for a file's outcome.
#[must_use]
pub fn reason(error: &PluginError) -> String {
    match error {
        PluginError::BadConfig((pointer, message)) => format!("configuration at `{pointer}`: {message}"),
        PluginError::BadInput(message) | PluginError::Other(message) => message.clone(),
        PluginError::Denied(message) => format!("denied: {message}"),
        PluginError::Unavailable(message) => format!("unavailable: {message}"),
        PluginError::Cancelled => "cancelled".to_owned(),
    }
}

impl Tree for HostTree {
    fn entries(
        &self,
        glob: &str,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<Entry>, Option<String>), PluginError> {
        HostTree::entries(self, glob, cursor, limit)
    }

    fn open(&self, path: &str) -> Result<Box<dyn Blob>, PluginError> {
        Ok(Box::new(HostTree::open(self, path)?))
    }

    fn read_link(&self, path: &str) -> Result<String, PluginError> {
        HostTree::read_link(self, path)
    }

    fn handle(&self) -> Option<&HostTree> {
        Some(self)
    }
}

impl Blob for HostBlob {
    fn size(&self) -> u64 {
        HostBlob::size(self)
    }

    fn media_type(&self) -> String {
        HostBlob::media_type(self)
    }

    fn digest(&self, algorithm: &str) -> Result<Digest, PluginError> {
        HostBlob::digest(self, algorithm)
    }

    fn read(&self, offset: u64, len: u32) -> Result<Vec<u8>, PluginError> {
        HostBlob::read(self, offset, len)
    }

    fn open_tree(&self) -> Result<Box<dyn Tree>, PluginError> {
        Ok(Box::new(HostBlob::open_tree(self)?))
    }

    fn handle(&self) -> Option<&HostBlob> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{FakeBlob, FakeTree};

    #[test]
    fn a_blob_is_read_in_windows_and_within_a_limit() {
        let blob = FakeBlob::new(vec![7; 600 * 1024]);
        assert_eq!(read_all(&blob, 1 << 20).unwrap().len(), 600 * 1024);
        assert!(matches!(read_all(&blob, 1024), Err(PluginError::BadInput(_))));
        let mut bytes = Vec::new();
        BlobReader::new(&blob).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 600 * 1024);
    }

    #[test]
    fn entries_come_in_pages_up_to_a_limit() {
        let tree = (0..2500).fold(FakeTree::new(), |tree, n| tree.file(&format!("f{n:04}.txt"), b"x"));
        assert_eq!(all_entries(&tree, "*.txt", 5000).unwrap().len(), 2500);
        assert!(matches!(all_entries(&tree, "*.txt", 100), Err(PluginError::BadInput(_))));
    }
}
