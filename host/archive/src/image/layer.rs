//! One layer, unpacked once and held against its digest.

use std::io::BufReader;
use std::sync::Arc;

use chiron_model::digest::Digest;
use flate2::bufread::MultiGzDecoder;

use crate::blob::{Blob, Contents};
use crate::data::{Data, Reader};
use crate::error::Error;
use crate::gzip;

/// RFC 8878: the windows that a decoder should have memory for are 8 MiB; the strongest level of the usual encoder uses
/// 128 MiB, which is where decoders stop unless told otherwise.
const WINDOW_LOG_MAX: u32 = 27;

/// RFC 8878, 3.1.1 and 3.1.2: frames, and frames to be skipped, which some builders begin with.
fn is_zstd(head: &[u8]) -> bool {
    head.starts_with(b"\x28\xb5\x2f\xfd") || matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The layer as a plain tar: where it is one already, the bytes as they lie; otherwise in memory or an unlinked temporary
/// file. How it is packed is seen by its bytes; what media types say differs between builders.
///
/// # Errors
/// [`Error::ArchiveRefused`] when it is corrupt, or its bytes are not those of `diff_id`; [`Error::Limit`].
pub(super) fn unpack(blob: &Blob, diff_id: &Digest, image: &str) -> Result<Arc<Data>, Error> {
    let data = blob.data()?;
    let mut head = [0; 4];
    let filled = data.fill_at(&mut head, 0)?;
    let (name, context) = (format!("layer {diff_id} of {image}"), blob.context());
    let reader = BufReader::with_capacity(64 << 10, Reader::new(&data));
    let plain = if head.starts_with(b"\x1f\x8b\x08") {
        Arc::new(gzip::pour(MultiGzDecoder::new(reader), data.size(), &name, context)?)
    } else if is_zstd(&head[..filled]) {
        let failed = |error: std::io::Error| Error::io(&name, error);
        let mut decoder = zstd::stream::read::Decoder::with_buffer(reader).map_err(failed)?;
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(failed)?;
        Arc::new(gzip::pour(decoder, data.size(), &name, context)?)
    } else {
        drop(reader);
        data
    };
    let contents = Contents::Ready(Arc::clone(&plain));
    let found = Blob::new(blob.name(), contents, context.clone(), 0).digest(diff_id.algorithm())?;
    if found != *diff_id {
        return Err(Error::refused(image, format!("its layer {diff_id} has the digest {found} once it is unpacked")));
    }
    Ok(plain)
}
