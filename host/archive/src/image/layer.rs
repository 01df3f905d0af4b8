//! One layer, unpacked once and held against its digest.

use std::io::BufReader;
use std::sync::Arc;

use chiron_model::digest::Digest;
use flate2::bufread::MultiGzDecoder;

use crate::blob::{Blob, Contents};
use crate::data::{Data, Reader};
use crate::error::Error;
use crate::{gzip, zstandard};

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
    } else if zstandard::is_one(&head[..filled]) {
        drop(reader);
        Arc::new(zstandard::inflate(&data, &name, context)?)
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
