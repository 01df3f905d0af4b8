//! Reading parts of a large file: small windows, all of them together bounded.

use std::cell::Cell;

use chiron_sdk::PluginError;
use chiron_sdk::content::Blob;

/// Bytes read of one executable, all parts together. Headers take a few KiB and a list some hundred; Windows' data sections,
/// which are searched, a few MiB.
const BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Bytes asked for at a time: more is a host call less, and memory more.
const CALL_BYTES: u32 = 1024 * 1024;

/// Why an executable cannot be read.
#[derive(Debug)]
pub(super) enum Fault {
    /// The host could not give its bytes.
    Host(PluginError),
    /// It contradicts its own headers, or a limit: how.
    Malformed(String),
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self::Malformed(reason)
    }
}

impl From<&str> for Fault {
    fn from(reason: &str) -> Self {
        Self::Malformed(reason.to_owned())
    }
}

/// A file of which parts are read.
pub(super) struct Window<'b> {
    blob: &'b dyn Blob,
    left: Cell<u64>,
}

impl<'b> Window<'b> {
    /// Over a whole file.
    pub(super) fn of(blob: &'b dyn Blob) -> Self {
        Self { blob, left: Cell::new(BYTES_MAX) }
    }

    /// The file's size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.blob.size()
    }

    /// Exactly `len` bytes from `offset`; `what` names them where they are not there. Nothing is allocated for a length that
    /// the file has not got.
    pub(super) fn read(&self, offset: u64, len: u64, what: &str) -> Result<Vec<u8>, Fault> {
        let bytes = self.read_up_to(offset, len)?;
        if (bytes.len() as u64) < len {
            return Err(format!("{what} ({len} bytes at {offset}) lies beyond the end of the file").into());
        }
        Ok(bytes)
    }

    /// At most `len` bytes from `offset`, fewer at the end of the file.
    pub(super) fn read_up_to(&self, offset: u64, len: u64) -> Result<Vec<u8>, Fault> {
        let len = len.min(self.size().saturating_sub(offset));
        self.left.set(self.left.get().checked_sub(len).ok_or_else(|| {
            Fault::Malformed(format!(
                "its headers ask for more than the {BYTES_MAX} bytes that are read of an executable"
            ))
        })?);
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < len {
            let missing = u32::try_from(len - bytes.len() as u64).unwrap_or(CALL_BYTES).min(CALL_BYTES);
            let part = self.blob.read(offset + bytes.len() as u64, missing).map_err(Fault::Host)?;
            if part.is_empty() {
                break;
            }
            bytes.extend_from_slice(&part);
        }
        bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        Ok(bytes)
    }
}

/// Numbers of a header, in its byte order and word size.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) big_endian: bool,
}

impl Fields<'_> {
    /// Two bytes.
    pub(super) fn u16(self, at: usize) -> Result<u16, Fault> {
        let bytes = self.array(at)?;
        Ok(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// Four bytes.
    pub(super) fn u32(self, at: usize) -> Result<u32, Fault> {
        let bytes = self.array(at)?;
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// Eight bytes.
    pub(super) fn u64(self, at: usize) -> Result<u64, Fault> {
        let bytes = self.array(at)?;
        Ok(if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }

    /// Eight bytes of a file of 64 bits, else four: each with its place.
    pub(super) fn word(self, wide: bool, at_wide: usize, at_narrow: usize) -> Result<u64, Fault> {
        if wide { self.u64(at_wide) } else { self.u32(at_narrow).map(u64::from) }
    }

    /// A name in a field of fixed size, filled up with zeros.
    pub(super) fn name(self, at: usize, len: usize) -> String {
        let field = self.bytes.get(at..at + len).unwrap_or_default();
        String::from_utf8_lossy(field.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
    }

    fn array<const N: usize>(self, at: usize) -> Result<[u8; N], Fault> {
        let bytes = at.checked_add(N).and_then(|end| self.bytes.get(at..end));
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| Fault::from("a header ends too early"))
    }
}
