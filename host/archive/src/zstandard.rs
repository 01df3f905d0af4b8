//! Inflating what is packed with Zstandard (RFC 8878).

use std::io::BufReader;

use crate::blob::Context;
use crate::data::{Data, Reader};
use crate::error::Error;
use crate::gzip;

/// RFC 8878: the windows that a decoder should have memory for are 8 MiB; the strongest level of the usual encoder uses
/// 128 MiB, which is where decoders stop unless told otherwise.
const WINDOW_LOG_MAX: u32 = 27;

/// RFC 8878, 3.1.1 and 3.1.2: frames, and frames to be skipped, which some builders begin with.
pub(crate) fn is_one(head: &[u8]) -> bool {
    head.starts_with(b"\x28\xb5\x2f\xfd") || matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// All that the frames hold.
///
/// # Errors
/// [`Error::Limit`] beyond `total_bytes_max` or `ratio_max`; [`Error::ArchiveRefused`] when it is corrupt or cut off.
pub(crate) fn inflate(data: &Data, name: &str, context: &Context) -> Result<Data, Error> {
    let failed = |error: std::io::Error| Error::io(name, error);
    let reader = BufReader::with_capacity(64 << 10, Reader::new(data));
    let mut decoder = zstd::stream::read::Decoder::with_buffer(reader).map_err(failed)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(failed)?;
    gzip::pour(decoder, data.size(), name, context)
}
