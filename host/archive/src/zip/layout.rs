//! Whether a zip's bytes leave one reading: members side by side, the directory after them, nothing in between or behind.

use crate::data::Data;
use crate::error::{EntryFault, Error};

/// The end record without its comment (APPNOTE 4.3.16).
const END_BYTES: usize = 22;
const END_SIGNATURE: &[u8] = b"PK\x05\x06";

/// A data descriptor with and without signature, with 4 and 8 byte sizes (APPNOTE 4.3.9).
const DESCRIPTOR_BYTES: [u64; 4] = [12, 16, 20, 24];

/// Where a member lies: its local header, its data, its end.
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) data: u64,
    pub(super) end: u64,
    pub(super) descriptor: bool,
    pub(super) member: String,
}

/// Checks that exactly one end record fits the end of the file, and that it is the one that was found. A second one inside a
/// comment, or bytes after the archive, make readers that search forwards, backwards or not at all see different archives.
///
/// # Errors
/// [`Error::ArchiveRefused`]; as reading gives.
pub(super) fn check_end(data: &Data, archive: &str, found: u64) -> Result<(), Error> {
    let size = data.size();
    let start = size.saturating_sub((END_BYTES + usize::from(u16::MAX)) as u64);
    let mut tail = vec![0; usize::try_from(size - start).unwrap_or(0)];
    let filled = data.fill_at(&mut tail, start)?;
    tail.truncate(filled);
    let fitting: Vec<u64> = tail
        .windows(END_BYTES)
        .enumerate()
        .filter(|(at, record)| {
            let comment = usize::from(u16::from_le_bytes([record[20], record[21]]));
            record.starts_with(END_SIGNATURE) && at + END_BYTES + comment == tail.len()
        })
        .map(|(at, _)| start + at as u64)
        .collect();
    match fitting.as_slice() {
        [only] if *only == found => Ok(()),
        [] => Err(Error::refused(archive, "bytes follow its end record, or its comment is cut off")),
        _ => Err(Error::refused(archive, "it has more than one end record")),
    }
}

/// Checks that the members fill the file from its beginning to the directory without overlap or gap.
///
/// Overlap is how a "better zip bomb" (Fifield, WOOT 2019) lets one kernel count for every member. A gap can hide a
/// member from readers of the directory that a streaming reader unpacks.
///
/// # Errors
/// [`Error::Entry`] naming the member; [`Error::ArchiveRefused`] for a gap before the directory.
pub(super) fn check_spans(mut spans: Vec<Span>, archive: &str, directory: u64) -> Result<(), Error> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut end = 0;
    let mut descriptor = false;
    for span in &spans {
        let fault = |fault| Error::entry(archive, &span.member, fault);
        if span.start < end || span.end > directory {
            return Err(fault(EntryFault::Overlap));
        }
        let bytes = span.start - end;
        if !is_filled(bytes, descriptor) {
            return Err(fault(EntryFault::Gap { bytes }));
        }
        (end, descriptor) = (span.end, span.descriptor);
    }
    if !is_filled(directory - end, descriptor) {
        let what = format!("{} bytes before its directory belong to no member", directory - end);
        return Err(Error::refused(archive, what));
    }
    Ok(())
}

fn is_filled(gap: u64, descriptor: bool) -> bool {
    gap == 0 || (descriptor && DESCRIPTOR_BYTES.contains(&gap))
}
