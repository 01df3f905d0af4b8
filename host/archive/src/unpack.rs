//! Getting a zip member's bytes out, held to what the directory declares.

use std::io::{BufReader, Read as _};
use std::sync::Arc;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::blob::CHUNK_BYTES;
use crate::budget::Budget;
use crate::data::{Data, Reader, Sink};
use crate::error::{EntryFault, Error};
use crate::limits::Limits;

/// APPNOTE 4.4.5.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// Where a member lies and what the directory says about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Location {
    pub(crate) start: u64,
    pub(crate) stored: u64,
    pub(crate) size: u64,
    pub(crate) crc: u32,
    pub(crate) method: u16,
    pub(crate) encrypted: bool,
}

/// A member that may be unpacked.
#[derive(Debug)]
pub(crate) struct Packed {
    location: Location,
    pub(crate) size: u64,
    data: Arc<Data>,
    archive: String,
    member: String,
}

impl Packed {
    /// Admits a member by what is declared; unpacking holds it to that.
    ///
    /// # Errors
    /// [`Error::Entry`] when it is encrypted or of an unknown method; [`Error::Limit`] when it is too large, or too large for
    /// what is stored of it.
    pub(crate) fn new(
        location: Location,
        data: Arc<Data>,
        archive: &str,
        member: &str,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let Location { size, method, .. } = location;
        let fault = |fault| Error::entry(archive, member, fault);
        if location.encrypted {
            return Err(fault(EntryFault::Encrypted));
        }
        if !matches!(method, STORED | DEFLATED) {
            return Err(fault(EntryFault::Method { method }));
        }
        if method == STORED && location.stored != size {
            return Err(fault(EntryFault::Size { declared: size }));
        }
        if size > limits.entry_bytes_max {
            return Err(Error::limit(member, "entry_bytes_max", limits.entry_bytes_max));
        }
        if size > limits.inflated_max(location.stored) {
            return Err(Error::limit(member, "ratio_max", u64::from(limits.ratio_max)));
        }
        Ok(Self { location, size, data, archive: archive.to_owned(), member: member.to_owned() })
    }

    /// All of the member's bytes, their size and CRC-32 proven.
    ///
    /// # Errors
    /// [`Error::Entry`], [`Error::Limit`], [`Error::Io`], [`Error::Changed`].
    pub(crate) fn unpack(&self, budget: &Arc<Budget>) -> Result<Data, Error> {
        let window = Data::Window(Arc::clone(&self.data), self.location.start, self.location.stored);
        if self.location.method == STORED {
            self.prove(&window)?;
            return Ok(window);
        }
        self.inflate(&window, budget)
    }

    fn prove(&self, window: &Data) -> Result<(), Error> {
        let mut crc = Crc::new();
        let mut reader = Reader::new(window);
        let mut buffer = self.buffer();
        let mut size = 0;
        loop {
            match reader.read(&mut buffer).map_err(|source| self.failed(source))? {
                0 => return self.check(size, crc.sum()),
                length => {
                    size += length as u64;
                    crc.update(&buffer[..length]);
                }
            }
        }
    }

    fn inflate(&self, window: &Data, budget: &Arc<Budget>) -> Result<Data, Error> {
        let mut decoder = DeflateDecoder::new(BufReader::with_capacity(64 << 10, Reader::new(window)));
        let mut sink = Sink::new(&self.member, budget);
        let mut crc = Crc::new();
        let mut buffer = self.buffer();
        loop {
            let length = decoder.read(&mut buffer).map_err(|source| self.failed(source))?;
            if length == 0 {
                break;
            }
            // A directory that understates is found out after one buffer, not after the whole bomb.
            if sink.size() + length as u64 > self.size {
                return Err(self.fault(EntryFault::Size { declared: self.size }));
            }
            crc.update(&buffer[..length]);
            sink.write(&buffer[..length])?;
        }
        if decoder.total_in() != self.location.stored {
            let reason = "bytes follow the end of the stream".to_owned();
            return Err(self.fault(EntryFault::Corrupt { reason }));
        }
        self.check(sink.size(), crc.sum())?;
        Ok(sink.finish())
    }

    /// Large enough for a chunk, no larger than the member.
    fn buffer(&self) -> Vec<u8> {
        vec![0; usize::try_from(self.size).unwrap_or(usize::MAX).saturating_add(1).min(CHUNK_BYTES)]
    }

    fn check(&self, size: u64, crc: u32) -> Result<(), Error> {
        if size != self.size {
            return Err(self.fault(EntryFault::Size { declared: self.size }));
        }
        if crc != self.location.crc {
            return Err(self.fault(EntryFault::Checksum));
        }
        Ok(())
    }

    fn failed(&self, source: std::io::Error) -> Error {
        match source.downcast::<Error>() {
            Ok(own) => own,
            Err(source) => self.fault(EntryFault::Corrupt { reason: source.to_string() }),
        }
    }

    fn fault(&self, fault: EntryFault) -> Error {
        Error::entry(&self.archive, &self.member, fault)
    }
}
