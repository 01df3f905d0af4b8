//! Bytes that can be read at an offset, wherever they lie.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use crate::budget::{Budget, Reservation};
use crate::disk::DiskFile;
use crate::error::Error;

/// Bytes of one blob.
#[derive(Debug)]
pub(crate) enum Data {
    /// A file of the subject.
    Disk(DiskFile),
    /// Inflated, small.
    Memory(Vec<u8>, #[expect(dead_code, reason = "held for its Drop")] Reservation),
    /// Inflated, in a temporary file that has no name.
    Spool(File, u64, #[expect(dead_code, reason = "held for its Drop")] Reservation),
    /// A part of other bytes: a stored member.
    Window(Arc<Data>, u64, u64),
}

impl Data {
    /// In bytes.
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Disk(file) => file.identity().size,
            Self::Memory(bytes, _) => bytes.len() as u64,
            Self::Spool(_, size, _) | Self::Window(_, _, size) => *size,
        }
    }

    /// Reads at an offset; 0 at the end.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Changed`].
    pub(crate) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
        let left = self.size().saturating_sub(offset);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..length];
        if buffer.is_empty() {
            return Ok(0);
        }
        match self {
            Self::Disk(file) => file.read_at(buffer, offset),
            Self::Memory(bytes, _) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let part = bytes.get(start..start.saturating_add(length)).unwrap_or_default();
                buffer[..part.len()].copy_from_slice(part);
                Ok(part.len())
            }
            Self::Spool(file, _, _) => {
                file.read_at(buffer, offset).map_err(|source| Error::io("temporary file", source))
            }
            Self::Window(parent, start, _) => parent.read_at(buffer, start.saturating_add(offset)),
        }
    }

    /// Fills the buffer from an offset, as far as there are bytes.
    ///
    /// # Errors
    /// As [`Data::read_at`].
    pub(crate) fn fill_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_at(&mut buffer[filled..], offset.saturating_add(filled as u64))? {
                0 => break,
                length => filled += length,
            }
        }
        Ok(filled)
    }
}

/// Reads data from its beginning to its end.
pub(crate) struct Reader<'a> {
    data: &'a Data,
    position: u64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(data: &'a Data) -> Self {
        Self { data, position: 0 }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.data.read_at(buffer, self.position).map_err(io::Error::other)?;
        self.position += length as u64;
        Ok(length)
    }
}

/// Lets rawzip read from any data. It reads a local header in three small parts; here they cost one read.
pub(crate) struct Positional<'a> {
    data: &'a Data,
    window: RefCell<(u64, Vec<u8>)>,
}

impl<'a> Positional<'a> {
    /// A local header with its name and extra field, most of the time.
    const WINDOW_BYTES: usize = 512;

    pub(crate) fn new(data: &'a Data) -> Self {
        Self { data, window: RefCell::default() }
    }
}

impl rawzip::ReaderAt for Positional<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if buffer.len() >= Self::WINDOW_BYTES {
            return self.data.read_at(buffer, offset).map_err(io::Error::other);
        }
        let (start, held) = &mut *self.window.borrow_mut();
        let inside = |start: u64, held: &[u8]| {
            let skip = usize::try_from(offset.checked_sub(start)?).ok()?;
            held.get(skip..).filter(|rest| rest.len() >= buffer.len()).map(|_| skip)
        };
        let skip = match inside(*start, held) {
            Some(skip) => skip,
            None => {
                held.resize(Self::WINDOW_BYTES, 0);
                // Set only once it is true: an error must not leave old bytes under a new offset.
                let filled = self.data.fill_at(held, offset).inspect_err(|_| *start = u64::MAX);
                held.truncate(filled.map_err(io::Error::other)?);
                *start = offset;
                0
            }
        };
        let part = &held[skip..];
        let length = part.len().min(buffer.len());
        buffer[..length].copy_from_slice(&part[..length]);
        Ok(length)
    }
}

/// Takes inflated bytes: into memory while they are few, then into a temporary file that has no name, so that it goes
/// away with the process whatever happens.
pub(crate) struct Sink {
    name: String,
    budget: Arc<Budget>,
    reservation: Reservation,
    memory: Vec<u8>,
    file: Option<File>,
    size: u64,
}

impl Sink {
    /// Largest blob that is kept in memory. Metadata and source files are; shared libraries are not.
    const MEMORY_BYTES_MAX: u64 = 8 << 20;

    pub(crate) fn new(name: &str, budget: &Arc<Budget>) -> Self {
        Self {
            name: name.to_owned(),
            budget: Arc::clone(budget),
            reservation: Reservation::new(budget),
            memory: Vec::new(),
            file: None,
            size: 0,
        }
    }

    /// In bytes, so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// # Errors
    /// [`Error::Limit`] when too much lies in temporary files; [`Error::Io`].
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let length = bytes.len() as u64;
        self.size += length;
        if self.file.is_none() {
            if self.size <= Self::MEMORY_BYTES_MAX && self.reservation.take_memory(length) {
                self.memory.extend_from_slice(bytes);
                return Ok(());
            }
            self.spill()?;
        }
        self.append(bytes)
    }

    pub(crate) fn finish(self) -> Data {
        match self.file {
            Some(file) => Data::Spool(file, self.size, self.reservation),
            None => Data::Memory(self.memory, self.reservation),
        }
    }

    fn spill(&mut self) -> Result<(), Error> {
        self.file = Some(tempfile::tempfile().map_err(|source| Error::io("temporary file", source))?);
        let held = std::mem::take(&mut self.memory);
        self.append(&held)?;
        self.reservation.release_memory();
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if !self.reservation.take_disk(bytes.len() as u64) {
            return Err(Error::limit(&self.name, "total_bytes_max", self.budget.disk_max()));
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes).map_err(|source| Error::io("temporary file", source)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn what_outgrows_memory_is_the_same_on_disk() {
        let budget = Budget::new(&Limits { memory_bytes_max: 10, ..Limits::default() });
        let mut sink = Sink::new("x", &budget);
        for part in [b"01234567".as_slice(), b"89abcdef", b"gh"] {
            sink.write(part).unwrap();
        }
        let data = sink.finish();
        assert!(matches!(data, Data::Spool(..)));
        let mut all = String::new();
        Reader::new(&data).read_to_string(&mut all).unwrap();
        assert_eq!(all, "0123456789abcdefgh");
        let window = Data::Window(Arc::new(data), 10, 6);
        let mut buffer = [0; 9];
        assert_eq!(window.fill_at(&mut buffer, 2).unwrap(), 4);
        assert_eq!(&buffer[..4], b"cdef");
        assert_eq!(window.read_at(&mut buffer, u64::MAX).unwrap(), 0);
    }
}
