//! Inflating a gzip file, once, to be read as the tar inside.

use std::io::{BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::blob::{CHUNK_BYTES, Context};
use crate::data::{Data, Reader, Sink};
use crate::error::Error;

/// All that a gzip file holds; several streams in a row are one content (RFC 1952, 2.2). Anything after them is refused.
///
/// # Errors
/// [`Error::Limit`] beyond `total_bytes_max` or `ratio_max`; [`Error::ArchiveRefused`] when it is corrupt or cut off.
pub(crate) fn inflate(data: &Data, name: &str, context: &Context) -> Result<Data, Error> {
    let decoder = MultiGzDecoder::new(BufReader::with_capacity(64 << 10, Reader::new(data)));
    pour(decoder, data.size(), name, context)
}

/// All that a decoder gives for `stored` bytes, within the limits.
///
/// # Errors
/// As [`inflate`].
pub(crate) fn pour(mut decoder: impl Read, stored: u64, name: &str, context: &Context) -> Result<Data, Error> {
    let limits = &context.limits;
    let ratio_bytes_max = limits.inflated_max(stored);
    let mut sink = Sink::new(name, &context.budget);
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let length = decoder.read(&mut buffer).map_err(|source| failed(name, source))?;
        if length == 0 {
            return Ok(sink.finish());
        }
        let size = sink.size() + length as u64;
        if size > limits.total_bytes_max {
            return Err(Error::limit(name, "total_bytes_max", limits.total_bytes_max));
        }
        if size > ratio_bytes_max {
            return Err(Error::limit(name, "ratio_max", u64::from(limits.ratio_max)));
        }
        sink.write(&buffer[..length])?;
    }
}

fn failed(name: &str, source: std::io::Error) -> Error {
    match source.downcast::<Error>() {
        Ok(own) => own,
        Err(source) => Error::refused(name, format!("its compressed bytes are corrupt: {source}")),
    }
}
